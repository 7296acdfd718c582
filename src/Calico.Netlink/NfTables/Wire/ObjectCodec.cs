using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_OBJ_* and what each kind of object has.</summary>
internal static class ObjectCodec
{
    private const ushort Table = 1, Name = 2, Type = 3, Data = 4, Use = 5, Handle = 6, UserData = 8;

    public static void Write(NetlinkMessageWriter writer, NftTableId table, NftObject named)
    {
        WriteName(writer, table, named.Name, named.Content.Type);
        if (!named.UserData.IsEmpty) writer.Attribute(UserData, named.UserData.Span);
        using NetlinkNest data = writer.Nest(Data);
        switch (named.Content)
        {
            case NftStatefulObject stateful: ExpressionCodec.WriteData(writer, stateful.State); break;
            case NftCtHelperObject helper:
                writer.AttributeString(1, helper.Helper);
                if (helper.L3Protocol is { } l3) writer.AttributeUInt16BigEndian(2, l3);
                writer.AttributeUInt8(3, helper.L4Protocol);
                break;
            case NftCtTimeoutObject timeout: WriteTimeout(writer, timeout); break;
            case NftCtExpectationObject expectation:
                writer.AttributeUInt16BigEndian(1, expectation.L3Protocol);
                writer.AttributeUInt8(2, expectation.L4Protocol);
                writer.AttributeUInt16BigEndian(3, expectation.DestinationPort);
                writer.AttributeUInt32(4, expectation.TimeoutMilliseconds); // the kernel reads this one in host order
                writer.AttributeUInt8(5, expectation.Size);
                break;
            case NftSecmarkObject secmark: writer.AttributeString(1, secmark.Context); break;
            case NftRawObject raw: writer.Put(raw.Attributes.AsSpan()); break;
        }
    }

    public static void WriteType(NetlinkMessageWriter writer, NftObjectType? type)
    {
        if (type is { } one) writer.AttributeUInt32BigEndian(Type, (uint)one);
    }

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string name, NftObjectType type)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeString(Name, name);
        writer.AttributeUInt32BigEndian(Type, (uint)type);
    }

    public static NftObject Read(in NetlinkMessage message)
    {
        string name = "";
        NftObjectType type = 0;
        ReadOnlySpan<byte> data = default;
        NftObject named = new("", new NftRawObject(0, []));
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Name: name = Names.Get(reader.Value); break;
                case Type: type = (NftObjectType)reader.ReadUInt32BigEndian(); break;
                case Data: data = reader.Value; break;
                case Use: named = named with { Uses = reader.ReadUInt32BigEndian() }; break;
                case Handle: named = named with { Handle = reader.ReadUInt64BigEndian() }; break;
                case UserData: named = named with { UserData = new(reader.Value) }; break;
            }
        }

        return named with { Name = name, Content = ReadContent(type, data) };
    }

    private static NftObjectContent ReadContent(NftObjectType type, ReadOnlySpan<byte> data)
    {
        ExpressionFields fields = new(data);
        NftObjectContent? content = type switch
        {
            NftObjectType.Counter => Stateful("counter", data),
            NftObjectType.Quota => Stateful("quota", data),
            NftObjectType.Limit => Stateful("limit", data),
            NftObjectType.ConnLimit => Stateful("connlimit", data),
            NftObjectType.Synproxy => Stateful("synproxy", data),
            NftObjectType.CtHelper => new NftCtHelperObject(fields.Text(1) ?? "", fields.U8(3), fields.Has(2) ? fields.U16(2) : null),
            NftObjectType.CtTimeout => ReadTimeout(ref fields),
            NftObjectType.CtExpectation => new NftCtExpectationObject(fields.U8(2), fields.U16(1), fields.U16(3), fields.HostU32(4), fields.U8(5)),
            NftObjectType.Secmark => new NftSecmarkObject(fields.Text(1) ?? ""),
            _ => null,
        };
        return content is null || fields.Unfit ? new NftRawObject(type, ValueList.Create(data)) : content;
    }

    private static NftStatefulObject? Stateful(string name, ReadOnlySpan<byte> data) =>
        ExpressionCodec.ReadData(name, data) is var state and not RawExpression ? new NftStatefulObject(state) : null;

    private static void WriteTimeout(NetlinkMessageWriter writer, NftCtTimeoutObject timeout)
    {
        writer.AttributeUInt16BigEndian(1, timeout.L3Protocol);
        writer.AttributeUInt8(2, timeout.L4Protocol);
        using NetlinkNest policy = writer.Nest(3);
        foreach (KeyValuePair<ushort, uint> state in timeout.Policy) writer.AttributeUInt32BigEndian(state.Key, state.Value);
    }

    private static NftCtTimeoutObject ReadTimeout(ref ExpressionFields fields)
    {
        List<KeyValuePair<ushort, uint>> policy = [];
        NetlinkAttributeReader reader = new(fields.Raw(3));
        while (reader.MoveNext()) policy.Add(new(reader.Type, reader.ReadUInt32BigEndian()));
        return new NftCtTimeoutObject(fields.U8(2), fields.U16(1), new([.. policy]));
    }
}
