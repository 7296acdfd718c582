namespace Calico.Netlink;

/// <summary>struct tcmsg, which begins every message of traffic control.</summary>
internal readonly record struct TrafficControlHeader(int InterfaceIndex, uint Handle, uint Parent, uint Info)
{
    public const int Length = 20;

    public static void Write(NetlinkMessageWriter message, int interfaceIndex, uint handle, uint parent, uint info)
    {
        message.PutUInt32(0); // family and padding
        message.PutInt32(interfaceIndex);
        message.PutUInt32(handle);
        message.PutUInt32(parent);
        message.PutUInt32(info);
    }

    public static bool TryRead(in NetlinkMessage message, out TrafficControlHeader header)
    {
        ReadOnlySpan<byte> bytes = message.Payload;
        header = default;
        if (bytes.Length < Length) return false;
        header = new TrafficControlHeader(
            (int)NetlinkWire.ReadUInt32(bytes[4..], message.Swap),
            NetlinkWire.ReadUInt32(bytes[8..], message.Swap),
            NetlinkWire.ReadUInt32(bytes[12..], message.Swap),
            NetlinkWire.ReadUInt32(bytes[16..], message.Swap));
        return true;
    }
}
