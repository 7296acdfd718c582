using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Changes to AS_PATH octets in the four-octet form.</summary>
internal static class AsPathEdit
{
    public static byte[] Prepend(ReadOnlySpan<byte> path, uint asn, byte segmentType)
    {
        var result = new byte[path.Length + 6];
        int length = Prepend(path, asn, segmentType, result);
        return result[..length];
    }

    /// <summary>Joins the leading segment when it has the type and room, else opens one (RFC 4271 section 5.1.2).</summary>
    public static int Prepend(ReadOnlySpan<byte> path, uint asn, byte segmentType, Span<byte> destination)
    {
        bool join = path.Length >= 2 && path[0] == segmentType && path[1] < 255;
        destination[0] = segmentType;
        destination[1] = join ? (byte)(path[1] + 1) : (byte)1;
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], asn);
        ReadOnlySpan<byte> rest = join ? path[2..] : path;
        rest.CopyTo(destination[6..]);
        return 6 + rest.Length;
    }

    /// <summary>Copies all but confederation segments (RFC 5065 section 4).</summary>
    public static int WithoutConfed(ReadOnlySpan<byte> path, Span<byte> destination)
    {
        int at = 0;
        while (AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers))
        {
            if (type >= 3) continue;
            destination[at] = type;
            destination[at + 1] = (byte)(numbers.Length / 4);
            numbers.CopyTo(destination[(at + 2)..]);
            at += 2 + numbers.Length;
        }

        return at;
    }

    /// <summary>Copies without private numbers; segments left empty go too.</summary>
    public static int WithoutPrivate(ReadOnlySpan<byte> path, Span<byte> destination)
    {
        int at = 0;
        while (AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers))
        {
            int start = at;
            at += 2;
            for (int i = 0; i < numbers.Length; i += 4)
            {
                uint asn = BinaryPrimitives.ReadUInt32BigEndian(numbers[i..]);
                if (new Asn(asn).IsPrivate) continue;
                BinaryPrimitives.WriteUInt32BigEndian(destination[at..], asn);
                at += 4;
            }

            if (at == start + 2)
            {
                at = start;
                continue;
            }

            destination[start] = type;
            destination[start + 1] = (byte)((at - start - 2) / 4);
        }

        return at;
    }

    public static void Replace(Span<byte> path, uint from, uint to)
    {
        int at = 0;
        while (at + 2 <= path.Length)
        {
            int count = path[at + 1];
            at += 2;
            for (int i = 0; i < count; i++, at += 4)
            {
                if (BinaryPrimitives.ReadUInt32BigEndian(path[at..]) == from) BinaryPrimitives.WriteUInt32BigEndian(path[at..], to);
            }
        }
    }
}
