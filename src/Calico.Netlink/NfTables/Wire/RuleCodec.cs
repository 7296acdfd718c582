using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_RULE_*.</summary>
internal static class RuleCodec
{
    public const ushort Chain = 2;
    private const ushort Table = 1, Handle = 3, Expressions = 4, Position = 6, UserData = 7, ChainId = 11;

    /// <param name="writer">The message.</param>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="handle">The rule it replaces, or 0.</param>
    /// <param name="position">The rule it goes before or behind, or 0.</param>
    public static void Write(NetlinkMessageWriter writer, NftTableId table, string chain, NftRule rule, ulong handle = 0, ulong position = 0)
    {
        WriteName(writer, table, chain);
        if (handle != 0) writer.AttributeUInt64BigEndian(Handle, handle);
        if (position != 0) writer.AttributeUInt64BigEndian(Position, position);
        WriteContent(writer, rule);
    }

    /// <summary>A rule of an anonymous chain.</summary>
    public static void WriteAnonymous(NetlinkMessageWriter writer, NftTableId table, uint chainId, NftRule rule)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeUInt32BigEndian(ChainId, chainId);
        WriteContent(writer, rule);
    }

    private static void WriteContent(NetlinkMessageWriter writer, NftRule rule)
    {
        ExpressionCodec.WriteList(writer, Expressions, rule.Expressions);
        if (!rule.UserData.IsEmpty) writer.Attribute(UserData, rule.UserData.Span);
    }

    public static void WriteChain(NetlinkMessageWriter writer, string? chain)
    {
        if (chain is not null) writer.AttributeString(Chain, chain);
    }

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string? chain, ulong handle = 0)
    {
        writer.AttributeString(Table, table.Name);
        if (chain is not null) writer.AttributeString(Chain, chain);
        if (handle != 0) writer.AttributeUInt64BigEndian(Handle, handle);
    }

    public static NftRule Read(in NetlinkMessage message, out ulong position, ExpressionCache? cache = null)
    {
        ulong handle = 0;
        position = 0;
        ValueList<NftExpression> expressions = [];
        NftUserData userData = default;
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Handle: handle = reader.ReadUInt64BigEndian(); break;
                case Expressions: expressions = ExpressionCodec.ReadList(reader.Value, cache); break;
                case Position: position = reader.ReadUInt64BigEndian(); break;
                case UserData: userData = new(reader.Value); break;
            }
        }

        return new NftRule(expressions) { Handle = handle, UserData = userData };
    }
}
