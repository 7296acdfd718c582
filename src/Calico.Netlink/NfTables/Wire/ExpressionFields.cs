using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>The attributes of one expression, found by type. What does not fit the expression's shape is noted, and the expression then kept raw.</summary>
internal ref struct ExpressionFields
{
    private const int MaximumType = 31;

    private readonly ReadOnlySpan<byte> _data;
    private Positions _positions;
    private uint _present;

    public ExpressionFields(ReadOnlySpan<byte> data)
    {
        _data = data;
        NetlinkAttributeReader reader = new(data);
        while (reader.MoveNext())
        {
            if (reader.Type > MaximumType || (_present & (1u << reader.Type)) != 0)
            {
                Unfit = true;
                continue;
            }

            data.Overlaps(reader.Value, out int start);
            _positions[reader.Type] = new Position(reader.Value.IsEmpty ? 0 : start, reader.Value.Length);
            _present |= 1u << reader.Type;
        }

        Unfit |= reader.IsMalformed;
    }

    /// <summary>Whether something was there that the expression's record has no place for.</summary>
    public bool Unfit { get; private set; }

    public readonly uint Present => _present;

    public readonly bool Has(int type) => (_present & (1u << type)) != 0;

    public byte U8(int type) => Get(type, 1) is [byte value] ? value : (byte)0;

    public ushort U16(int type) => Get(type, 2) is { IsEmpty: false } value ? BinaryPrimitives.ReadUInt16BigEndian(value) : (ushort)0;

    public uint U32(int type) => Get(type, 4) is { IsEmpty: false } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : 0;

    public ulong U64(int type) => Get(type, 8) is { IsEmpty: false } value ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;

    public uint HostU32(int type) => Get(type, 4) is { IsEmpty: false } value ? BitConverter.ToUInt32(value) : 0;

    public uint? OptionalU32(int type) => Has(type) ? U32(type) : null;

    public NftRegister Register(int type) => (NftRegister)U32(type);

    public NftRegister? OptionalRegister(int type) => Has(type) ? Register(type) : null;

    /// <summary>A flags word of which one bit has a meaning.</summary>
    public bool Flag(int type, uint bit = 1) => Flags(type, bit) != 0;

    /// <summary>A flags word of which some bits have a meaning.</summary>
    public uint Flags(int type, uint known)
    {
        uint flags = U32(type);
        Unfit |= (flags & ~known) != 0;
        return flags;
    }

    public string? Text(int type) => Has(type) ? Encoding.UTF8.GetString(Raw(type).TrimEnd((byte)0)) : null;

    public readonly ReadOnlySpan<byte> Raw(int type) => Has(type) ? _data.Slice(_positions[type].Start, _positions[type].Length) : default;

    /// <summary>NFTA_DATA_VALUE inside an attribute.</summary>
    public NftValue Value(int type)
    {
        if (!Has(type)) return default;
        if (DataCodec.TryRead(Raw(type), out NftValue value, out NftVerdict? verdict) && verdict is null) return value;
        Unfit = true;
        return default;
    }

    /// <summary>NFTA_DATA_VERDICT inside an attribute.</summary>
    public NftVerdict Verdict(int type)
    {
        if (DataCodec.TryRead(Raw(type), out _, out NftVerdict? verdict) && verdict is not null) return verdict.Value;
        Unfit = true;
        return default;
    }

    /// <summary>Whether an attribute holds a verdict rather than a value.</summary>
    public readonly bool HoldsVerdict(int type) => DataCodec.TryRead(Raw(type), out _, out NftVerdict? verdict) && verdict is not null;

    private ReadOnlySpan<byte> Get(int type, int length)
    {
        if (!Has(type)) return default;
        ReadOnlySpan<byte> value = Raw(type);
        if (value.Length == length) return value;
        Unfit = true;
        return default;
    }

    private readonly record struct Position(int Start, int Length);

    [InlineArray(MaximumType + 1)]
    private struct Positions
    {
        private Position _first;
    }
}
