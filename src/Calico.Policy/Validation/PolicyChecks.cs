using Calico.Policy.Conversion;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>Calico's policies, tiers and profiles.</summary>
internal static class PolicyChecks
{
    private const int MostRules = 1_024;

    public static void Check(PolicySpec spec, Checks checks)
    {
        checks.Require(spec.Tier is null or "" || NameRules.IsLabel(spec.Tier), "spec.tier", $"{Checks.Shown(spec.Tier)} is not the name of a tier");
        checks.Selector(spec.Selector, "spec.selector");
        checks.Selector(spec.ServiceAccountSelector, "spec.serviceAccountSelector");
        checks.Unique(spec.Types, "spec.types");
        for (int i = 0; i < spec.Types.Count; i++) checks.OneOf(spec.Types[i], DocumentPath.Join("spec.types", i), "Ingress", "Egress");
        checks.Unique(spec.PerformanceHints, "spec.performanceHints");
        for (int i = 0; i < spec.PerformanceHints.Count; i++)
            checks.Require(spec.PerformanceHints[i] == "AssumeNeededOnEveryNode", DocumentPath.Join("spec.performanceHints", i), $"{Checks.Shown(spec.PerformanceHints[i])} is not AssumeNeededOnEveryNode");
        Rules(spec.Ingress, "spec.ingress", isIngress: true, checks);
        Rules(spec.Egress, "spec.egress", isIngress: false, checks);
        if (spec is GlobalNetworkPolicySpec global) Global(global, checks);
    }

    public static void Staged(string? action, bool isEmpty, Checks checks)
    {
        if (string.IsNullOrEmpty(action)) return;
        checks.OneOf(action, "spec.stagedAction", "Set", "Delete", "Learn", "Ignore");
        checks.Require(action != "Delete" || isEmpty, "spec.stagedAction", "Delete goes with an empty spec, apart from the tier");
    }

    public static bool IsEmpty(PolicySpec spec) =>
        spec is { Order: null, Ingress.IsEmpty: true, Egress.IsEmpty: true, Selector: null or "", Types.IsEmpty: true, ServiceAccountSelector: null or "", PerformanceHints.IsEmpty: true }
        && spec is not GlobalNetworkPolicySpec { NamespaceSelector: { Length: > 0 } } and not GlobalNetworkPolicySpec { DoNotTrack: true } and not GlobalNetworkPolicySpec { PreDnat: true } and not GlobalNetworkPolicySpec { ApplyOnForward: true };

    public static void Tier(Tier tier, Checks checks)
    {
        TierSpec spec = tier.Spec;
        if (spec.DefaultAction is not null) checks.OneOf(spec.DefaultAction, "spec.defaultAction", "Deny", "Pass");
        foreach (TierModel builtIn in ResourceConverter.BuiltInTiers)
        {
            if (builtIn.Name != tier.Metadata.Name) continue;
            checks.Require(spec.Order == builtIn.Order, "spec.order", FormattableString.Invariant($"of the built-in tier {builtIn.Name} is {builtIn.Order}"));
            checks.Require((spec.DefaultAction ?? "Deny") == builtIn.DefaultAction.ToString(), "spec.defaultAction", $"of the built-in tier {builtIn.Name} is {builtIn.DefaultAction}");
        }
    }

    public static void Profile(ProfileSpec spec, Checks checks)
    {
        NameRules.Labels(spec.LabelsToApply, "spec.labelsToApply", checks);
        Rules(spec.Ingress, "spec.ingress", isIngress: true, checks);
        Rules(spec.Egress, "spec.egress", isIngress: false, checks);
    }

    private static void Rules(EquatableArray<Rule> rules, string path, bool isIngress, Checks checks)
    {
        checks.AtMost(rules.Count, MostRules, path);
        for (int i = 0; i < rules.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            Rule rule = rules[i];
            RuleChecks.Check(rule, at, checks);
            if (isIngress)
            {
                checks.Require(rule.Destination.Services is null, $"{at}.destination.services", "is for the source of an ingress rule");
                checks.Require(rule.Destination.Domains.IsEmpty && rule.Source.Domains.IsEmpty, at, "domains are for the destination of an egress rule");
            }
            else
            {
                checks.Require(rule.Source.Services is null, $"{at}.source.services", "is for the destination of an egress rule");
                checks.Require(rule.Source.Domains.IsEmpty, $"{at}.source.domains", "are for the destination of an egress rule");
                checks.Require(rule.Http is null, $"{at}.http", "is for ingress rules");
            }
        }
    }

    private static void Global(GlobalNetworkPolicySpec spec, Checks checks)
    {
        checks.Selector(spec.NamespaceSelector, "spec.namespaceSelector");
        bool preDnat = spec.PreDnat is true, untracked = spec.DoNotTrack is true;
        checks.Require(!(preDnat && untracked), "spec.preDNAT", "excludes doNotTrack");
        checks.Require(!preDnat || (spec.Egress.IsEmpty && !spec.Types.Contains("Egress")), "spec.preDNAT", "has no egress rules and no type Egress");
        checks.Require(!preDnat || spec.ApplyOnForward is true, "spec.preDNAT", "needs applyOnForward: true");
        checks.Require(!untracked || spec.ApplyOnForward is true, "spec.doNotTrack", "needs applyOnForward: true");
        for (int i = 0; i < spec.Ingress.Count; i++) ServiceNamespace(spec.Ingress[i].Source, $"spec.ingress[{i}].source", checks);
        for (int i = 0; i < spec.Egress.Count; i++) ServiceNamespace(spec.Egress[i].Destination, $"spec.egress[{i}].destination", checks);
    }

    private static void ServiceNamespace(EntityRule side, string path, Checks checks) =>
        checks.Require(side.Services is null || !string.IsNullOrEmpty(side.Services.Namespace), $"{path}.services.namespace", "is required in a global policy");
}
