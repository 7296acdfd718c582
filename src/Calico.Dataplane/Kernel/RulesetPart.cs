using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Kernel;

/// <summary>A part of our table that can be closed by itself when the kernel refuses it: a chain, a set, or what one interface has in a set that all share.</summary>
internal abstract record RulesetPart
{
    /// <summary>A chain with its rules.</summary>
    public sealed record Chain(string Name) : RulesetPart;

    /// <summary>A set with its elements.</summary>
    public sealed record Set(string Name) : RulesetPart;

    /// <summary>An element of a set that is keyed by interfaces.</summary>
    public sealed record Element(string SetName, NftValue Key) : RulesetPart
    {
        public bool IsOf(string interfaceName) => Key.Span.StartsWith(NftValue.InterfaceName(interfaceName).Span);
    }

    /// <summary>What a change makes or fills; nothing for one that takes away.</summary>
    public static IEnumerable<RulesetPart> Of(NftChange? change) => change switch
    {
        NftAddChain c => [new Chain(c.Definition.Name)],
        NftAddRule c => [new Chain(c.Chain)],
        NftReplaceRule c => [new Chain(c.Chain)],
        NftAddSet c => [new Set(c.Definition.Name)],
        NftAddElements c when IsKeyedByInterface(c.Set) => c.Elements.Select(e => new Element(c.Set.Name, e.Key)),
        NftAddElements c => [new Set(c.Set.Name)],
        _ => [],
    };

    /// <summary>The chains that a chain leads to by its own rules.</summary>
    public static IEnumerable<string> TargetsOf(NftChain chain) =>
        chain.Rules.SelectMany(r => r.Expressions).OfType<VerdictExpression>().Select(v => v.Verdict.Chain).OfType<string>();

    /// <summary>The sets of the table that a chain looks into.</summary>
    public static IEnumerable<string> SetsOf(NftChain chain) =>
        chain.Rules.SelectMany(r => r.Expressions).OfType<LookupExpression>().Where(l => l.Anonymous is null).Select(l => l.Set);

    private static bool IsKeyedByInterface(NftSet set) => set.KeyType.Fields[0] == NftType.InterfaceName;
}
