using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Walks AS_PATH octets in place; four-octet numbers unless a width is given.</summary>
internal static class AsPathWire
{
    /// <summary>Takes one segment off the front; false at the end. The octets must be well-formed.</summary>
    public static bool TryReadSegment(ref ReadOnlySpan<byte> rest, out byte type, out ReadOnlySpan<byte> numbers, int width = 4)
    {
        type = 0;
        numbers = default;
        if (rest.Length < 2) return false;
        int length = rest[1] * width;
        if (rest.Length < 2 + length) return false;
        type = rest[0];
        numbers = rest.Slice(2, length);
        rest = rest[(2 + length)..];
        return true;
    }

    /// <summary>Known segment types, no empty segment, nothing left over (RFC 7606 section 7.2).</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> wire, int width)
    {
        while (!wire.IsEmpty)
        {
            if (!TryReadSegment(ref wire, out byte type, out ReadOnlySpan<byte> numbers, width)) return false;
            if (type is < 1 or > 4 || numbers.IsEmpty) return false;
        }

        return true;
    }

    public static bool HasConfedSegment(ReadOnlySpan<byte> wire, int width = 4)
    {
        while (TryReadSegment(ref wire, out byte type, out _, width))
        {
            if (type >= 3) return true;
        }

        return false;
    }

    public static bool HasSet(ReadOnlySpan<byte> wire)
    {
        while (TryReadSegment(ref wire, out byte type, out _))
        {
            if (type is 1 or 4) return true;
        }

        return false;
    }

    public static bool ContainsZero(ReadOnlySpan<byte> wire, int width)
    {
        while (TryReadSegment(ref wire, out _, out ReadOnlySpan<byte> numbers, width))
        {
            for (int i = 0; i < numbers.Length; i += width)
            {
                if (numbers.Slice(i, width).IndexOfAnyExcept((byte)0) < 0) return true;
            }
        }

        return false;
    }

    public static int Length(ReadOnlySpan<byte> wire)
    {
        int length = 0;
        while (TryReadSegment(ref wire, out byte type, out ReadOnlySpan<byte> numbers))
            length += type switch { 2 => numbers.Length / 4, 1 => 1, _ => 0 };
        return length;
    }

    public static uint First(ReadOnlySpan<byte> wire)
    {
        while (TryReadSegment(ref wire, out byte type, out ReadOnlySpan<byte> numbers))
        {
            if (type is 3 or 4) continue;
            return type == 2 ? BinaryPrimitives.ReadUInt32BigEndian(numbers) : 0;
        }

        return 0;
    }

    /// <summary>The first number whatever its segment; the neighbour's AS, member AS of a confederation included.</summary>
    public static uint Leftmost(ReadOnlySpan<byte> wire) =>
        TryReadSegment(ref wire, out byte type, out ReadOnlySpan<byte> numbers) && type is 2 or 3 ? BinaryPrimitives.ReadUInt32BigEndian(numbers) : 0;

    public static uint Origin(ReadOnlySpan<byte> wire)
    {
        uint origin = 0;
        while (TryReadSegment(ref wire, out byte type, out ReadOnlySpan<byte> numbers))
            origin = type == 2 ? BinaryPrimitives.ReadUInt32BigEndian(numbers[^4..]) : 0;
        return origin;
    }

    public static int Count(ReadOnlySpan<byte> wire, uint asn)
    {
        int count = 0;
        while (TryReadSegment(ref wire, out _, out ReadOnlySpan<byte> numbers))
        {
            for (int i = 0; i < numbers.Length; i += 4)
            {
                if (BinaryPrimitives.ReadUInt32BigEndian(numbers[i..]) == asn) count++;
            }
        }

        return count;
    }
}
