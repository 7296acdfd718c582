using System.Buffers.Binary;
using System.Globalization;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>Where one NLRI ends, and what is in it, for each family.</summary>
internal static class NlriForm
{
    /// <summary>Whether a whole field is well-formed NLRI of the family.</summary>
    public static bool IsWellFormed(Family family, ReadOnlySpan<byte> field, bool addPath)
    {
        if (family.IsPrefix) return PrefixesAreWellFormed(field, family.MaxPrefixLength, addPath);
        while (!field.IsEmpty)
        {
            if (!TryNext(family, ref field, addPath, out _, out _)) return false;
        }

        return true;
    }

    private static bool PrefixesAreWellFormed(ReadOnlySpan<byte> field, int maximum, bool addPath)
    {
        int at = 0, skip = addPath ? 4 : 0;
        while (at < field.Length)
        {
            at += skip;
            if (at >= field.Length) return false;
            int length = field[at];
            if (length > maximum) return false;
            at += 1 + (length + 7) / 8;
        }

        return at == field.Length;
    }

    public static bool TryNext(Family family, scoped ref ReadOnlySpan<byte> rest, bool addPath, out uint pathId, out ReadOnlySpan<byte> nlri)
    {
        pathId = 0;
        nlri = default;
        if (addPath)
        {
            if (rest.Length < 5) return false;
            pathId = BinaryPrimitives.ReadUInt32BigEndian(rest);
            rest = rest[4..];
        }

        int length = LengthOf(family, rest);
        if (length < 0 || length > rest.Length) return false;
        nlri = rest[..length];
        rest = rest[length..];
        return true;
    }

    private static int LengthOf(Family family, ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty) return -1;
        switch (family.Safi)
        {
            case 1 or 2 when family.Afi is 1 or 2:
                return rest[0] > family.MaxPrefixLength ? -1 : 1 + (rest[0] + 7) / 8;
            case 4 or 128 when family.Afi is 1 or 2:
                int octets = 1 + (rest[0] + 7) / 8;
                if (octets > rest.Length) return -1;
                int head = LabelBits(rest[1..octets]) + (family.Safi == 128 ? 64 : 0);
                return LabelBits(rest[1..octets]) == 0 || rest[0] < head || rest[0] - head > family.MaxPrefixLength ? -1 : octets;
            case 133 when family.Afi is 1 or 2:
                if (rest[0] < 0xF0) return 1 + rest[0];
                return rest.Length < 2 ? -1 : 2 + ((rest[0] & 0xF) << 8 | rest[1]);
            case 70 when family.Afi == 25:
                return rest.Length < 2 ? -1 : 2 + rest[1];
            default:
                return -1;
        }
    }

    /// <summary>Bits of the label stack: up to the bottom-of-stack bit, or one label of a withdrawal (RFC 8277 sections 2.2 to 2.4); 0 when there is none.</summary>
    public static int LabelBits(ReadOnlySpan<byte> octets)
    {
        int bits = 0;
        while (octets.Length >= 3)
        {
            bits += 24;
            bool bottom = (octets[2] & 1) != 0;
            int label = octets[0] << 16 | octets[1] << 8 | octets[2];
            if (bottom || label is 0x800000 or 0) return bits;
            octets = octets[3..];
        }

        return 0;
    }

    public static bool TryGetPrefix(Family family, ReadOnlySpan<byte> nlri, out IpPrefix prefix)
    {
        prefix = default;
        if (family.Afi is not (1 or 2) || family.Safi is not (1 or 2 or 4 or 128) || nlri.IsEmpty) return false;
        int head = family.Safi switch { 4 => LabelBits(nlri[1..]), 128 => LabelBits(nlri[1..]) + 64, _ => 0 };
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        nlri[(1 + head / 8)..].CopyTo(address);
        prefix = IpPrefix.FromNetworkOrder(address[..(family.Afi == 1 ? 4 : 16)], nlri[0] - head);
        return true;
    }

    /// <summary>Writes a plain prefix; returns its length.</summary>
    public static int Write(in IpPrefix prefix, uint? pathId, Span<byte> destination)
    {
        int at = 0;
        if (pathId is uint id)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, id);
            at = 4;
        }

        Span<byte> address = stackalloc byte[16];
        prefix.WriteNetworkOrder(address);
        int octets = (prefix.Length + 7) / 8;
        destination[at] = (byte)prefix.Length;
        address[..octets].CopyTo(destination[(at + 1)..]);
        return at + 1 + octets;
    }

    public static string Format(Family family, ReadOnlySpan<byte> nlri)
    {
        if (TryGetPrefix(family, nlri, out IpPrefix prefix))
        {
            return family.Safi == 128
                ? $"{new RouteDistinguisher(BinaryPrimitives.ReadUInt64BigEndian(nlri[(1 + LabelBits(nlri[1..]) / 8)..]))}:{prefix}"
                : prefix.ToString();
        }

        var whole = new Nlri(family, 0, nlri);
        if (family.Safi == 133) return FlowSpecText.Format(whole);
        if (EvpnNlri.TryRead(whole, out EvpnNlri route)) return route.ToString();
        return family == Family.Evpn && nlri.Length >= 2
            ? string.Create(CultureInfo.InvariantCulture, $"[{nlri[0]}]:0x{Convert.ToHexStringLower(nlri[2..])}")
            : $"0x{Convert.ToHexStringLower(nlri)}";
    }

    /// <summary>Next-hop lengths a family may have (RFC 4760, 2545, 4364, 4659, 8950; 0 for FlowSpec).</summary>
    public static bool NextHopLengthIsValid(Family family, int length, bool extendedNextHop) => (family.Afi, family.Safi) switch
    {
        (1, 128) => length == 12 || (extendedNextHop && length is 24 or 48),
        (1, 133) or (2, 133) => length is 0 or 4 or 16 or 32,
        (1, _) => length == 4 || (extendedNextHop && length is 16 or 32),
        (2, 128) => length is 24 or 48,
        (2, 4) => length is 4 or 16 or 32,
        (2, _) => length is 16 or 32,
        _ => length is 4 or 16,
    };
}
