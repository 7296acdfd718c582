using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Calico.Bgp;

/// <summary>Kind of an AS_PATH segment (RFC 4271 section 4.3, RFC 5065 section 3).</summary>
public enum AsPathSegmentType : byte
{
    /// <summary>AS_SET: unordered, made by aggregation; written <c>{1 2}</c>.</summary>
    Set = 1,

    /// <summary>AS_SEQUENCE: ordered, nearest first.</summary>
    Sequence = 2,

    /// <summary>AS_CONFED_SEQUENCE: member ASes of the own confederation; written <c>(1 2)</c>.</summary>
    ConfedSequence = 3,

    /// <summary>AS_CONFED_SET; written <c>[1 2]</c>.</summary>
    ConfedSet = 4,
}

/// <summary>An AS path: the value of AS_PATH in the four-octet form, as text <c>65000 65001 {64512 64513}</c>.</summary>
/// <remarks>Holds the wire octets; making one from octets copies nothing. The text form reads back to the same value.</remarks>
public readonly struct AsPath : IEquatable<AsPath>
{
    private readonly ReadOnlyMemory<byte> _wire;

    internal AsPath(ReadOnlyMemory<byte> wire) => _wire = wire;

    /// <summary>The empty path of a route from inside the own AS.</summary>
    public static AsPath Empty => default;

    /// <summary>Segments of type, count and four-octet numbers, in network byte order.</summary>
    public ReadOnlySpan<byte> Wire => _wire.Span;

    /// <summary>Number of ASes for route selection: a set counts as one, confederation segments as none (RFC 4271 9.1.2.2, RFC 5065 5.3).</summary>
    public int Length => AsPathWire.Length(_wire.Span);

    /// <summary>The first AS of a leading sequence: the neighbour the route came from; null when there is none.</summary>
    public Asn? First => AsPathWire.First(_wire.Span) is uint asn and not 0 ? new Asn(asn) : null;

    /// <summary>The last AS of a trailing sequence: the AS that originated the route; null when there is none.</summary>
    public Asn? Origin => AsPathWire.Origin(_wire.Span) is uint asn and not 0 ? new Asn(asn) : null;

    /// <summary>A path of one sequence.</summary>
    /// <param name="asns">Nearest first; more than 255 make several segments.</param>
    /// <returns>The path.</returns>
    public static AsPath Of(params ReadOnlySpan<Asn> asns)
    {
        var wire = new byte[asns.Length * 4 + (asns.Length + 254) / 255 * 2];
        int at = 0;
        for (int i = 0; i < asns.Length; i++)
        {
            if (i % 255 == 0)
            {
                wire[at++] = (byte)AsPathSegmentType.Sequence;
                wire[at++] = (byte)Math.Min(255, asns.Length - i);
            }

            BinaryPrimitives.WriteUInt32BigEndian(wire.AsSpan(at), asns[i].Value);
            at += 4;
        }

        return new AsPath(wire);
    }

    /// <summary>A path from octets in the four-octet form.</summary>
    /// <param name="wire">Segments of type, count and numbers.</param>
    /// <returns>The path.</returns>
    /// <exception cref="FormatException">The octets are not well-formed segments.</exception>
    public static AsPath FromWire(ReadOnlyMemory<byte> wire) =>
        AsPathWire.IsWellFormed(wire.Span, 4) ? new AsPath(wire) : throw new FormatException("The octets are not an AS path with four-octet numbers.");

    /// <summary>Whether the AS stands anywhere in the path, and how often.</summary>
    /// <param name="asn">The AS to look for.</param>
    /// <returns>The number of times.</returns>
    public int Count(Asn asn) => AsPathWire.Count(_wire.Span, asn.Value);

    /// <summary>All numbers in order, sets and confederation segments included.</summary>
    /// <returns>A new array.</returns>
    public Asn[] ToArray()
    {
        var list = new List<Asn>();
        ReadOnlySpan<byte> rest = _wire.Span;
        while (AsPathWire.TryReadSegment(ref rest, out _, out ReadOnlySpan<byte> numbers))
        {
            for (int i = 0; i + 4 <= numbers.Length; i += 4) list.Add(BinaryPrimitives.ReadUInt32BigEndian(numbers[i..]));
        }

        return [.. list];
    }

    /// <summary>Reads the text form: numbers apart by spaces, <c>{}</c> set, <c>()</c> confederation sequence, <c>[]</c> confederation set.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The path.</returns>
    /// <exception cref="FormatException">The text is no AS path; the message names the part.</exception>
    public static AsPath Parse(string text) => AsPathText.Parse(text);

    /// <inheritdoc/>
    public bool Equals(AsPath other) => _wire.Span.SequenceEqual(other._wire.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AsPath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_wire.Span);
        return hash.ToHashCode();
    }

    /// <summary>Whether both paths have the same octets.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">Another.</param>
    public static bool operator ==(AsPath left, AsPath right) => left.Equals(right);

    /// <summary>Whether the octets differ.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">Another.</param>
    public static bool operator !=(AsPath left, AsPath right) => !left.Equals(right);

    /// <summary>The text form.</summary>
    /// <returns>For example <c>65000 65001 {64512 64513}</c>; empty for the empty path.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        ReadOnlySpan<byte> rest = _wire.Span;
        while (AsPathWire.TryReadSegment(ref rest, out byte type, out ReadOnlySpan<byte> numbers))
        {
            if (text.Length > 0) text.Append(' ');
            (string open, string close) = AsPathText.Brackets(type);
            text.Append(open);
            for (int i = 0; i + 4 <= numbers.Length; i += 4)
            {
                if (i > 0) text.Append(' ');
                text.Append(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32BigEndian(numbers[i..])}");
            }

            text.Append(close);
        }

        return text.ToString();
    }
}
