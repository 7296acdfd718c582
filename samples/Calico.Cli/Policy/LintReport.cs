using Calico.Policy.Analysis;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

namespace Calico.Cli.Policy;

/// <summary>What no single object can tell, at the place of the policy or rule it is about.</summary>
internal static class LintReport
{
    public static IEnumerable<Diagnostic> Of(ManifestSet manifests)
    {
        ManifestCluster cluster = ManifestCluster.From(manifests);
        bool knowsEndpoints = cluster.State.Workloads.Count + cluster.State.Hosts.Count > 0;
        SourceIndex sources = new(manifests);
        foreach (LintFinding finding in PolicyAnalysis.Lint(cluster.State))
        {
            // Without a pod to look at, everything selects nothing.
            if (!knowsEndpoints && finding.Kind is not (LintKind.TierMissing or LintKind.SelectorNeverMatches or LintKind.SelectorUnreadable)) continue;
            string path = finding.RuleIndex < 0 ? "spec" : FormattableString.Invariant($"spec.{finding.Direction.ToString().ToLowerInvariant()}[{finding.RuleIndex}]");
            if (finding.Policy is not { } policy || sources.Of(policy) is not { } item)
            {
                if (finding.Policy is null) yield return new Diagnostic(Severity.Warning, "cluster", 0, 0, "", "", finding.Message);
                continue;
            }

            // A rule of Kubernetes becomes several; only Calico's own keep their numbers.
            bool keepsNumbers = policy.Kind is PolicyKind.NetworkPolicy or PolicyKind.GlobalNetworkPolicy or PolicyKind.StagedNetworkPolicy or PolicyKind.StagedGlobalNetworkPolicy;
            yield return item.At(Severity.Warning, keepsNumbers || finding.RuleIndex < 0 ? path : $"spec.{finding.Direction.ToString().ToLowerInvariant()}", finding.Message);
        }
    }
}
