using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

ManifestSet manifests = new ManifestReader().ReadFiles(args.Length > 0 ? args : ["."]);
foreach (Diagnostic problem in manifests.Diagnostics) Console.WriteLine(problem);

ClusterState cluster = ClusterState.Of(manifests.Resources, out _);
FlowVerdict verdict = new PolicyEvaluator(cluster).Evaluate(new Flow
{
    Source = IPAddress.Parse("10.0.0.1"), Destination = IPAddress.Parse("10.0.0.2"), Protocol = IpProtocol.Tcp, DestinationPort = 80,
});
Console.WriteLine(verdict);
