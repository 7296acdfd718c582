using System.Globalization;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Selectors;

namespace Calico.Policy.Conversion;

/// <summary>v3 policies → backend policies: namespace and service-account terms folded into the selector, rules flattened.</summary>
internal static class PolicyFlattener
{
    public static PolicyModel Flatten(PolicyKind kind, ObjectMeta metadata, PolicySpec spec, List<ConversionProblem> problems, Refusals refusals)
    {
        GlobalNetworkPolicySpec? global = spec as GlobalNetworkPolicySpec;
        string ns = global is null ? metadata.Namespace ?? CalicoNames.DefaultNamespace : "";
        bool podsOnly = kind is PolicyKind.KubernetesClusterNetworkPolicy or PolicyKind.KubernetesAdminNetworkPolicy or PolicyKind.KubernetesBaselineAdminNetworkPolicy;
        RuleFlattener rules = new(ns, podsOnly, problems);
        PolicyModel policy = new()
        {
            Id = new PolicyId(kind, ns, metadata.Name ?? ""),
            Tier = string.IsNullOrEmpty(spec.Tier) ? TierModel.DefaultTier : spec.Tier,
            Order = spec.Order,
            Types = Types(spec),
            DoNotTrack = global?.DoNotTrack is true,
            PreDnat = global?.PreDnat is true,
            ApplyOnForward = global?.ApplyOnForward is true,
            AssumeNeededOnEveryNode = spec.PerformanceHints.Contains("AssumeNeededOnEveryNode"),
        };
        if (!refusals.WholePolicy)
        {
            try
            {
                string selector = EntitySelectors.ForPolicy(spec.Selector, global?.NamespaceSelector, spec.ServiceAccountSelector, ns);
                return policy with
                {
                    Selector = selector,
                    Ingress = rules.Flatten(spec.Ingress, "spec.ingress", refusals.Ingress),
                    Egress = rules.Flatten(spec.Egress, "spec.egress", refusals.Egress),
                };
            }
            catch (FormatException e)
            {
                problems.Add(new("spec", $"{e.Message}; the policy denies everything to and from what it may select"));
            }
        }

        RuleModel deny = new() { Action = RuleAction.Deny };
        return policy with { Selector = Widest(spec, global, ns), Ingress = [deny], Egress = [deny], PreDnat = false, DoNotTrack = false };
    }

    /// <summary>Calico's defaulting: the directions that have rules, Ingress when neither has.</summary>
    public static PolicyTypes Types(PolicySpec spec)
    {
        PolicyTypes types = PolicyTypes.None;
        foreach (string type in spec.Types)
            types |= type == "Ingress" ? PolicyTypes.Ingress : type == "Egress" ? PolicyTypes.Egress : PolicyTypes.None;
        if (types != PolicyTypes.None) return types;
        if (spec.Egress.IsEmpty) return PolicyTypes.Ingress;
        return spec.Ingress.IsEmpty ? PolicyTypes.Egress : PolicyTypes.Both;
    }

    // The selector without the terms that cannot be read: it selects all that the policy can have meant, and perhaps more.
    private static string Widest(PolicySpec spec, GlobalNetworkPolicySpec? global, string ns) =>
        EntitySelectors.ForPolicy(Readable(spec.Selector), Readable(global?.NamespaceSelector), Readable(spec.ServiceAccountSelector), ns);

    private static string? Readable(string? selector) => Selector.TryParse(selector, out _) ? selector : null;
}

/// <summary>What was found so wrong that it must fail closed instead of being converted.</summary>
internal sealed record Refusals(bool WholePolicy, IReadOnlySet<int> Ingress, IReadOnlySet<int> Egress)
{
    private static readonly HashSet<int> NoRules = [];

    public static Refusals None { get; } = new(false, NoRules, NoRules);

    public Refusals WithoutRules() => this with { Ingress = NoRules, Egress = NoRules };

    public static Refusals From(IEnumerable<string> errorPaths)
    {
        bool whole = false;
        HashSet<int> ingress = [], egress = [];
        foreach (string path in errorPaths)
        {
            if (RuleOf(path, "spec.ingress[") is { } i) ingress.Add(i);
            else if (RuleOf(path, "spec.egress[") is { } e) egress.Add(e);
            else whole = true;
        }

        return new Refusals(whole, ingress, egress);
    }

    private static int? RuleOf(string path, string list)
    {
        if (!path.StartsWith(list, StringComparison.Ordinal)) return null;
        int end = path.IndexOf(']', list.Length);
        return int.TryParse(path.AsSpan(list.Length, Math.Max(0, end - list.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;
    }
}
