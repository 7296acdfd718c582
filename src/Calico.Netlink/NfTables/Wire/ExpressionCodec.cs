using System.Collections.Frozen;
using System.Text;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Expressions to and from the wire, by the shapes of <see cref="ExpressionTable"/>.</summary>
internal static class ExpressionCodec
{
    private const ushort NameAttribute = 1; // NFTA_EXPR_NAME
    private const ushort DataAttribute = 2; // NFTA_EXPR_DATA

    private static readonly FrozenDictionary<Type, ExpressionShape> ByRecord = ExpressionTable.Shapes.ToFrozenDictionary(s => s.Record);
    private static readonly FrozenDictionary<string, ExpressionShape[]> ByName =
        ExpressionTable.Shapes.GroupBy(s => s.Name).ToFrozenDictionary(g => g.Key, g => g.ToArray());

    public static void Write(NetlinkMessageWriter writer, ushort type, NftExpression expression)
    {
        using NetlinkNest nest = writer.Nest(type);
        writer.AttributeString(NameAttribute, expression.Name);
        if (expression is NotrackExpression) return; // has no attributes, and nft sends no empty nest for it
        using NetlinkNest data = writer.Nest(DataAttribute);
        WriteData(writer, expression);
    }

    /// <summary>The attributes alone: of an expression, or of the named object that has the same.</summary>
    public static void WriteData(NetlinkMessageWriter writer, NftExpression expression)
    {
        if (expression is RawExpression raw) writer.Put(raw.Attributes.AsSpan());
        else ByRecord[expression.GetType()].Write(writer, expression);
    }

    public static void WriteList(NetlinkMessageWriter writer, ushort type, ValueList<NftExpression> expressions)
    {
        using NetlinkNest nest = writer.Nest(type);
        foreach (NftExpression expression in expressions) Write(writer, NfTablesWire.ListElement, expression);
    }

    public static ValueList<NftExpression> ReadList(ReadOnlySpan<byte> list)
    {
        List<NftExpression> expressions = [];
        NetlinkAttributeReader reader = new(list);
        while (reader.MoveNext())
            if (reader.Type == NfTablesWire.ListElement) expressions.Add(Read(reader.Value));
        return new([.. expressions]);
    }

    /// <summary>Never fails: what no shape fits is kept raw.</summary>
    public static NftExpression Read(ReadOnlySpan<byte> expression)
    {
        string name = "";
        ReadOnlySpan<byte> data = default;
        NetlinkAttributeReader reader = new(expression);
        while (reader.MoveNext())
        {
            if (reader.Type == NameAttribute) name = Names.Get(reader.Value);
            else if (reader.Type == DataAttribute) data = reader.Value;
        }

        return ReadData(name, data);
    }

    public static NftExpression ReadData(string name, ReadOnlySpan<byte> data)
    {
        if (ByName.TryGetValue(name, out ExpressionShape[]? shapes))
        {
            ExpressionFields fields = new(data);
            foreach (ExpressionShape shape in shapes)
            {
                if (fields.Unfit || (fields.Present & ~shape.Known) != 0 || !shape.Fits(ref fields)) continue;
                NftExpression read = shape.Read(ref fields);
                if (!fields.Unfit) return read;
            }
        }

        return new RawExpression(name, ValueList.Create(data));
    }
}
