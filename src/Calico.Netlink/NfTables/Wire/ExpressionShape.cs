using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Makes an expression of its attributes.</summary>
internal delegate T ReadExpression<out T>(ref ExpressionFields fields)
    where T : NftExpression;

/// <summary>Writes one attribute of an expression.</summary>
internal delegate void WriteField<in T>(NetlinkMessageWriter writer, T expression);

/// <summary>One kind of expression: its attributes in the order they are written, and how they are put together when read.</summary>
internal abstract class ExpressionShape(string name, uint known)
{
    public string Name { get; } = name;

    /// <summary>Attribute types that <see cref="Read"/> accounts for, one bit each.</summary>
    public uint Known { get; } = known;

    public abstract Type Record { get; }

    public abstract bool Fits(ref ExpressionFields fields);

    public abstract NftExpression Read(ref ExpressionFields fields);

    public abstract void Write(NetlinkMessageWriter writer, NftExpression expression);
}

internal readonly record struct Field<T>(int Type, WriteField<T> Write);

internal delegate bool FitsShape(ref ExpressionFields fields);

internal sealed class ExpressionShape<T>(string name, Field<T>[] fields, ReadExpression<T> read, FitsShape? fits = null, params int[] ignored)
    : ExpressionShape(name, Bits(fields.Select(f => f.Type).Concat(ignored)))
    where T : NftExpression
{
    public override Type Record => typeof(T);

    public override bool Fits(ref ExpressionFields fields) => fits is null || fits(ref fields);

    public override NftExpression Read(ref ExpressionFields fields) => read(ref fields);

    public override void Write(NetlinkMessageWriter writer, NftExpression expression)
    {
        foreach (Field<T> field in fields) field.Write(writer, (T)expression);
    }

    private static uint Bits(IEnumerable<int> types) => types.Aggregate(0u, (bits, type) => bits | (1u << type));
}
