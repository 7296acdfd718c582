namespace Calico.Bgp;

/// <summary>Component types of FlowSpec (RFC 8955 section 4.2.2, RFC 8956 section 3).</summary>
public enum FlowSpecType : byte
{
    /// <summary>Destination prefix.</summary>
    Destination = 1,

    /// <summary>Source prefix.</summary>
    Source = 2,

    /// <summary>IP protocol; with IPv6 the last next header.</summary>
    Protocol = 3,

    /// <summary>Source or destination port.</summary>
    Port = 4,

    /// <summary>Destination port.</summary>
    DestinationPort = 5,

    /// <summary>Source port.</summary>
    SourcePort = 6,

    /// <summary>ICMP type.</summary>
    IcmpType = 7,

    /// <summary>ICMP code.</summary>
    IcmpCode = 8,

    /// <summary>TCP flags: a bitmask.</summary>
    TcpFlags = 9,

    /// <summary>Packet length: the IP packet without the link layer.</summary>
    PacketLength = 10,

    /// <summary>DSCP, 6 bits.</summary>
    Dscp = 11,

    /// <summary>Fragment: a bitmask of 1 don't-fragment, 2 is-fragment, 4 first, 8 last.</summary>
    Fragment = 12,

    /// <summary>Flow label, 20 bits (IPv6 only).</summary>
    FlowLabel = 13,
}

/// <summary>How a value is compared: the operator octet without its length and end bits (RFC 8955 section 4.2.1).</summary>
[Flags]
public enum FlowSpecOperator : byte
{
    /// <summary>Numbers: never true. Bitmasks: any of the bits is set.</summary>
    None = 0,

    /// <summary>Numbers: equal. Bitmasks: all bits of the value are set (match).</summary>
    Equal = 1,

    /// <summary>Numbers: greater. Bitmasks: the result is inverted (not).</summary>
    Greater = 2,

    /// <summary>Numbers: less. Bitmasks: unused.</summary>
    Less = 4,

    /// <summary>Combined with the comparison before by AND instead of OR; meaningless on the first.</summary>
    And = 0x40,
}

/// <summary>One comparison of a component.</summary>
/// <param name="Operator">How.</param>
/// <param name="Value">With what.</param>
public readonly record struct FlowSpecComparison(FlowSpecOperator Operator, ulong Value);
