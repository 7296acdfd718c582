using System.Buffers.Binary;

namespace Calico.Netlink.Tests;

/// <summary>Compares requests regardless of sequence and port numbers and of the order in which attributes stand on one level.</summary>
internal static class GoldenRequest
{
    private static readonly Dictionary<int, int> HeaderLengths = new() { [0] = 16, [1] = 8, [2] = 12, [3] = 12, [4] = 12, [18] = 4, [22] = 8, [23] = 16 };

    // Attributes of rtnetlink that hold attributes, by path of types; most carry no flag that says so.
    private static readonly HashSet<string> Nested = ["0/18", "0/18/2", "0/18/2/1", "0/26", "0/26/10", "2/8", "23/52"];

    // Flow information, flags and UDP encapsulation, which ip sends with every tunnel and this package does not model.
    private static readonly HashSet<string> TunnelDefaults = ["0/18/2/7", "0/18/2/8", "0/18/2/15", "0/18/2/16", "0/18/2/17", "0/18/2/18"];

    public static string Canonical(ReadOnlySpan<byte> request, bool tunnel = false)
    {
        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(request[4..]);
        int kind = (type - 16) >> 2;
        int header = HeaderLengths[kind];
        return $"type {type} flags {BinaryPrimitives.ReadUInt16LittleEndian(request[6..]):x} header {Convert.ToHexString(request.Slice(16, header))} {Attributes(request[(16 + header)..], kind.ToString(), tunnel)}";
    }

    private static string Attributes(ReadOnlySpan<byte> bytes, string path, bool tunnel)
    {
        List<string> items = [];
        NetlinkAttributeReader reader = new(bytes);
        while (reader.MoveNext())
        {
            string here = $"{path}/{reader.Type}";
            if (tunnel && TunnelDefaults.Contains(here)) continue;
            bool veth = here == "0/18/2/1" && reader.Value.Length >= 16;
            items.Add(veth ? $"{here}=peer({Convert.ToHexString(reader.Value[..16])} {Attributes(reader.Value[16..], "0", tunnel)})"
                : Nested.Contains(here) && here != "0/18/2/1" || reader.IsNested ? $"{here}=({Attributes(reader.Value, here, tunnel)})"
                : $"{here}={Convert.ToHexString(reader.Value)}");
        }

        Assert.False(reader.IsMalformed);
        items.Sort(StringComparer.Ordinal);
        return string.Join(' ', items);
    }
}
