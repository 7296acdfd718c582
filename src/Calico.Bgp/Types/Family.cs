using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>An address family and subsequent address family (AFI/SAFI, RFC 4760), as negotiated for a session.</summary>
/// <param name="Afi">Address family number: 1 IPv4, 2 IPv6, 25 L2VPN (IANA).</param>
/// <param name="Safi">Subsequent address family number: 1 unicast, 2 multicast, 4 labelled, 70 EVPN, 128 VPN, 133 FlowSpec.</param>
public readonly record struct Family(ushort Afi, byte Safi) : ISpanParsable<Family>
{
    /// <summary>IPv4 unicast, 1/1.</summary>
    public static Family Ipv4Unicast { get; } = new(1, 1);

    /// <summary>IPv4 multicast (routes for RPF), 1/2.</summary>
    public static Family Ipv4Multicast { get; } = new(1, 2);

    /// <summary>IPv4 labelled unicast (RFC 8277), 1/4.</summary>
    public static Family Ipv4Labelled { get; } = new(1, 4);

    /// <summary>VPNv4 (RFC 4364), 1/128.</summary>
    public static Family Ipv4Vpn { get; } = new(1, 128);

    /// <summary>IPv4 FlowSpec (RFC 8955), 1/133.</summary>
    public static Family Ipv4FlowSpec { get; } = new(1, 133);

    /// <summary>IPv6 unicast, 2/1.</summary>
    public static Family Ipv6Unicast { get; } = new(2, 1);

    /// <summary>IPv6 multicast, 2/2.</summary>
    public static Family Ipv6Multicast { get; } = new(2, 2);

    /// <summary>IPv6 labelled unicast (RFC 8277), 2/4.</summary>
    public static Family Ipv6Labelled { get; } = new(2, 4);

    /// <summary>VPNv6 (RFC 4659), 2/128.</summary>
    public static Family Ipv6Vpn { get; } = new(2, 128);

    /// <summary>IPv6 FlowSpec (RFC 8956), 2/133.</summary>
    public static Family Ipv6FlowSpec { get; } = new(2, 133);

    /// <summary>EVPN (RFC 7432), 25/70.</summary>
    public static Family Evpn { get; } = new(25, 70);

    private static readonly (string Name, Family Family)[] Names =
    [
        ("ipv4-unicast", Ipv4Unicast), ("ipv6-unicast", Ipv6Unicast),
        ("ipv4-multicast", Ipv4Multicast), ("ipv6-multicast", Ipv6Multicast),
        ("ipv4-labelled-unicast", Ipv4Labelled), ("ipv6-labelled-unicast", Ipv6Labelled),
        ("l3vpn-ipv4-unicast", Ipv4Vpn), ("l3vpn-ipv6-unicast", Ipv6Vpn),
        ("ipv4-flowspec", Ipv4FlowSpec), ("ipv6-flowspec", Ipv6FlowSpec),
        ("l2vpn-evpn", Evpn),
    ];

    /// <summary>Whether the NLRI of this family are plain IP prefixes (unicast and multicast of IPv4 and IPv6).</summary>
    public bool IsPrefix => Afi is 1 or 2 && Safi is 1 or 2;

    /// <summary>Whether this is one of the families this package knows the NLRI of.</summary>
    public bool IsKnown
    {
        get
        {
            foreach ((_, Family family) in Names)
            {
                if (family == this) return true;
            }

            return false;
        }
    }

    /// <summary>The address length of the family: 32 for IPv4, 128 for IPv6, 0 for others.</summary>
    public int MaxPrefixLength => Afi switch { 1 => 32, 2 => 128, _ => 0 };

    /// <summary>Reads a name such as <c>ipv4-unicast</c>, or numbers such as <c>1/1</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The family.</param>
    /// <returns>False when the text names no family.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Family result)
    {
        foreach ((string name, Family family) in Names)
        {
            if (!s.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            result = family;
            return true;
        }

        result = default;
        int slash = s.IndexOf('/');
        if (slash < 0 || !ushort.TryParse(s[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out ushort afi)) return false;
        if (!byte.TryParse(s[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out byte safi)) return false;
        result = new Family(afi, safi);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Family)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Family result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads a name such as <c>ipv4-unicast</c>, or numbers such as <c>1/1</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The family.</returns>
    /// <exception cref="FormatException">The text names no family.</exception>
    public static Family Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Family family) ? family : throw new FormatException($"'{s}' is not an address family such as ipv4-unicast.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Family Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <summary>The name, or <c>AFI/SAFI</c> for an unknown family.</summary>
    /// <returns>For example <c>ipv4-unicast</c>.</returns>
    public override string ToString()
    {
        foreach ((string name, Family family) in Names)
        {
            if (family == this) return name;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Afi}/{Safi}");
    }
}
