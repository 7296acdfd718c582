namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_TABLE_*.</summary>
internal static class TableCodec
{
    private const ushort Name = 1, Flags = 2, Handle = 4, UserData = 6, Owner = 7;

    public static void Write(NetlinkMessageWriter writer, NftTable table)
    {
        writer.AttributeString(Name, table.Name);
        writer.AttributeUInt32BigEndian(Flags, (uint)table.Flags);
        if (!table.UserData.IsEmpty) writer.Attribute(UserData, table.UserData.Span);
    }

    public static void WriteName(NetlinkMessageWriter writer, string name) => writer.AttributeString(Name, name);

    public static NftTable Read(in NetlinkMessage message)
    {
        NftTable table = new(MessageScope.Family(message), "");
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Name: table = table with { Name = Names.Get(reader.Value) }; break;
                case Flags: table = table with { Flags = (NftTableFlags)reader.ReadUInt32BigEndian() }; break;
                case Handle: table = table with { Handle = reader.ReadUInt64BigEndian() }; break;
                case UserData: table = table with { UserData = new(reader.Value) }; break;
                case Owner: table = table with { OwnerPortId = reader.ReadUInt32BigEndian() }; break;
            }
        }

        return table;
    }
}
