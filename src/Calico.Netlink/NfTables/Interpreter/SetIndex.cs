using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>An element with its running state.</summary>
internal sealed class LiveElement(NftElement element, long? expires, ExpressionState[] state)
{
    public NftElement Element { get; } = element;

    public long? Expires { get; set; } = expires;

    public ExpressionState[] State { get; } = state;

    public bool IsExpired(long now) => Expires is { } at && at <= now;
}

/// <summary>A set to be looked up in: by hash, by the range a key falls in, or field by field.</summary>
internal sealed class SetIndex
{
    private readonly NftSet _set;
    private readonly Dictionary<NftValue, LiveElement> _exact = [];
    private readonly List<LiveElement> _ranges = [];
    private readonly LiveElement? _catchAll;
    private readonly bool _fieldwise;

    public SetIndex(NftSet set, long now)
    {
        _set = set;
        _fieldwise = set.EffectiveFlags.HasFlag(NftSetFlags.Concat);
        bool interval = set.EffectiveFlags.HasFlag(NftSetFlags.Interval);
        foreach (NftElement element in set.Elements)
        {
            LiveElement live = Live(element, now);
            if (element.IsCatchAll) _catchAll = live;
            else if (interval) _ranges.Add(live);
            else _exact[element.Key] = live;
        }

        if (interval && !_fieldwise) _ranges.Sort((a, b) => a.Element.Key.CompareTo(b.Element.Key));
    }

    public NftSet Set => _set;

    public int KeyLength => _set.KeyType.Length;

    public LiveElement? Find(ReadOnlySpan<byte> key, long now)
    {
        LiveElement? found = _fieldwise ? FindFieldwise(key, now) : _ranges.Count > 0 ? FindRange(key) : _exact.GetValueOrDefault(new NftValue(key));
        if (found is not null && found.IsExpired(now)) found = null;
        return found ?? (_catchAll is { } other && !other.IsExpired(now) ? other : null);
    }

    /// <summary>Adds what a rule adds; null when the set is full.</summary>
    public LiveElement? Add(NftElement element, long now)
    {
        if (_set.Size > 0 && _exact.Values.Count(e => !e.IsExpired(now)) >= _set.Size) return null;
        LiveElement live = Live(element, now);
        _exact[element.Key] = live;
        return live;
    }

    public bool Remove(in NftValue key) => _exact.Remove(key);

    public long? ExpiryOf(TimeSpan? own, long now)
    {
        TimeSpan timeout = own ?? _set.Timeout;
        return timeout > TimeSpan.Zero ? now + timeout.Ticks * 100 : null;
    }

    private LiveElement Live(NftElement element, long now)
    {
        long? expires = element.Details?.Expiration is { } left ? now + left.Ticks * 100 : ExpiryOf(element.Details?.Timeout, now);
        ValueList<NftExpression> expressions = element.Details is { Expressions.IsEmpty: false } details ? details.Expressions : _set.ElementExpressions;
        return new LiveElement(element, expires, [.. expressions.Select(e => new ExpressionState(e))]);
    }

    private LiveElement? FindRange(ReadOnlySpan<byte> key)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].Element.Key.Span.SequenceCompareTo(key) <= 0) low = middle + 1;
            else high = middle;
        }

        if (low == 0) return null;
        LiveElement candidate = _ranges[low - 1];
        return key.SequenceCompareTo(candidate.Element.LastKey.Span) <= 0 ? candidate : null;
    }

    private LiveElement? FindFieldwise(ReadOnlySpan<byte> key, long now)
    {
        foreach (LiveElement candidate in _ranges)
            if (!candidate.IsExpired(now) && Contains(candidate.Element, key)) return candidate;
        return null;
    }

    private bool Contains(in NftElement element, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> first = element.Key.Span, last = element.LastKey.Span;
        int at = 0;
        foreach (NftType field in _set.KeyType.Fields)
        {
            ReadOnlySpan<byte> value = key.Slice(at, field.Length);
            if (value.SequenceCompareTo(first.Slice(at, field.Length)) < 0 || value.SequenceCompareTo(last.Slice(at, field.Length)) > 0) return false;
            at += NftType.PaddedLength(field.Length);
        }

        return true;
    }
}
