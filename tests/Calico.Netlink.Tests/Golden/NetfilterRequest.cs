using System.Buffers.Binary;

namespace Calico.Netlink.Tests;

/// <summary>A nfnetlink request as text, regardless of sequence and port numbers and of the order in which attributes stand on one level.</summary>
internal static class NetfilterRequest
{
    private const int HeaderLength = 16 + 4;

    /// <param name="request">The message.</param>
    /// <param name="only">Attributes of the upper level to show; null for all.</param>
    public static string Canonical(ReadOnlySpan<byte> request, int[]? only = null)
    {
        Assert.Equal(request.Length, BinaryPrimitives.ReadInt32LittleEndian(request));
        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(request[4..]);
        // Whether an acknowledgement is asked for is the connection's matter.
        NetlinkFlags flags = (NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(request[6..]) & ~NetlinkFlags.Ack;
        return $"type {type:x} {flags:x} header {Convert.ToHexString(request[16..HeaderLength])} {Attributes(request[HeaderLength..], only)}";
    }

    private static string Attributes(ReadOnlySpan<byte> bytes, int[]? only)
    {
        List<string> items = [];
        while (bytes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            ushort type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            ReadOnlySpan<byte> value = bytes[4..length];
            if (only is null || only.Contains(type & NetlinkWire.TypeMask))
                items.Add((type & NetlinkWire.NestedFlag) != 0 ? $"{type:x4}=({Attributes(value, null)})" : $"{type:x4}={Convert.ToHexString(value)}");
            bytes = bytes[Math.Min(NetlinkWire.Align(length), bytes.Length)..];
        }

        Assert.True(bytes.IsEmpty);
        items.Sort(StringComparer.Ordinal);
        return string.Join(' ', items);
    }
}
