using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>The running state of one stateful expression: of a rule, an element or a named object.</summary>
internal sealed class ExpressionState(NftExpression expression)
{
    private readonly HashSet<NftConnection> _connections = new(ReferenceEqualityComparer.Instance);
    private ulong _packets = expression is CounterExpression counter ? counter.Packets : 0;
    private ulong _bytes = expression switch { CounterExpression c => c.Bytes, QuotaExpression q => q.Consumed, _ => 0 };
    private long? _tokens;
    private long _lastNanoseconds;
    private bool _seen;
    private uint? _number;

    public NftExpression Expression { get; } = expression;

    /// <summary>The expression with its state as it is now.</summary>
    public NftExpression Current(long now) => Expression switch
    {
        CounterExpression => new CounterExpression(_packets, _bytes),
        QuotaExpression quota => quota with { Consumed = _bytes },
        LastExpression => new LastExpression(_seen, _seen ? (ulong)((now - _lastNanoseconds) / 1_000_000) : 0),
        _ => Expression,
    };

    /// <summary>Runs it over a packet; false breaks the rule.</summary>
    public bool Run(NftPacket packet, long now)
    {
        switch (Expression)
        {
            case CounterExpression:
                _packets++;
                _bytes += (ulong)packet.Length;
                return true;
            case QuotaExpression quota:
                _bytes += (ulong)packet.Length;
                return _bytes >= quota.Bytes == quota.Over;
            case LimitExpression limit:
                return TakeTokens(limit, packet.Length, now) != limit.Over;
            case ConnLimitExpression limit:
                if (packet.Connection is not { } connection) return true;
                _connections.RemoveWhere(c => c.IsClosed);
                _connections.Add(connection);
                return _connections.Count > limit.Count == limit.Over;
            case LastExpression:
                (_seen, _lastNanoseconds) = (true, now);
                return true;
            default:
                return true;
        }
    }

    /// <summary>The next number of an incremental generator.</summary>
    public uint NextNumber(uint modulus)
    {
        uint number = _number is { } last && last + 1 < modulus ? last + 1 : 0;
        _number = number;
        return number;
    }

    // nft_limit.c: tokens are nanoseconds; a packet costs what its share of the rate takes.
    private bool TakeTokens(LimitExpression limit, int length, long now)
    {
        UInt128 unit = (UInt128)limit.UnitSeconds * 1_000_000_000;
        ulong rate = Math.Max(limit.Rate, 1);
        uint burst = limit.Burst == 0 && !limit.CountBytes ? 5 : limit.Burst;
        long most = (long)(limit.CountBytes ? unit * (rate + burst) / rate : unit / rate * burst);
        long cost = (long)(limit.CountBytes ? unit * (uint)length / rate : unit / rate);
        long tokens = _tokens is { } left ? Math.Min(left + (now - _lastNanoseconds), most) : most;
        _lastNanoseconds = now;
        bool enough = tokens >= cost;
        _tokens = enough ? tokens - cost : tokens;
        return enough;
    }
}
