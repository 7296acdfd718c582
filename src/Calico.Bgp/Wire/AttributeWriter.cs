using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Writes one path attribute with its header.</summary>
internal static class AttributeWriter
{
    /// <summary>Octets written. The extended length form is used only where the value needs it.</summary>
    public static int Write(Span<byte> destination, AttributeFlags flags, AttributeType type, ReadOnlySpan<byte> value)
    {
        int header = WriteHeader(destination, flags, type, value.Length);
        value.CopyTo(destination[header..]);
        return header + value.Length;
    }

    public static int WriteHeader(Span<byte> destination, AttributeFlags flags, AttributeType type, int length)
    {
        destination[1] = (byte)type;
        if (length <= 255)
        {
            destination[0] = (byte)(flags & ~AttributeFlags.ExtendedLength);
            destination[2] = (byte)length;
            return 3;
        }

        destination[0] = (byte)(flags | AttributeFlags.ExtendedLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
        return 4;
    }
}

internal static class AttributeHash
{
    /// <summary>A quick hash of canonical attribute octets: 8 octets a step, multiply and rotate.</summary>
    public static int Of(ReadOnlySpan<byte> octets)
    {
        ulong hash = (ulong)octets.Length * 0x9E3779B97F4A7C15;
        while (octets.Length >= 8)
        {
            hash = (Mix(hash) ^ BinaryPrimitives.ReadUInt64LittleEndian(octets)) * 0x9FB21C651E98DF25;
            octets = octets[8..];
        }

        ulong tail = 0;
        for (int i = 0; i < octets.Length; i++) tail |= (ulong)octets[i] << (8 * i);
        hash = (Mix(hash) ^ tail) * 0x9FB21C651E98DF25;
        return (int)((hash ^ hash >> 29) >> 16);
    }

    private static ulong Mix(ulong value) => System.Numerics.BitOperations.RotateLeft(value, 23) ^ value >> 47;
}
