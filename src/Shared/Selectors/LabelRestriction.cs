#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>Conditions on one label that are necessary for a selector to match. They never exclude labels the selector accepts.</summary>
/// <param name="MustBePresent">The label must be there, as <c>has(k)</c> and <c>k == 'v'</c> require.</param>
/// <param name="MustBeAbsent">The label must not be there, as <c>!has(k)</c> requires. Together with <paramref name="MustBePresent"/>: never matches.</param>
/// <param name="MustHaveOneOfValues">The values of which one is required; <see langword="null"/> when values are not known; empty: never matches.</param>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
readonly record struct LabelRestriction(bool MustBePresent, bool MustBeAbsent, IReadOnlyList<string>? MustHaveOneOfValues)
{
    /// <summary>Whether no labels can meet the conditions.</summary>
    public bool IsImpossible => (MustBePresent && MustBeAbsent) || MustHaveOneOfValues is { Count: 0 };
}

/// <summary>Derives the restrictions of a syntax tree; the rules are those of Calico's label index.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class RestrictionsOf
{
    private static readonly Dictionary<string, LabelRestriction> None = [];

    public static IReadOnlyDictionary<string, LabelRestriction> Node(SelectorNode node) => node switch
    {
        HasNode has => One(has, new(true, false, null)),
        ValueNode { Operation: TokenKind.Ne } => None,
        ValueNode { Operation: TokenKind.Eq } value => One(value, new(true, false, [value.Value])),
        ValueNode value => One(value, new(true, false, null)),
        SetNode { Negated: false } set => One(set, new(true, false, set.Values)),
        NotNode { Operand: HasNode has } => One(has, new(false, true, null)),
        GroupNode group => group.IsAnd ? All(group.Operands) : Either(group.Operands),
        _ => None,
    };

    private static Dictionary<string, LabelRestriction> One(LabelNode node, LabelRestriction restriction) => new() { [node.Label.Text] = restriction };

    private static Dictionary<string, LabelRestriction> All(SelectorNode[] operands)
    {
        Dictionary<string, LabelRestriction> all = [];
        foreach (SelectorNode operand in operands)
        {
            foreach ((string label, LabelRestriction add) in Node(operand))
            {
                all.TryGetValue(label, out LabelRestriction known);
                all[label] = new LabelRestriction(
                    known.MustBePresent || add.MustBePresent,
                    known.MustBeAbsent || add.MustBeAbsent,
                    Intersect(known.MustHaveOneOfValues, add.MustHaveOneOfValues));
            }
        }

        return all;
    }

    // Only labels restricted in every branch stay restricted.
    private static Dictionary<string, LabelRestriction> Either(SelectorNode[] operands)
    {
        IReadOnlyDictionary<string, LabelRestriction>[] branches = Array.ConvertAll(operands, Node);
        Dictionary<string, LabelRestriction> either = [];
        foreach (string label in branches[0].Keys)
        {
            bool present = true, absent = true;
            foreach (IReadOnlyDictionary<string, LabelRestriction> branch in branches)
            {
                branch.TryGetValue(label, out LabelRestriction restriction);
                present &= restriction.MustBePresent;
                absent &= restriction.MustBeAbsent;
                if (!present && !absent) break;
            }

            if (present || absent) either[label] = new LabelRestriction(present, absent, present ? Union(branches, label) : null);
        }

        return either;
    }

    private static List<string>? Union(IReadOnlyDictionary<string, LabelRestriction>[] branches, string label)
    {
        List<string> union = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (IReadOnlyDictionary<string, LabelRestriction> branch in branches)
        {
            if (branch[label].MustHaveOneOfValues is not { } values) return null;
            union.AddRange(values.Where(known.Add));
        }

        return union;
    }

    private static IReadOnlyList<string>? Intersect(IReadOnlyList<string>? left, IReadOnlyList<string>? right)
    {
        if (left is null || right is null) return left ?? right;
        HashSet<string> kept = new(right, StringComparer.Ordinal);
        return [.. left.Where(kept.Contains)];
    }
}
