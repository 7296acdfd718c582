using System.Globalization;

namespace Calico.Bgp;

/// <summary>The six octets that route targets and route distinguishers share: (2-octet AS, 4), (IPv4 address, 2) or (4-octet AS, 2).</summary>
internal static class AdministratorNumber
{
    public static bool TryParse(ReadOnlySpan<char> text, out ushort kind, out ulong body)
    {
        kind = 0;
        body = 0;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint local)) return false;
        ReadOnlySpan<char> administrator = text[..colon];
        if (administrator.Count('.') == 3)
        {
            if (local > ushort.MaxValue || !Net.IpPrefix.TryParse(administrator, out Net.IpPrefix address) || address.IsIPv6 || !address.IsHost) return false;
            kind = 1;
            body = (address.Hi >> 32) << 16 | local;
            return true;
        }

        if (!Asn.TryParse(administrator, null, out Asn asn)) return false;
        if (asn.Is2Octet && !administrator.Contains('.'))
        {
            body = (ulong)asn.Value << 32 | local;
            return true;
        }

        if (local > ushort.MaxValue) return false;
        kind = 2;
        body = (ulong)asn.Value << 16 | local;
        return true;
    }

    public static string Format(int kind, ulong body) => kind switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"{body >> 32}:{(uint)body}"),
        1 => $"{Net.IpPrefix.V4((uint)(body >> 16)).ToAddress()}:{(ushort)body}",
        _ => body >> 16 > ushort.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{body >> 16}:{(ushort)body}")
            : string.Create(CultureInfo.InvariantCulture, $"0.{body >> 16}:{(ushort)body}"),
    };
}
