using System.Diagnostics;
using System.Net;
using Calico.Dataplane;
using Calico.Netlink;
using Calico.Policy.Conversion;
using Calico.Policy.Engine;
using Calico.Policy.Model;

namespace Calico.PacketPath.Bench;

/// <summary>A large cluster on one node: from an event in the engine to the kernel in force. Namespaces of 100 pods, ten policies each; 200 pods are local. Optionally with policies that select every pod.</summary>
internal static class UpdateCost
{
    private const int PodsPerNamespace = 100, PoliciesPerNamespace = 10;

    public static async Task RunAsync(int pods, int local, int everyone)
    {
        string name = $"pp{Environment.ProcessId}u";
        using NetworkNamespace ns = NetworkNamespace.Create(name);
        try
        {
            await MeasureAsync(ns, pods, local, everyone);
        }
        finally
        {
            NetworkNamespace.Delete(name);
        }
    }

    private static async Task MeasureAsync(NetworkNamespace ns, int pods, int local, int everyone)
    {
        Stopwatch start = Stopwatch.StartNew();
        PolicyEngine engine = Build(pods, local, everyone);
        engine.MarkInSync();
        CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, ns);
        dataplane.Apply(engine.Flush());
        FlushReport first = await dataplane.FlushAsync();
        Console.WriteLine($"start, {pods} pods, {pods / PodsPerNamespace * PoliciesPerNamespace} policies, {local} local: in force after {start.Elapsed.TotalSeconds:f2} s, {first.RulesetChanges} changes, {first.Problems.Count} problems");
        foreach (IGrouping<PolicyShape, PolicyLayout> shape in dataplane.Layouts.GroupBy(l => l.Shape)) Console.WriteLine($"  {shape.Count()} lists as {shape.Key}");

        List<double> podTimes = [];
        int changes = 0;
        TimeSpan paused = GC.GetTotalPauseDuration();
        long cpu = Environment.CpuUsage.TotalTime.Ticks;
        Stopwatch all = Stopwatch.StartNew();
        for (int i = 0; i < 1000; i++)
        {
            long at = Stopwatch.GetTimestamp();
            WorkloadEndpointModel pod = Pod(pods + i / 2, i / 2 % (local / PodsPerNamespace), "elsewhere");
            if (i % 2 == 0) engine.Upsert(pod);
            else engine.Remove(pod.Id);
            dataplane.Apply(engine.Flush());
            changes += (await dataplane.FlushAsync()).RulesetChanges;
            podTimes.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
        }

        double share = (Environment.CpuUsage.TotalTime.Ticks - cpu) / (double)all.Elapsed.Ticks;
        Report("one remote pod comes or goes", podTimes);
        Console.WriteLine($"  of it paused for garbage collection: {(GC.GetTotalPauseDuration() - paused).TotalMilliseconds:f1} ms in all");
        Console.WriteLine($"  {changes / 1000.0:f1} netlink changes each, the transaction's first included");
        Console.WriteLine($"  {1000 / all.Elapsed.TotalSeconds:f0} changes/s one after the other, {share / (1000 / all.Elapsed.TotalSeconds) * 1000 * 100:f0} % of a core at 1000 changes/s");

        List<double> policyTimes = [];
        for (int i = 0; i < 500; i++)
        {
            long at = Stopwatch.GetTimestamp();
            engine.Upsert(Policy(i % (local / PodsPerNamespace), i % PoliciesPerNamespace, (ushort)(9000 + i)));
            dataplane.Apply(engine.Flush());
            await dataplane.FlushAsync();
            policyTimes.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
        }

        Report("one policy rule changes", policyTimes);
        await dataplane.DisposeAsync();

        Stopwatch again = Stopwatch.StartNew();
        PolicyEngine fresh = Build(pods, local, everyone);
        for (int i = 400; i < 500; i++) fresh.Upsert(Policy(i % (local / PodsPerNamespace), i % PoliciesPerNamespace, (ushort)(9000 + i)));
        fresh.MarkInSync();
        await using CalicoDataplane second = CalicoDataplane.Open(DataplaneOptions.Default, ns);
        second.Apply(fresh.Flush());
        FlushReport report = await second.FlushAsync();
        Console.WriteLine($"restart with the kernel right: {again.Elapsed.TotalSeconds:f2} s, {report.RulesetChanges} changes");
    }

    private static PolicyEngine Build(int pods, int local, int everyone)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "here" });
        foreach (TierModel tier in ResourceConverter.BuiltInTiers) engine.Upsert(tier);
        for (int i = 0; i < everyone; i++) engine.Upsert(Everyone(i));
        for (int n = 0; n < pods / PodsPerNamespace; n++)
        {
            engine.Upsert(new ProfileModel { Name = $"kns.n{n}", Ingress = [new RuleModel()], Egress = [new RuleModel()] });
            for (int p = 0; p < PoliciesPerNamespace; p++) engine.Upsert(Policy(n, p, (ushort)(8000 + p)));
        }

        for (int i = 0; i < pods; i++) engine.Upsert(Pod(i, i / PodsPerNamespace, i < local ? "here" : "elsewhere"));
        return engine;
    }

    private static WorkloadEndpointModel Pod(int i, int ns, string node) => new()
    {
        Id = new WorkloadEndpointId(node, "k8s", $"n{ns}/p{i}", "eth0"),
        InterfaceName = $"cali{i:x7}",
        Nets = [new IPNetwork(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 32)],
        Labels = LabelMap.Of(("projectcalico.org/namespace", $"n{ns}"), ("app", $"a{i % 10}")),
        Profiles = [$"kns.n{ns}"],
    };

    private static PolicyModel Policy(int ns, int p, ushort port) => new()
    {
        Id = new PolicyId(PolicyKind.NetworkPolicy, $"n{ns}", $"p{p}"),
        Selector = $"projectcalico.org/namespace == 'n{ns}' && app in {{'a{p}', 'a{(p + 1) % 10}'}}",
        Types = PolicyTypes.Ingress,
        Ingress = [new RuleModel
        {
            Protocol = IpProtocol.Tcp,
            Source = new EntityMatch { Selector = $"projectcalico.org/namespace == 'n{ns}' && app == 'a{(p + 3) % 10}'" },
            Destination = new EntityMatch { Ports = [new PortRange(port)] },
        }],
    };

    /// <summary>Policies on every pod that let a tenth of the cluster in: with more than a few of them the lists become maps of all pods' addresses.</summary>
    private static PolicyModel Everyone(int i) => new()
    {
        Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", $"everyone{i}"),
        Selector = "all()",
        Types = PolicyTypes.Ingress,
        Ingress = [new RuleModel { Protocol = IpProtocol.Tcp, Source = new EntityMatch { Selector = $"app == 'a{i % 10}'" }, Destination = new EntityMatch { Ports = [new PortRange((ushort)(7000 + i))] } }],
    };

    private static void Report(string what, List<double> milliseconds)
    {
        double first = milliseconds[0];
        milliseconds.Sort();
        Console.WriteLine($"{what}: median {milliseconds[milliseconds.Count / 2]:f2} ms, p99 {milliseconds[milliseconds.Count * 99 / 100]:f2} ms, worst {milliseconds[^1]:f2} ms; the very first {first:f2} ms");
    }
}
