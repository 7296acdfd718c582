namespace Calico.Bgp;

/// <summary>An UPDATE as read: spans into the message, and what RFC 7606 makes of its errors.</summary>
public ref struct DecodedUpdate
{
    private readonly UpdateDecoder _decoder;

    internal DecodedUpdate(UpdateDecoder decoder) => _decoder = decoder;

    /// <summary>What to do.</summary>
    public ErrorTreatment Treatment { readonly get => field == ErrorTreatment.None && Discarded > 0 ? ErrorTreatment.AttributeDiscard : field; private set; }

    /// <summary>The error: to be sent for a session reset, to be logged for a treat-as-withdraw.</summary>
    public BgpError Error { get; private set; }

    /// <summary>How many attributes were dropped.</summary>
    public int Discarded { get; internal set; }

    /// <summary>Withdrawn IPv4 unicast prefixes.</summary>
    public ReadOnlySpan<byte> Withdrawn { get; internal set; }

    /// <summary>Announced IPv4 unicast prefixes.</summary>
    public ReadOnlySpan<byte> Nlri { get; internal set; }

    /// <summary>NEXT_HOP of the IPv4 unicast prefixes.</summary>
    public ReadOnlySpan<byte> NextHop { get; internal set; }

    /// <summary>Family of MP_REACH_NLRI; default when there is none of a family of the session.</summary>
    public Family ReachFamily { get; internal set; }

    /// <summary>Next hop of MP_REACH_NLRI.</summary>
    public ReadOnlySpan<byte> ReachNextHop { get; internal set; }

    /// <summary>NLRI of MP_REACH_NLRI.</summary>
    public ReadOnlySpan<byte> ReachNlri { get; internal set; }

    /// <summary>Family of MP_UNREACH_NLRI; default when there is none of a family of the session.</summary>
    public Family UnreachFamily { get; internal set; }

    /// <summary>NLRI of MP_UNREACH_NLRI.</summary>
    public ReadOnlySpan<byte> UnreachNlri { get; internal set; }

    /// <summary>The family this UPDATE is the End-of-RIB marker of (RFC 4724); null when it is none.</summary>
    public Family? EndOfRib { get; internal set; }

    /// <summary>The attributes with the next hop of the IPv4 prefixes; only when <see cref="Treatment"/> keeps the routes.</summary>
    /// <returns>A new set.</returns>
    public readonly PathAttributes ToAttributes() => Make(NextHop);

    /// <summary>The attributes with the next hop of MP_REACH_NLRI; only when <see cref="Treatment"/> keeps the routes.</summary>
    /// <returns>A new set.</returns>
    public readonly PathAttributes ToReachAttributes() => Make(ReachNextHop);

    internal readonly ReadOnlySpan<byte> Octets(ReadOnlySpan<byte> nextHop, out int attributesLength) => _decoder.Octets(nextHop, out attributesLength);

    private readonly PathAttributes Make(ReadOnlySpan<byte> nextHop)
    {
        if (Treatment >= ErrorTreatment.TreatAsWithdraw) throw new InvalidOperationException($"The UPDATE is malformed: {Error}");
        ReadOnlySpan<byte> octets = Octets(nextHop, out int length);
        return new PathAttributes(octets.ToArray(), length, AttributeHash.Of(octets));
    }

    internal DecodedUpdate Reset(BgpError error)
    {
        Treatment = ErrorTreatment.SessionReset;
        Error = error;
        return this;
    }

    internal void Withdraw(BgpError error)
    {
        if (Treatment >= ErrorTreatment.TreatAsWithdraw) return;
        Treatment = ErrorTreatment.TreatAsWithdraw;
        Error = error;
    }
}
