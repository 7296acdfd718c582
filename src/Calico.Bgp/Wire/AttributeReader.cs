using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>One path attribute inside a message.</summary>
public readonly ref struct PathAttribute
{
    internal PathAttribute(AttributeFlags flags, AttributeType type, ReadOnlySpan<byte> value, ReadOnlySpan<byte> raw)
    {
        Flags = flags;
        Type = type;
        Value = value;
        Raw = raw;
    }

    /// <summary>The flags as they came.</summary>
    public AttributeFlags Flags { get; }

    /// <summary>The type code.</summary>
    public AttributeType Type { get; }

    /// <summary>The value without its header.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Header and value.</summary>
    public ReadOnlySpan<byte> Raw { get; }
}

/// <summary>Walks a block of path attributes (RFC 4271 section 4.3).</summary>
public ref struct AttributeReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first attribute.</summary>
    /// <param name="attributes">The Path Attributes field of an UPDATE.</param>
    public AttributeReader(ReadOnlySpan<byte> attributes) => _rest = attributes;

    /// <summary>Whether the walk ended at a header or value that reaches past the end; <see cref="Rest"/> starts there.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Takes the next attribute.</summary>
    /// <param name="attribute">The attribute; valid as long as the block is.</param>
    /// <returns>False at the end, or when the rest is no whole attribute.</returns>
    public bool TryRead(out PathAttribute attribute)
    {
        ReadOnlySpan<byte> rest = _rest;
        attribute = default;
        if (rest.IsEmpty) return false;
        int header = (rest[0] & 0x10) != 0 ? 4 : 3;
        if (rest.Length < header)
        {
            IsTruncated = true;
            return false;
        }

        int length = header == 4 ? BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) : rest[2];
        if (rest.Length < header + length)
        {
            IsTruncated = true;
            return false;
        }

        attribute = new PathAttribute((AttributeFlags)rest[0], (AttributeType)rest[1], rest.Slice(header, length), rest[..(header + length)]);
        _rest = rest[(header + length)..];
        return true;
    }
}
