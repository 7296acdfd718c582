using Calico.Policy.Selectors;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Selectors;

public class SelectorProperties
{
    private static readonly string[] Names = ["a", "b", "has", "in", "x/y.z"];
    private static readonly string[] Values = ["", "v", "w", "vw", "\"", "'", "é", "\U00010000"];

    private static Gen<string> Quoted => Gen.Elements(Values).Select(v => v.Contains('\'') ? $"\"{v}\"" : $"'{v}'");

    private static Gen<string> Text(int depth)
    {
        Gen<string> name = Gen.Elements(Names);
        Gen<string> operation = Gen.Elements("==", " != ", "  contains", " starts with ", " endswith ");
        Gen<string> term = Gen.OneOf(
            name.Select(n => $"has( {n})"),
            Gen.Elements("all()", "global( )"),
            name.SelectMany(n => operation.SelectMany(o => Quoted.Select(v => n + o + v))),
            name.SelectMany(n => Gen.Elements(" in ", " not  in").SelectMany(o => Gen.ListOf(Quoted).Select(v => $"{n}{o}{{{string.Join(",", v.Take(7))}}}"))));
        if (depth == 0) return term;
        Gen<string> inner = Text(depth - 1);
        return Gen.OneOf(
            term,
            inner.Select(t => $"!({t})"),
            inner.Select(t => $"! !({t})"),
            inner.SelectMany(l => inner.Select(r => $"{l}&&({r})")),
            inner.SelectMany(l => inner.Select(r => $"({l}) || {r}")));
    }

    private static Gen<Dictionary<string, string>> Labels =>
        Gen.ListOf(Gen.Elements(Names).SelectMany(n => Gen.Elements(Values).Select(v => (n, v))))
            .Select(pairs => pairs.DistinctBy(p => p.n).ToDictionary(p => p.n, p => p.v));

    [Property(MaxTest = 500)]
    public Property Canonical_text_parses_to_the_same_selector() => Prop.ForAll(Text(4).ToArbitrary(), Labels.ToArbitrary(), (text, labels) =>
    {
        Selector selector = Selector.Parse(text);
        Selector again = Selector.Parse(selector.CanonicalText);
        // As in Calico, "!(!(a))" prints as "!!a", which reads as "a".
        bool same = again.Equals(selector) && again.UniqueId == selector.UniqueId;
        return (same || selector.CanonicalText.Contains("!!", StringComparison.Ordinal)) && again.Matches(labels) == selector.Matches(labels);
    });

    [Property(MaxTest = 500)]
    public Property The_program_agrees_with_a_walk_of_the_tree() => Prop.ForAll(Text(4).ToArbitrary(), Labels.ToArbitrary(), (text, labels) =>
    {
        Selector selector = Selector.Parse(text);
        bool expected = Walk(selector.Root, labels);
        return selector.Matches(labels) == expected && selector.Matches(LabelSet.From(labels)) == expected;
    });

    [Property(MaxTest = 500)]
    public Property Restrictions_are_necessary() => Prop.ForAll(Text(4).ToArbitrary(), Labels.ToArbitrary(), (text, labels) =>
    {
        Selector selector = Selector.Parse(text);
        return !selector.Matches(labels) || selector.LabelRestrictions.All(r =>
        {
            bool present = labels.TryGetValue(r.Key, out string? value);
            return (!r.Value.MustBePresent || present) && (!r.Value.MustBeAbsent || !present)
                && (r.Value.MustHaveOneOfValues is null || r.Value.MustHaveOneOfValues.Contains(value));
        });
    });

    [Property(MaxTest = 1000)]
    public Property Any_text_is_a_selector_or_an_error()
    {
        Gen<string> pieces = Gen.ListOf(Gen.Elements("a", "has(", "all(", ")", "(", "!", "==", "&&", "||", "in", "not in", "{", "}", ",", "'x'", "\"", "'", " ", "\t", "\n", "ends with", "\uD800", "é"))
            .Select(list => string.Concat(list));
        return Prop.ForAll(Gen.OneOf(pieces, ArbMap.Default.GeneratorFor<string>()).ToArbitrary(), text =>
            Selector.TryParse(text, out Selector? selector, out SelectorError error)
                ? Selector.TryParse(selector.CanonicalText, out _)
                : error.Message.Length > 0 && error.Position >= 0 && error.Position <= (text?.Length ?? 0));
    }

    private static bool Walk(SelectorNode node, Dictionary<string, string> labels)
    {
        switch (node)
        {
            case EverythingNode: return true;
            case NotNode not: return !Walk(not.Operand, labels);
            case GroupNode { IsAnd: true } and: return and.Operands.All(o => Walk(o, labels));
            case GroupNode or: return or.Operands.Any(o => Walk(o, labels));
        }

        bool present = labels.TryGetValue(((LabelNode)node).Label.Text, out string? value);
        return node switch
        {
            HasNode => present,
            SetNode set => set.Negated ? !present || !set.Values.Contains(value) : present && set.Values.Contains(value),
            ValueNode { Operation: TokenKind.Ne } ne => !present || value != ne.Value,
            ValueNode test => present && test.Operation switch
            {
                TokenKind.Eq => value == test.Value,
                TokenKind.Contains => value!.Contains(test.Value, StringComparison.Ordinal),
                TokenKind.StartsWith => value!.StartsWith(test.Value, StringComparison.Ordinal),
                _ => value!.EndsWith(test.Value, StringComparison.Ordinal),
            },
            _ => throw new InvalidOperationException(),
        };
    }
}
