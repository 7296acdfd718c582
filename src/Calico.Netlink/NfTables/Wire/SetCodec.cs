using System.Runtime.InteropServices;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_SET_*, NFTA_SET_DESC_* and nft's notes beside a set.</summary>
internal static class SetCodec
{
    public const ushort Name = 2;
    private const ushort Table = 1, Flags = 3, KeyType = 4, KeyLength = 5, DataType = 6, DataLength = 7, Policy = 8, Description = 9, Id = 10,
        Timeout = 11, GcInterval = 12, UserData = 13, ObjectType = 15, Handle = 16, Expression = 17, Expressions = 18;

    private const ushort DescriptionSize = 1, DescriptionConcat = 2, FieldLength = 1;

    public static void Write(NetlinkMessageWriter writer, NftTableId table, NftSet set, uint id)
    {
        WriteName(writer, table, set.Name);
        writer.AttributeUInt32BigEndian(Flags, (uint)set.EffectiveFlags);
        writer.AttributeUInt32BigEndian(KeyType, set.KeyType.Id);
        writer.AttributeUInt32BigEndian(KeyLength, (uint)set.KeyType.Length);
        if (set.DataType is { } data)
        {
            writer.AttributeUInt32BigEndian(DataType, data.Id);
            writer.AttributeUInt32BigEndian(DataLength, (uint)data.Length);
        }

        if (set.ObjectType is { } kind) writer.AttributeUInt32BigEndian(ObjectType, (uint)kind);
        if (id != 0) writer.AttributeUInt32BigEndian(Id, id);
        if (set.Policy != NftSetPolicy.Performance) writer.AttributeUInt32BigEndian(Policy, (uint)set.Policy);
        WriteDescription(writer, set);
        if (set.Timeout > TimeSpan.Zero) writer.AttributeUInt64BigEndian(Timeout, (ulong)set.Timeout.TotalMilliseconds);
        if (set.GcInterval > TimeSpan.Zero) writer.AttributeUInt32BigEndian(GcInterval, (uint)set.GcInterval.TotalMilliseconds);
        NftUserData userData = SetNotes.Of(set);
        if (!userData.IsEmpty) writer.Attribute(UserData, userData.Span);
        if (set.ElementExpressions.Count == 1) ExpressionCodec.Write(writer, Expression, set.ElementExpressions[0]);
        else if (set.ElementExpressions.Count > 1) ExpressionCodec.WriteList(writer, Expressions, set.ElementExpressions);
    }

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string name)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeString(Name, name);
    }

    private static void WriteDescription(NetlinkMessageWriter writer, NftSet set)
    {
        bool concat = set.EffectiveFlags.HasFlag(NftSetFlags.Concat);
        if (set.Size == 0 && !concat) return;
        using NetlinkNest description = writer.Nest(Description);
        if (set.Size > 0) writer.AttributeUInt32BigEndian(DescriptionSize, set.Size);
        if (!concat) return;
        using NetlinkNest fields = writer.Nest(DescriptionConcat);
        foreach (NftType field in set.KeyType.Fields)
        {
            using NetlinkNest element = writer.Nest(NfTablesWire.ListElement);
            writer.AttributeUInt32BigEndian(FieldLength, (uint)field.Length);
        }
    }

    public static NftSet Read(in NetlinkMessage message, out uint id)
    {
        NftSet set = new("", NftType.FromKernel(0, 0));
        uint keyType = 0, dataType = 0;
        int keyLength = 0, dataLength = 0;
        List<int> fieldLengths = [];
        id = 0;
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Name: set = set with { Name = Names.Get(reader.Value) }; break;
                case Flags: set = set with { Flags = (NftSetFlags)reader.ReadUInt32BigEndian() }; break;
                case KeyType: keyType = reader.ReadUInt32BigEndian(); break;
                case KeyLength: keyLength = (int)reader.ReadUInt32BigEndian(); break;
                case DataType: dataType = reader.ReadUInt32BigEndian(); break;
                case DataLength: dataLength = (int)reader.ReadUInt32BigEndian(); break;
                case Policy: set = set with { Policy = (NftSetPolicy)reader.ReadUInt32BigEndian() }; break;
                case Description: set = set with { Size = ReadDescription(reader.Nested(), fieldLengths) }; break;
                case Id: id = reader.ReadUInt32BigEndian(); break;
                case Timeout: set = set with { Timeout = Milliseconds(reader.ReadUInt64BigEndian()) }; break;
                case GcInterval: set = set with { GcInterval = Milliseconds(reader.ReadUInt32BigEndian()) }; break;
                case UserData: set = SetNotes.Read(set, new(reader.Value)); break;
                case ObjectType: set = set with { ObjectType = (NftObjectType)reader.ReadUInt32BigEndian() }; break;
                case Handle: set = set with { Handle = reader.ReadUInt64BigEndian() }; break;
                case Expression: set = set with { ElementExpressions = [ExpressionCodec.Read(reader.Value)] }; break;
                case Expressions: set = set with { ElementExpressions = ExpressionCodec.ReadList(reader.Value) }; break;
            }
        }

        set = set with { KeyType = NftType.FromKernel(keyType, keyLength, CollectionsMarshal.AsSpan(fieldLengths)) };
        return set.Flags.HasFlag(NftSetFlags.Map) ? set with { DataType = NftType.FromKernel(dataType, dataLength) } : set;
    }

    internal static TimeSpan Milliseconds(ulong value) => TimeSpan.FromMilliseconds(Math.Min(value, 1ul << 48));

    private static uint ReadDescription(NetlinkAttributeReader reader, List<int> fieldLengths)
    {
        uint size = 0;
        while (reader.MoveNext())
        {
            if (reader.Type == DescriptionSize) size = reader.ReadUInt32BigEndian();
            if (reader.Type != DescriptionConcat) continue;
            NetlinkAttributeReader fields = reader.Nested();
            while (fields.MoveNext())
            {
                NetlinkAttributeReader field = fields.Nested();
                while (field.MoveNext())
                    if (field.Type == FieldLength) fieldLengths.Add((int)Math.Min(field.ReadUInt32BigEndian(), NftValue.MaxLength));
            }
        }

        return size;
    }
}

