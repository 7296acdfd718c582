using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp;

internal static class AsPathText
{
    private static readonly SearchValues<char> Ends = SearchValues.Create(" ,{}()[]");

    public static (string Open, string Close) Brackets(byte type) => (AsPathSegmentType)type switch
    {
        AsPathSegmentType.Set => ("{", "}"),
        AsPathSegmentType.ConfedSequence => ("(", ")"),
        AsPathSegmentType.ConfedSet => ("[", "]"),
        _ => ("", ""),
    };

    public static AsPath Parse(string text)
    {
        var wire = new List<byte>();
        var numbers = new List<uint>();
        var type = AsPathSegmentType.Sequence;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            char c = rest[0];
            int opened = "{([".IndexOf(c);
            if (opened >= 0)
            {
                if (type != AsPathSegmentType.Sequence) throw Bad(text, rest);
                Close(wire, numbers, type);
                type = opened switch { 0 => AsPathSegmentType.Set, 1 => AsPathSegmentType.ConfedSequence, _ => AsPathSegmentType.ConfedSet };
                rest = rest[1..];
            }
            else if (c is '}' or ')' or ']')
            {
                if (Brackets((byte)type).Close != c.ToString() || numbers.Count == 0) throw Bad(text, rest);
                Close(wire, numbers, type);
                type = AsPathSegmentType.Sequence;
                rest = rest[1..];
            }
            else if (c is ' ' or ',')
            {
                rest = rest[1..];
            }
            else
            {
                int end = rest.IndexOfAny(Ends);
                if (end < 0) end = rest.Length;
                if (!Asn.TryParse(rest[..end], null, out Asn asn)) throw Bad(text, rest);
                numbers.Add(asn.Value);
                rest = rest[end..];
            }
        }

        if (type != AsPathSegmentType.Sequence) throw new FormatException($"'{text}' is not an AS path: a bracket is left open.");
        Close(wire, numbers, type);
        return new AsPath(wire.ToArray());
    }

    private static FormatException Bad(string text, ReadOnlySpan<char> rest) => new($"'{text}' is not an AS path: unexpected '{rest}'.");

    private static void Close(List<byte> wire, List<uint> numbers, AsPathSegmentType type)
    {
        Span<byte> octets = stackalloc byte[4];
        for (int i = 0; i < numbers.Count; i++)
        {
            if (i % 255 == 0)
            {
                wire.Add((byte)type);
                wire.Add((byte)Math.Min(255, numbers.Count - i));
            }

            BinaryPrimitives.WriteUInt32BigEndian(octets, numbers[i]);
            wire.AddRange(octets);
        }

        numbers.Clear();
    }
}
