using System.Collections.Frozen;
using System.Runtime.InteropServices;
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

    public static ValueList<NftExpression> ReadList(ReadOnlySpan<byte> list, ExpressionCache? cache = null)
    {
        if (cache is null) return DecodeList(list, null);
        if (cache.Lists.TryGet(list, out ulong hash, out ValueList<NftExpression> known)) return known;
        ValueList<NftExpression> read = DecodeList(list, cache.Single);
        cache.Lists.Add(list, hash, read);
        return read;
    }

    private static ValueList<NftExpression> DecodeList(ReadOnlySpan<byte> list, RecurringBytes<NftExpression>? cache)
    {
        int count = 0;
        NetlinkAttributeReader counter = new(list);
        while (counter.MoveNext())
            if (counter.Type == NfTablesWire.ListElement) count++;
        NftExpression[] expressions = new NftExpression[count];
        NetlinkAttributeReader reader = new(list);
        for (int i = 0; i < count && reader.MoveNext();)
            if (reader.Type == NfTablesWire.ListElement) expressions[i++] = cache is null ? Read(reader.Value) : ReadCached(reader.Value, cache);
        return new(ImmutableCollectionsMarshal.AsImmutableArray(expressions));
    }

    private static NftExpression ReadCached(ReadOnlySpan<byte> expression, RecurringBytes<NftExpression> cache)
    {
        if (cache.TryGet(expression, out ulong hash, out NftExpression known)) return known;
        NftExpression read = Read(expression);
        cache.Add(expression, hash, read);
        return read;
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
