namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_FLOWTABLE_*.</summary>
internal static class FlowTableCodec
{
    private const ushort Table = 1, Name = 2, Hook = 3, Use = 4, Handle = 5, Flags = 7;
    private const ushort HookNumber = 1, HookPriority = 2, HookDevices = 3;

    public static void Write(NetlinkMessageWriter writer, NftTableId table, NftFlowTable flowTable)
    {
        WriteName(writer, table, flowTable.Name);
        using (NetlinkNest hook = writer.Nest(Hook))
        {
            writer.AttributeUInt32BigEndian(HookNumber, 0); // NF_NETDEV_INGRESS
            writer.AttributeUInt32BigEndian(HookPriority, (uint)flowTable.Priority);
            if (!flowTable.Devices.IsEmpty) DeviceCodec.Write(writer, HookDevices, flowTable.Devices);
        }

        if (flowTable.Flags != 0) writer.AttributeUInt32BigEndian(Flags, (uint)flowTable.Flags);
    }

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string name)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeString(Name, name);
    }

    public static NftFlowTable Read(in NetlinkMessage message)
    {
        NftFlowTable flowTable = new("", 0, []);
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Name: flowTable = flowTable with { Name = Names.Get(reader.Value) }; break;
                case Hook: flowTable = ReadHook(reader.Nested(), flowTable); break;
                case Use: flowTable = flowTable with { Uses = reader.ReadUInt32BigEndian() }; break;
                case Handle: flowTable = flowTable with { Handle = reader.ReadUInt64BigEndian() }; break;
                case Flags: flowTable = flowTable with { Flags = (NftFlowTableFlags)reader.ReadUInt32BigEndian() }; break;
            }
        }

        return flowTable;
    }

    private static NftFlowTable ReadHook(NetlinkAttributeReader reader, NftFlowTable flowTable)
    {
        while (reader.MoveNext())
        {
            if (reader.Type == HookPriority) flowTable = flowTable with { Priority = (int)reader.ReadUInt32BigEndian() };
            else if (reader.Type == HookDevices) flowTable = flowTable with { Devices = DeviceCodec.Read(reader.Nested()) };
        }

        return flowTable;
    }
}
