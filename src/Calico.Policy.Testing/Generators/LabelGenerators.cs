using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Policy.Testing;

/// <summary>Generators of labels and of selectors that hit them: few names and values, so that both outcomes are common.</summary>
public static class LabelGenerators
{
    /// <summary>Label names: plain ones, and the built-in ones that selectors of namespaces and service accounts turn into.</summary>
    public static IReadOnlyList<string> Names { get; } = ["a", "b", "c", "in", "pcns.team", "projectcalico.org/namespace"];

    /// <summary>Label values, the empty one included.</summary>
    public static IReadOnlyList<string> Values { get; } = ["", "x", "y", "xy", "ns1", "ns2"];

    /// <summary>A label name.</summary>
    public static Gen<string> Name { get; } = Gen.Elements(Names.AsEnumerable());

    /// <summary>A label value.</summary>
    public static Gen<string> Value { get; } = Gen.Elements(Values.AsEnumerable());

    /// <summary>Up to four labels.</summary>
    public static Gen<LabelMap> Labels { get; } =
        from count in Gen.Choose(0, 4)
        from names in Name.ArrayOf(count)
        from values in Value.ArrayOf(count)
        select LabelMap.From(names.Zip(values, KeyValuePair.Create));

    /// <summary>The text of a selector over these names and values.</summary>
    public static Gen<string> Selector { get; } = Gen.Sized(size => Of(Math.Min(size / 8, 3)));

    /// <summary>Fewer labels, then shorter values.</summary>
    public static IEnumerable<LabelMap> Shrink(LabelMap labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        foreach ((string name, _) in labels) yield return LabelMap.From(labels.Where(l => l.Key != name));
    }

    /// <summary>Simpler selectors: everything, nothing, then the operands.</summary>
    public static IEnumerable<string> ShrinkSelector(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        if (selector is "all()" or "") yield break;
        yield return "all()";
        foreach (string part in selector.Split(["&&", "||"], StringSplitOptions.TrimEntries))
        {
            if (part.Length < selector.Length && Selectors.Selector.TryParse(part, out _)) yield return part;
        }
    }

    private static Gen<string> Of(int depth)
    {
        Gen<string> leaf = Gen.OneOf(
            Gen.Constant("all()"),
            from name in Name select $"has({name})",
            from name in Name select $"!has({name})",
            from name in Name from value in Value from op in Gen.Elements("==", "!=", "contains", "starts with", "ends with") select $"{name} {op} '{value}'",
            from name in Name from count in Gen.Choose(0, 3) from values in Value.ArrayOf(count) from op in Gen.Elements("in", "not in")
            select $"{name} {op} {{{string.Join(", ", values.Select(v => $"'{v}'"))}}}");
        if (depth == 0) return leaf;
        Gen<string> inner = Of(depth - 1);
        return Gen.Frequency(
            (3, leaf),
            (1, from operand in inner select $"!({operand})"),
            (2, from left in inner from right in inner select $"({left}) && ({right})"),
            (1, from left in inner from right in inner select $"({left}) || ({right})"));
    }
}
