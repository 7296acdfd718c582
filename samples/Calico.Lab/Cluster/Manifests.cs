using Calico.Policy.Manifests;
using Calico.Policy.Resources;

namespace Calico.Lab.Cluster;

/// <summary>The lab's input: pods are started by the lab itself, everything else goes into the datastore as it is.</summary>
internal sealed record Manifests(IReadOnlyList<Pod> Pods, IReadOnlyList<ManifestObject> Others, IReadOnlyList<Diagnostic> Problems)
{
    private const string FillerNamespace = "filler";

    public static Manifests Read(string folder)
    {
        ManifestSet set = new ManifestReader().ReadFiles(folder);
        return new Manifests(
            [.. set.Objects.Where(o => o.IsValid).Select(o => o.Resource).OfType<Pod>()],
            [.. set.Objects.Where(o => o.Errors.Count == 0 && o.Resource is not Pod)],
            [.. set.Diagnostics.Where(d => d.Severity != Severity.Info)]);
    }

    /// <summary>Gives every pod a node: its own where that is one of the lab's, else by turns; then fills up each node.</summary>
    public IReadOnlyList<Pod> Schedule(IReadOnlyList<string> nodes, int podsPerNode)
    {
        List<Pod> scheduled = [];
        int turn = 0;
        foreach (Pod pod in Pods.Where(p => p.Spec.HostNetwork is not true))
        {
            string node = nodes.Contains(pod.Spec.NodeName) ? pod.Spec.NodeName! : nodes[turn++ % nodes.Count];
            scheduled.Add(On(pod, node));
        }

        foreach (string node in nodes)
        {
            for (int have = scheduled.Count(p => p.Spec.NodeName == node), i = 1; have < podsPerNode; have++, i++)
                scheduled.Add(On(new Pod { Metadata = new() { Namespace = FillerNamespace, Name = $"{node}-{i}" } }, node));
        }

        return scheduled;
    }

    private static Pod On(Pod pod, string node) => pod with
    {
        Metadata = pod.Metadata with { Namespace = string.IsNullOrEmpty(pod.Metadata.Namespace) ? "default" : pod.Metadata.Namespace },
        Spec = pod.Spec with { NodeName = node, ServiceAccountName = string.IsNullOrEmpty(pod.Spec.ServiceAccountName) ? "default" : pod.Spec.ServiceAccountName },
    };
}
