using System.Globalization;

namespace Calico.Policy.Model;

/// <summary>An IP protocol number (IPv4 Protocol, IPv6 Next Header; IANA "Assigned Internet Protocol Numbers").</summary>
/// <param name="Number">The number, 0–255.</param>
public readonly record struct IpProtocol(byte Number) : IComparable<IpProtocol>
{
    /// <summary>TCP, 6.</summary>
    public static IpProtocol Tcp => new(6);

    /// <summary>UDP, 17.</summary>
    public static IpProtocol Udp => new(17);

    /// <summary>ICMP for IPv4, 1.</summary>
    public static IpProtocol Icmp => new(1);

    /// <summary>ICMPv6, 58.</summary>
    public static IpProtocol IcmpV6 => new(58);

    /// <summary>SCTP, 132.</summary>
    public static IpProtocol Sctp => new(132);

    /// <summary>UDP-Lite, 136.</summary>
    public static IpProtocol UdpLite => new(136);

    /// <summary>True for the protocols whose header begins with source and destination port: TCP, UDP, SCTP, UDP-Lite.</summary>
    public bool HasPorts => Number is 6 or 17 or 132 or 136;

    /// <summary>True for ICMP and ICMPv6.</summary>
    public bool IsIcmp => Number is 1 or 58;

    /// <summary>Reads a protocol name in any letter case, or a number 0–255.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpProtocol protocol)
    {
        int number = text switch
        {
            _ when text.Equals("tcp", StringComparison.OrdinalIgnoreCase) => 6,
            _ when text.Equals("udp", StringComparison.OrdinalIgnoreCase) => 17,
            _ when text.Equals("icmp", StringComparison.OrdinalIgnoreCase) => 1,
            _ when text.Equals("icmpv6", StringComparison.OrdinalIgnoreCase) => 58,
            _ when text.Equals("sctp", StringComparison.OrdinalIgnoreCase) => 132,
            _ when text.Equals("udplite", StringComparison.OrdinalIgnoreCase) => 136,
            _ => byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte n) ? n : -1,
        };
        protocol = new((byte)Math.Max(number, 0));
        return number >= 0;
    }

    /// <summary>By number.</summary>
    public int CompareTo(IpProtocol other) => Number.CompareTo(other.Number);

    /// <summary>Calico's spelling of a well-known protocol (<c>TCP</c>, <c>UDPLite</c>), else the number.</summary>
    public override string ToString() => Number switch
    {
        6 => "TCP",
        17 => "UDP",
        1 => "ICMP",
        58 => "ICMPv6",
        132 => "SCTP",
        136 => "UDPLite",
        _ => Number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>By number.</summary>
    public static bool operator <(IpProtocol left, IpProtocol right) => left.Number < right.Number;

    /// <summary>By number.</summary>
    public static bool operator >(IpProtocol left, IpProtocol right) => left.Number > right.Number;

    /// <summary>By number.</summary>
    public static bool operator <=(IpProtocol left, IpProtocol right) => left.Number <= right.Number;

    /// <summary>By number.</summary>
    public static bool operator >=(IpProtocol left, IpProtocol right) => left.Number >= right.Number;
}

/// <summary>A range of transport ports, both ends included.</summary>
/// <param name="First">Lowest port, host byte order.</param>
/// <param name="Last">Highest port, host byte order; not below <paramref name="First"/>.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>A range of one port.</summary>
    public PortRange(ushort port)
        : this(port, port)
    {
    }

    /// <summary>True when the port lies in the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <summary><c>80</c> or <c>80:90</c>.</summary>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}:{Last}");
}

/// <summary>An ICMP or ICMPv6 type, and perhaps code, to match.</summary>
/// <param name="Type">The type; null matches every type (Calico refuses a code without a type).</param>
/// <param name="Code">The code; null matches every code.</param>
public readonly record struct IcmpMatch(byte? Type, byte? Code = null)
{
    /// <summary>True when type and code agree with what is given.</summary>
    public bool Matches(byte type, byte code) => (Type is null || Type == type) && (Code is null || Code == code);
}