/// <summary>What nft notes beside a set so that it can print it (libnftnl, enum nftnl_udata_set_types).</summary>
internal static class SetNotes
{
    private const byte KeyByteOrder = 0, DataByteOrder = 1, MergeElements = 2, KeyTypeof = 3, DataInterval = 6, Comment = 7;

    // nft asks for a typeof note to see that a key is a concatenation of ranges; this one says "concatenation" and no more (EXPR_CONCAT).
    private static ReadOnlySpan<byte> ConcatTypeof => [0, 4, 13, 0, 0, 0, 1, 0];

    public static NftUserData Of(NftSet set)
    {
        if (set.UserData is { } noted) return noted;
        NftUserData notes = default(NftUserData).Add(KeyByteOrder, (uint)set.KeyType.ByteOrder);
        if (set.DataType is { } data) notes = notes.Add(DataByteOrder, (uint)data.ByteOrder);
        if (set.AutoMerge) notes = notes.Add(MergeElements, 1);
        if (set.KeyType.IsConcatenation) notes = notes.Add(KeyTypeof, ConcatTypeof);
        if (set.DataType is not null) notes = notes.Add(DataInterval, 0);
        return notes.Add(Comment, set.Comment);
    }

    public static NftSet Read(NftSet set, NftUserData notes) => set with
    {
        UserData = notes,
        AutoMerge = notes.TryGet(MergeElements, out ReadOnlySpan<byte> merge) && merge is [not 0, ..],
        Comment = notes.GetText(Comment),
    };
}
