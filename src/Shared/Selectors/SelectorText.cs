using System.Text;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>Calico's canonical text of a syntax tree.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class SelectorText
{
    public static string Write(SelectorNode root)
    {
        StringBuilder text = new();
        Write(text, root);
        return text.ToString();
    }

    public static string Operator(TokenKind kind) => kind switch
    {
        TokenKind.Eq => "==",
        TokenKind.Ne => "!=",
        TokenKind.In => "in",
        TokenKind.NotIn => "not in",
        TokenKind.Contains => "contains",
        TokenKind.StartsWith => "starts with",
        TokenKind.EndsWith => "ends with",
        TokenKind.And => "&&",
        TokenKind.Or => "||",
        _ => kind.ToString(),
    };

    /// <summary>Set members in the order of their UTF-8 octets, each once.</summary>
    public static string[] SortedDistinct(List<string> values)
    {
        values.Sort(CompareUtf8);
        int kept = 0;
        for (int i = 0; i < values.Count; i++)
        {
            if (i == 0 || values[i] != values[kept - 1]) values[kept++] = values[i];
        }

        return [.. values[..kept]];
    }

    // UTF-16 order differs from UTF-8 order only in that surrogates stand before U+E000–U+FFFF.
    private static int CompareUtf8(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        return common == left.Length || common == right.Length
            ? left.Length.CompareTo(right.Length)
            : Rank(left[common]).CompareTo(Rank(right[common]));

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    private static void Write(StringBuilder text, SelectorNode node)
    {
        switch (node)
        {
            case EverythingNode everything:
                text.Append(everything.IsGlobal ? "global()" : "all()");
                break;
            case HasNode has:
                text.Append("has(").Append(has.Label.Text).Append(')');
                break;
            case ValueNode value:
                text.Append(value.Label.Text).Append(' ').Append(Operator(value.Operation)).Append(' ');
                Quote(text, value.Value);
                break;
            case SetNode set:
                text.Append(set.Label.Text).Append(set.Negated ? " not in {" : " in {");
                for (int i = 0; i < set.Values.Length; i++)
                {
                    if (i > 0) text.Append(", ");
                    Quote(text, set.Values[i]);
                }

                text.Append('}');
                break;
            case NotNode not:
                text.Append('!');
                Write(text, not.Operand);
                break;
            case GroupNode group:
                text.Append('(');
                for (int i = 0; i < group.Operands.Length; i++)
                {
                    if (i > 0) text.Append(group.IsAnd ? " && " : " || ");
                    Write(text, group.Operands[i]);
                }

                text.Append(')');
                break;
        }
    }

    private static void Quote(StringBuilder text, string value)
    {
        char quote = value.Contains('"') ? '\'' : '"';
        text.Append(quote).Append(value).Append(quote);
    }
}
