using Calico.Policy.Conversion;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Selectors;

namespace Calico.Cli.Policy;

/// <summary>What no single object can tell: tiers that do not exist, policies that select nothing.</summary>
internal static class LintReport
{
    public static IEnumerable<Diagnostic> Of(ManifestSet manifests)
    {
        ManifestCluster cluster = ManifestCluster.From(manifests);
        bool knowsEndpoints = cluster.State.Workloads.Count + cluster.State.Hosts.Count > 0;
        foreach (ManifestObject item in manifests.Objects)
        {
            if (!item.IsValid || ResourceConverter.ToModel(item.Resource!).Value is not PolicyModel policy) continue;
            if (!cluster.State.Tiers.ContainsKey(policy.Tier))
                yield return Warning(item, "spec.tier", $"there is no tier '{policy.Tier}' in the manifests; the policy then comes last, and what it does not decide is denied");
            if (knowsEndpoints && !Endpoints(cluster.State).Any(Selector.Parse(policy.Selector).Matches))
                yield return Warning(item, "spec", "the policy selects no pod and no host endpoint of the manifests");
        }
    }

    private static IEnumerable<LabelMap> Endpoints(Calico.Policy.Evaluation.ClusterState state) =>
        state.Workloads.Values.Concat<EndpointModel>(state.Hosts.Values).Select(e => state.EffectiveLabels(e.Labels, e.Profiles));

    private static Diagnostic Warning(ManifestObject item, string path, string message) =>
        new(Severity.Warning, item.Source, item.Line, item.Column, item.ToString(), path, message);
}
