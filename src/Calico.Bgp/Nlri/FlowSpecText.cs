using System.Buffers;
using System.Globalization;
using System.Text;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>FlowSpec rules as text: <c>match destination 10.0.0.0/24 protocol =6 destination-port &gt;=1024&amp;&lt;=2048 =8080 tcp-flags =syn !=ack fragment is-fragment</c>.</summary>
/// <remarks>
/// Components follow <c>match</c> by name, each with a prefix (IPv6: <c>2001:db8::/64 offset 32</c>) or with comparisons. Numbers: <c>= &lt; &lt;= &gt; &gt;= !=</c>, and <c>true</c> or
/// <c>false</c> for the two operators without a value to compare. Bits, by name (joined by <c>+</c>) or number: <c>=</c> all are set, no sign any is, <c>!=</c> and <c>!</c> the contrary. A space is OR, <c>&amp;</c> is AND.
/// </remarks>
public static class FlowSpecText
{
    private static readonly string[] Names = ["", "destination", "source", "protocol", "port", "destination-port", "source-port", "icmp-type", "icmp-code", "tcp-flags", "length", "dscp", "fragment", "flow-label"];
    private static readonly string[] TcpFlagNames = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];
    private static readonly string[] FragmentNames = ["dont-fragment", "is-fragment", "first-fragment", "last-fragment"];
    // By the bits less, greater, equal.
    private static readonly string[] NumberSigns = ["false", "=", ">", ">=", "<", "<=", "!=", "true"];

    /// <summary>Formats an NLRI.</summary>
    /// <param name="nlri">An NLRI of a FlowSpec family.</param>
    /// <returns>The text; the octets in hexadecimal when they are malformed.</returns>
    public static string Format(in Nlri nlri)
    {
        if (!FlowSpecNlri.TryBegin(nlri, out FlowSpecNlri rule)) return Hex(nlri);
        var text = new StringBuilder("match");
        while (rule.TryRead(out FlowSpecComponent component))
        {
            text.Append(' ').Append(Names[(int)component.Type]);
            if (component.IsPrefix) AppendPrefix(text, component);
            else AppendComparisons(text, component);
        }

        return rule.IsMalformed ? Hex(nlri) : text.ToString();
    }

    private static string Hex(in Nlri nlri) => $"0x{Convert.ToHexStringLower(nlri.Octets)}";

    private static void AppendPrefix(StringBuilder text, in FlowSpecComponent component)
    {
        text.Append(' ').Append(component.Prefix.ToString());
        if (component.Offset > 0) text.Append(CultureInfo.InvariantCulture, $" offset {component.Offset}");
    }

    private static void AppendComparisons(StringBuilder text, in FlowSpecComponent component)
    {
        FlowSpecComparisonReader comparisons = component.ReadComparisons();
        for (bool first = true; comparisons.TryRead(out FlowSpecComparison comparison); first = false)
        {
            text.Append(!first && comparison.Operator.HasFlag(FlowSpecOperator.And) ? '&' : ' ');
            int bits = (int)comparison.Operator & 7;
            if (component.IsBitmask)
            {
                text.Append((bits & 2) != 0 ? "!" : "").Append((bits & 1) != 0 ? "=" : "");
                AppendBits(text, comparison.Value, component.Type == FlowSpecType.TcpFlags ? TcpFlagNames : FragmentNames);
            }
            else
            {
                text.Append(NumberSigns[bits]).Append(CultureInfo.InvariantCulture, $"{comparison.Value}");
            }
        }
    }

    private static void AppendBits(StringBuilder text, ulong value, string[] names)
    {
        if (value == 0 || value >> names.Length != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
            return;
        }

        string separator = "";
        for (int i = 0; i < names.Length; i++)
        {
            if ((value & 1UL << i) == 0) continue;
            text.Append(separator).Append(names[i]);
            separator = "+";
        }
    }

    /// <summary>Reads the text form and writes it as NLRI.</summary>
    /// <param name="text">The text.</param>
    /// <param name="family"><see cref="Family.Ipv4FlowSpec"/> or <see cref="Family.Ipv6FlowSpec"/>.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="FormatException">The text is no rule of the family; the message names the word.</exception>
    public static void Parse(string text, Family family, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not ["match", ..]) throw new FormatException($"'{text}' does not begin with match.");
        var builder = new FlowSpecBuilder(family);
        int at = 1;
        try
        {
            while (at < words.Length) ParseComponent(builder, words, ref at);
        }
        catch (ArgumentException error)
        {
            throw new FormatException(error.Message, error);
        }

        builder.WriteTo(output);
    }

    private static void ParseComponent(FlowSpecBuilder builder, string[] words, ref int at)
    {
        string name = words[at++];
        int type = Array.IndexOf(Names, name);
        if (type < 1) throw new FormatException($"'{name}' is no component: there are {string.Join(", ", Names.Skip(1))}.");
        if (at == words.Length) throw new FormatException($"'{name}' has nothing after it.");
        if (type <= 2)
        {
            string prefixText = words[at++];
            if (!IpPrefix.TryParse(prefixText, out IpPrefix prefix)) throw new FormatException($"'{prefixText}' is no prefix.");
            int offset = 0;
            if (at < words.Length && words[at] == "offset")
            {
                if (at + 1 == words.Length || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out offset)) throw new FormatException("'offset' needs a number of bits.");
                at += 2;
            }

            builder.Add((FlowSpecType)type, prefix.ToIPNetwork(), offset);
            return;
        }

        var comparisons = new List<FlowSpecComparison>();
        while (at < words.Length && Array.IndexOf(Names, words[at]) < 0)
        {
            FlowSpecOperator and = FlowSpecOperator.None;
            foreach (string part in words[at++].Split('&'))
            {
                comparisons.Add(ParseComparison((FlowSpecType)type, part, and));
                and = FlowSpecOperator.And;
            }
        }

        builder.Add((FlowSpecType)type, [.. comparisons]);
    }

    private static FlowSpecComparison ParseComparison(FlowSpecType type, string text, FlowSpecOperator and)
    {
        if (type is FlowSpecType.TcpFlags or FlowSpecType.Fragment)
        {
            bool inverted = text.StartsWith('!'), all = text.AsSpan(inverted ? 1 : 0).StartsWith("=");
            ulong mask = ParseBits(text[((inverted ? 1 : 0) + (all ? 1 : 0))..], type == FlowSpecType.TcpFlags ? TcpFlagNames : FragmentNames);
            return new FlowSpecComparison(and | (inverted ? FlowSpecOperator.Greater : 0) | (all ? FlowSpecOperator.Equal : 0), mask);
        }

        // The longest sign that fits: ">=" before ">".
        int sign = Enumerable.Range(0, NumberSigns.Length).Where(i => text.StartsWith(NumberSigns[i], StringComparison.Ordinal)).OrderByDescending(i => NumberSigns[i].Length).FirstOrDefault(-1);
        if (sign < 0 || !ulong.TryParse(text.AsSpan(NumberSigns[sign].Length), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            throw new FormatException($"'{text}' is no comparison of {Names[(int)type]}, such as =80, >=1024 or >=1024&<=2048.");
        return new FlowSpecComparison(and | (FlowSpecOperator)sign, value);
    }

    private static ulong ParseBits(string text, string[] names)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)) return number;
        ulong bits = 0;
        foreach (string name in text.Split('+'))
        {
            int bit = Array.IndexOf(names, name);
            if (bit < 0) throw new FormatException($"'{text}' is no set of bits: there are {string.Join(", ", names)}, joined by +, and 0x….");
            bits |= 1UL << bit;
        }

        return bits;
    }
}
