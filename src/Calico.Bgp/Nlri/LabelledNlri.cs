using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>A prefix with labels (labelled unicast, RFC 8277), and with a route distinguisher (VPNv4 and VPNv6, RFC 4364 and 4659), read in place.</summary>
public readonly ref struct LabelledNlri
{
    private readonly IpPrefix _prefix;

    private LabelledNlri(Family family, ReadOnlySpan<byte> labels, RouteDistinguisher? distinguisher, IpPrefix prefix)
    {
        Family = family;
        Labels = labels;
        Distinguisher = distinguisher;
        _prefix = prefix;
    }

    /// <summary>The family.</summary>
    public Family Family { get; }

    /// <summary>The label stack in wire form; walk it with <see cref="MplsLabelReader"/>.</summary>
    public ReadOnlySpan<byte> Labels { get; }

    /// <summary>The top label.</summary>
    public MplsLabel Label => MplsLabel.Read(Labels);

    /// <summary>The route distinguisher; null for labelled unicast.</summary>
    public RouteDistinguisher? Distinguisher { get; }

    /// <summary>Length of the prefix in bits.</summary>
    public int PrefixLength => _prefix.Length;

    /// <summary>The prefix.</summary>
    /// <returns>A new object.</returns>
    public IPNetwork ToIPNetwork() => _prefix.ToIPNetwork();

    /// <summary>Takes an NLRI apart.</summary>
    /// <param name="nlri">An NLRI of a labelled unicast or VPN family.</param>
    /// <param name="labelled">The parts; valid as long as the NLRI is.</param>
    /// <returns>False when the family is another, or the octets are malformed.</returns>
    public static bool TryRead(in Nlri nlri, out LabelledNlri labelled)
    {
        labelled = default;
        Family family = nlri.Family;
        ReadOnlySpan<byte> octets = nlri.Octets;
        if (family.Afi is not (1 or 2) || family.Safi is not (4 or 128) || octets.Length < 4) return false;
        int labels = NlriForm.LabelBits(octets[1..]) / 8, head = labels + (family.Safi == 128 ? 8 : 0);
        if (labels == 0 || octets.Length < 1 + head || !NlriForm.TryGetPrefix(family, octets, out IpPrefix prefix)) return false;
        RouteDistinguisher? distinguisher = family.Safi == 128 ? new RouteDistinguisher(BinaryPrimitives.ReadUInt64BigEndian(octets[(1 + labels)..])) : null;
        labelled = new LabelledNlri(family, octets.Slice(1, labels), distinguisher, prefix);
        return true;
    }

    /// <summary>Writes one.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="labels">The stack, top first, one to ten; bottom-of-stack bits are set as they belong, except for <see cref="MplsLabel.Withdrawn"/>.</param>
    /// <param name="distinguisher">The route distinguisher; null for labelled unicast.</param>
    /// <param name="pathId">The path identifier on an ADD-PATH session (RFC 7911); null without.</param>
    /// <exception cref="ArgumentException">There is no label, one does not fit in 20 bits, or there are too many for the length octet.</exception>
    public static void Write(IBufferWriter<byte> output, IPNetwork prefix, ReadOnlySpan<MplsLabel> labels, RouteDistinguisher? distinguisher = null, uint? pathId = null)
    {
        int bits = prefix.PrefixLength + 24 * labels.Length + (distinguisher is null ? 0 : 64);
        if (labels.IsEmpty || bits > 255) throw new ArgumentException($"{labels.Length} labels before {prefix}: at least one, and at most 255 bits in all.", nameof(labels));
        Span<byte> span = output.GetSpan(5 + 32);
        int at = 0;
        if (pathId is uint id)
        {
            BinaryPrimitives.WriteUInt32BigEndian(span, id);
            at = 4;
        }

        span[at++] = (byte)bits;
        for (int i = 0; i < labels.Length; i++, at += MplsLabel.Length)
        {
            if (labels[i].Value > 0xFFFFF) throw new ArgumentException($"{labels[i].Value} is no label: there are 0 to 1048575.", nameof(labels));
            (labels[i] == MplsLabel.Withdrawn ? labels[i] : labels[i] with { IsBottom = i == labels.Length - 1 }).Write(span[at..]);
        }

        if (distinguisher is { } rd)
        {
            BinaryPrimitives.WriteUInt64BigEndian(span[at..], rd.Value);
            at += 8;
        }

        Span<byte> address = stackalloc byte[16];
        IpPrefix.From(prefix).WriteNetworkOrder(address);
        int octets = (prefix.PrefixLength + 7) / 8;
        address[..octets].CopyTo(span[at..]);
        output.Advance(at + octets);
    }

    /// <summary>Reads the text form and writes it as NLRI.</summary>
    /// <param name="text">For example <c>65000:100:10.0.0.0/24 label 16</c>, or <c>2001:db8::/32 label 16/17</c>.</param>
    /// <param name="family">A labelled unicast or VPN family.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="FormatException">The text is no NLRI of the family; the message says what is wrong.</exception>
    public static void Parse(ReadOnlySpan<char> text, Family family, IBufferWriter<byte> output)
    {
        if (family.Afi is not (1 or 2) || family.Safi is not (4 or 128)) throw new FormatException($"{family} has no labels.");
        int mark = text.IndexOf(" label ", StringComparison.Ordinal);
        if (mark < 0) throw new FormatException($"'{text}' has no label: say PREFIX label N.");
        ReadOnlySpan<char> prefixText = text[..mark];
        RouteDistinguisher? distinguisher = null;
        if (family.Safi == 128)
        {
            // ADMINISTRATOR:NUMBER:PREFIX; neither of the first two has a colon in it.
            int first = prefixText.IndexOf(':'), second = first < 0 ? -1 : prefixText[(first + 1)..].IndexOf(':');
            if (second < 0 || !RouteDistinguisher.TryParse(prefixText[..(first + 1 + second)], null, out RouteDistinguisher rd)) throw new FormatException($"'{prefixText}' does not begin with a route distinguisher such as 65000:100.");
            distinguisher = rd;
            prefixText = prefixText[(first + 2 + second)..];
        }

        if (!IpPrefix.TryParse(prefixText, out IpPrefix prefix) || prefix.IsIPv6 != (family.Afi == 2)) throw new FormatException($"'{prefixText}' is no prefix of {family}.");
        Span<MplsLabel> labels = new MplsLabel[10];
        int count = 0;
        foreach (Range part in text[(mark + 7)..].Split('/'))
        {
            ReadOnlySpan<char> number = text[(mark + 7)..][part];
            if (count == labels.Length || !uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) || value > 0xFFFFF) throw new FormatException($"'{number}' is no label of 0 to 1048575, or one too many.");
            labels[count++] = new MplsLabel(value);
        }

        Write(output, prefix.ToIPNetwork(), labels[..count], distinguisher);
    }

    /// <summary>The text people know.</summary>
    /// <returns>For example <c>65000:100:10.0.0.0/24 label 16</c>; several labels as <c>16/17</c>.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Distinguisher is { } distinguisher) text.Append(distinguisher).Append(':');
        text.Append(_prefix.ToString()).Append(" label ");
        var labels = new MplsLabelReader(Labels);
        for (bool first = true; labels.TryRead(out MplsLabel label); first = false)
        {
            if (!first) text.Append('/');
            text.Append(label);
        }

        return text.ToString();
    }
}
