using Calico.Dataplane;
using Calico.Policy.Conversion;
using Calico.Policy.Engine;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

// Enforces a folder of manifests on this node's workload interfaces: policy engine in front, kernel behind.
PolicyEngine engine = new(new PolicyEngineOptions { NodeName = args[0] });
foreach (TierModel tier in ResourceConverter.BuiltInTiers) engine.Upsert(tier);
engine.Upsert(ResourceConverter.DefaultAllowProfile);
foreach (ModelObject model in new ManifestReader().ReadFiles(args[1]).ToModels()) engine.Upsert(model);
engine.MarkInSync();

await using CalicoDataplane dataplane = CalicoDataplane.Open(new DataplaneOptions { NodeName = args[0] });
dataplane.Apply(engine.Flush());
FlushReport report = await dataplane.FlushAsync();
Console.WriteLine($"{report.RulesetChanges} changes to rules, {report.RoutesPut} routes, {report.Problems.Count} problems");
