using System.Buffers.Binary;
using System.Text;

namespace Calico.Bgp.Bmp;

/// <summary>One type-length-value item of an Initiation, Termination, Peer Up or Route Mirroring message, or of a statistics report.</summary>
public readonly ref struct BmpTlv
{
    internal BmpTlv(ushort type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>The type: <see cref="BmpInformationType"/>, <see cref="BmpTerminationType"/> or <see cref="BmpStatistic"/>, by message.</summary>
    public ushort Type { get; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The value as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Value);

    /// <summary>The value as a number: a counter of 4 octets, a gauge of 8, or a gauge of 8 after a family; null when it has another length.</summary>
    public ulong? Number => Value.Length switch
    {
        2 => BinaryPrimitives.ReadUInt16BigEndian(Value),
        4 => BinaryPrimitives.ReadUInt32BigEndian(Value),
        8 => BinaryPrimitives.ReadUInt64BigEndian(Value),
        11 => BinaryPrimitives.ReadUInt64BigEndian(Value[3..]),
        _ => null,
    };

    /// <summary>The family before a gauge; null when the value has none.</summary>
    public Family? Family => Value.Length == 11 ? new Family(BinaryPrimitives.ReadUInt16BigEndian(Value), Value[2]) : null;
}

/// <summary>Walks type-length-value items.</summary>
public ref struct BmpTlvReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first item.</summary>
    /// <param name="items">The items in wire form.</param>
    public BmpTlvReader(ReadOnlySpan<byte> items) => _rest = items;

    /// <summary>Whether the walk ended at octets that are no whole item.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next item.</summary>
    /// <param name="item">The item; valid as long as the message is.</param>
    /// <returns>False at the end, or when the rest is malformed.</returns>
    public bool TryRead(out BmpTlv item)
    {
        item = default;
        if (_rest.IsEmpty) return false;
        int length = _rest.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]) : int.MaxValue;
        if (length > _rest.Length - 4)
        {
            IsMalformed = true;
            _rest = default;
            return false;
        }

        item = new BmpTlv(BinaryPrimitives.ReadUInt16BigEndian(_rest), _rest.Slice(4, length));
        _rest = _rest[(4 + length)..];
        return true;
    }

    internal static bool AreWellFormed(ReadOnlySpan<byte> items, out int count)
    {
        var reader = new BmpTlvReader(items);
        count = 0;
        while (reader.TryRead(out _)) count++;
        return !reader.IsMalformed;
    }
}
