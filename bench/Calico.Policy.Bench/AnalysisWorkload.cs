using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Policy.Bench;

/// <summary>A thousand pods and five hundred policies, over all packets.</summary>
internal static class AnalysisWorkload
{
    public static void Run()
    {
        ClusterWorkload workload = new(1000, 500);
        ClusterState cluster = ClusterState.Of([.. workload.Namespaces(), .. workload.Policies(), .. workload.Endpoints()]);
        ClusterState changed = ClusterState.Of(cluster.Objects);
        PolicyModel first = (PolicyModel)workload.Policies().First();
        changed.Upsert(first with { Ingress = [.. first.Ingress, new RuleModel { Protocol = IpProtocol.Udp }] });
        Reachability? reachability = null;
        Measure.Print("analysis.reachability", Measure.Seconds(() => reachability = PolicyAnalysis.Reachability(cluster)), "s", "<10");
        Measure.Print("analysis.classes", reachability!.Classes(IpVersion.IPv4).Count, "address classes");
        PolicyComparison? comparison = null;
        Measure.Print("analysis.compare", Measure.Seconds(() => comparison = PolicyAnalysis.Compare(cluster, changed)), "s", "<10");
        Measure.Print("analysis.differences", comparison!.Differences.Count, "differences");
        int findings = 0;
        Measure.Print("analysis.lint", Measure.Seconds(() => findings = PolicyAnalysis.Lint(cluster).Count), "s", "<10");
        Measure.Print("analysis.findings", findings, "findings");
    }
}
