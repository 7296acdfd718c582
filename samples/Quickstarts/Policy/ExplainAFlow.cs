using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;

namespace Quickstart;

internal static class ExplainAFlow
{
    public static void Run(string folder)
    {
        ManifestSet manifests = new ManifestReader().ReadFiles(folder);
        foreach (Diagnostic problem in manifests.Diagnostics) Console.WriteLine(problem);

        ManifestCluster cluster = ManifestCluster.From(manifests);
        FlowVerdict verdict = new PolicyEvaluator(cluster.State).Evaluate(new Flow
        {
            Source = cluster.AddressOf("shop/frontend"),
            Destination = cluster.AddressOf("shop/db"),
            DestinationPort = 5432,
        });
        Console.WriteLine(verdict);
        foreach (TraceStep step in verdict.Trace) Console.WriteLine($"  {step}");
    }
}
