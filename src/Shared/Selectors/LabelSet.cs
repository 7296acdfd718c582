using System.Collections;
using System.Diagnostics.CodeAnalysis;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>An immutable set of labels laid out for matching: hashes of the names side by side.</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
sealed class LabelSet : IReadOnlyDictionary<string, string>, ILabels, IEquatable<LabelSet>
{
    private readonly int[] _hashes;
    private readonly KeyValuePair<string, string>[] _entries;

    private LabelSet(KeyValuePair<string, string>[] entries)
    {
        _entries = entries;
        _hashes = Array.ConvertAll(entries, static entry => new LabelName(entry.Key).Hash);
    }

    /// <summary>No labels.</summary>
    public static LabelSet Empty { get; } = new([]);

    /// <summary>The number of labels.</summary>
    public int Count => _entries.Length;

    /// <summary>The labels in byte order of their names.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Entries => _entries;

    /// <summary>Takes a copy; of two entries with one name the later counts.</summary>
    public static LabelSet From(IEnumerable<KeyValuePair<string, string>>? labels)
    {
        if (labels is null) return Empty;
        if (labels is LabelSet set) return set;
        SortedDictionary<string, string> sorted = new(StringComparer.Ordinal);
        foreach ((string name, string value) in labels) sorted[LabelName.Shared(name)] = LabelName.Shared(value);
        return sorted.Count == 0 ? Empty : new LabelSet([.. sorted]);
    }

    /// <summary>The same labels and one more, or with another value for it.</summary>
    public LabelSet With(string name, string value) => From(_entries.Append(new(name, value)));

    /// <inheritdoc/>
    public bool TryGet(LabelName name, [NotNullWhen(true)] out string? value)
    {
        int[] hashes = _hashes;
        for (int i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] != name.Hash) continue;
            ref readonly KeyValuePair<string, string> entry = ref _entries[i];
            if ((object)entry.Key != name.Text && entry.Key != name.Text) continue;
            value = entry.Value;
            return true;
        }

        value = null;
        return false;
    }

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => TryGet(new LabelName(key), out value);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public string this[string key] => TryGetValue(key, out string? value) ? value : throw new KeyNotFoundException($"There is no label '{key}'.");

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _entries.Select(static entry => entry.Key);

    /// <inheritdoc/>
    public IEnumerable<string> Values => _entries.Select(static entry => entry.Value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(LabelSet? other) => other is not null && (ReferenceEquals(this, other) || _entries.AsSpan().SequenceEqual(other._entries));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = new();
        foreach ((string name, string value) in _entries) hash.Add(HashCode.Combine(name, value));
        return hash.ToHashCode();
    }

    /// <summary>The labels as <c>{a=b, c=d}</c>.</summary>
    public override string ToString() => "{" + string.Join(", ", _entries.Select(static entry => $"{entry.Key}={entry.Value}")) + "}";
}

/// <summary>A struct, so that the compiler makes a loop of its own for it and calls nothing through an interface.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal readonly struct SetLabels(LabelSet labels) : ILabels
{
    public bool TryGet(LabelName name, [NotNullWhen(true)] out string? value) => labels.TryGet(name, out value);
}
