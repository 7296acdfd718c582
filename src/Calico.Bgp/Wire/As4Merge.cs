using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Rebuilds a four-octet AS path from AS_PATH and AS4_PATH of a two-octet speaker (RFC 6793 section 4.2.3).</summary>
internal static class As4Merge
{
    /// <summary>Writes the path; returns its length.</summary>
    public static int Merge(ReadOnlySpan<byte> path2, ReadOnlySpan<byte> path4, Span<byte> destination)
    {
        int missing = Count(path2, 2) - Count(path4, 4);
        if (path4.IsEmpty || missing < 0) return Copy(path2, int.MaxValue, destination);
        int at = Copy(path2, missing, destination);
        path4.CopyTo(destination[at..]);
        if (at > 0 && path4.Length >= 2 && path4[0] == 2) at = Join(destination, at, path4.Length);
        else at += path4.Length;
        return at;
    }

    private static int Count(ReadOnlySpan<byte> path, int width)
    {
        int count = 0;
        while (AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers, width))
            count += type switch { 2 => numbers.Length / width, 1 => 1, _ => 0 };
        return count;
    }

    private static int Copy(ReadOnlySpan<byte> path2, int limit, Span<byte> destination)
    {
        int at = 0;
        while (limit > 0 && AsPathWire.TryReadSegment(ref path2, out byte type, out ReadOnlySpan<byte> numbers, 2))
        {
            int count = type == 2 ? Math.Min(limit, numbers.Length / 2) : numbers.Length / 2;
            limit -= type switch { 2 => count, 1 => 1, _ => 0 };
            destination[at] = type;
            destination[at + 1] = (byte)count;
            at += 2;
            for (int i = 0; i < count; i++, at += 4)
                BinaryPrimitives.WriteUInt32BigEndian(destination[at..], BinaryPrimitives.ReadUInt16BigEndian(numbers[(2 * i)..]));
        }

        return at;
    }

    // One sequence instead of two where they meet: the result is then the path the four-octet speakers would have built.
    private static int Join(Span<byte> path, int boundary, int tail)
    {
        int last = 0;
        for (int at = 0; at < boundary; at += 2 + path[at + 1] * 4) last = at;
        int count = path[last + 1] + path[boundary + 1];
        if (path[last] != 2 || count > 255) return boundary + tail;
        path[last + 1] = (byte)count;
        path.Slice(boundary + 2, tail - 2).CopyTo(path[boundary..]);
        return boundary + tail - 2;
    }
}
