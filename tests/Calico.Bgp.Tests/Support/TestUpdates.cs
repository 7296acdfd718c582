using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp.Tests;

/// <summary>UPDATEs by hand, independent of the speaker's own packing.</summary>
internal static class TestUpdates
{
    public static byte[] Announce(PathAttributes attributes, IPAddress nextHop, params IPNetwork[] prefixes)
    {
        var nlri = new List<byte>();
        foreach (IPNetwork prefix in prefixes) nlri.AddRange(Nlri(prefix));
        byte[] hop = [0x40, 3, 4, .. nextHop.GetAddressBytes()];
        byte[] all = [.. attributes.Wire, .. hop];
        return Message([0, 0, (byte)(all.Length >> 8), (byte)all.Length, .. all, .. nlri]);
    }

    public static byte[] Withdraw(params IPNetwork[] prefixes)
    {
        var nlri = new List<byte>();
        foreach (IPNetwork prefix in prefixes) nlri.AddRange(Nlri(prefix));
        return Message([(byte)(nlri.Count >> 8), (byte)nlri.Count, .. nlri, 0, 0]);
    }

    public static byte[] Message(byte[] body, MessageType type = MessageType.Update)
    {
        var message = new byte[19 + body.Length];
        message.AsSpan(0, 16).Fill(0xFF);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(16), (ushort)message.Length);
        message[18] = (byte)type;
        body.CopyTo(message, 19);
        return message;
    }

    private static byte[] Nlri(IPNetwork prefix)
    {
        byte[] address = prefix.BaseAddress.GetAddressBytes();
        return [(byte)prefix.PrefixLength, .. address.AsSpan(0, (prefix.PrefixLength + 7) / 8)];
    }
}
