using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

internal enum ReferenceKind
{
    Chain,
    Set,
    Object,
    FlowTable,
}

/// <summary>What a rule or an element points to in its table.</summary>
internal static class References
{
    public static IEnumerable<(ReferenceKind, string)> Of(NftRule rule)
    {
        foreach (NftExpression expression in (IEnumerable<NftExpression>)rule.Expressions)
        {
            switch (expression)
            {
                case VerdictExpression { Anonymous: { } body }:
                    foreach ((ReferenceKind, string) reference in body.Rules.SelectMany(r => Of(r))) yield return reference;
                    break;
                case VerdictExpression { Verdict.Chain: { } chain }: yield return (ReferenceKind.Chain, chain); break;
                case LookupExpression { Anonymous: { } set }:
                    foreach ((ReferenceKind, string) reference in set.Elements.SelectMany(e => Of(e))) yield return reference;
                    break;
                case ObjrefExpression { Anonymous: { } map }:
                    foreach ((ReferenceKind, string) reference in map.Elements.SelectMany(e => Of(e))) yield return reference;
                    break;
                case LookupExpression lookup: yield return (ReferenceKind.Set, lookup.Set); break;
                case DynsetExpression dynset: yield return (ReferenceKind.Set, dynset.Set); break;
                case ObjrefExpression { Map: { } map }: yield return (ReferenceKind.Set, map); break;
                case ObjrefExpression { ObjectName: { } name }: yield return (ReferenceKind.Object, name); break;
                case FlowOffloadExpression offload: yield return (ReferenceKind.FlowTable, offload.FlowTable); break;
            }
        }
    }

    public static IEnumerable<(ReferenceKind, string)> Of(NftElement element)
    {
        if (element.Verdict?.Chain is { } chain) yield return (ReferenceKind.Chain, chain);
        if (element.Details?.ObjectName is { } name) yield return (ReferenceKind.Object, name);
    }
}
