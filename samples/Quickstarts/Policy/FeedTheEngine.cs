using Calico.Policy.Engine;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Quickstart;

internal static class FeedTheEngine
{
    public static void Run(string folder)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "node-1" });
        foreach (ModelObject model in ManifestCluster.From(new ManifestReader().ReadFiles(folder)).State.Objects) engine.Upsert(model);
        foreach (PolicyDelta delta in engine.Flush()) Console.WriteLine(delta);

        engine.Remove(new PolicyId(PolicyKind.KubernetesNetworkPolicy, "shop", "default-deny-ingress"));
        foreach (PolicyDelta delta in engine.Flush()) Console.WriteLine($"after the change: {delta}");
    }
}
