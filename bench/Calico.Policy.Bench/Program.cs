using BenchmarkDotNet.Running;
using Calico.Policy.Bench;
using Calico.Policy.Engine;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

if (args.Contains("--benchmarkdotnet"))
{
    BenchmarkRunner.Run<SelectorBenchmarks>();
    return;
}

string[] chosen = args.Length > 0 ? args : ["felix", "customers", "cluster", "node", "curve", "selector", "analysis"];
foreach (string name in chosen)
{
    switch (name)
    {
        case "felix": Felix(); break;
        case "customers": Customers(); break;
        case "cluster": Cluster(null); break;
        case "node": Cluster("node-7"); break;
        case "curve": Curve(); break;
        case "selector": Selectors(); break;
        case "analysis": AnalysisWorkload.Run(); break;
        default: Console.Error.WriteLine($"unknown: {name}"); break;
    }
}

static void Felix()
{
    double before = Measure.LiveMegabytes();
    ModelObject[] policies = [.. FelixWorkload.Policies(10_000)], namespaces = [.. FelixWorkload.Namespaces(100)];
    ModelObject[] remote = [.. FelixWorkload.Endpoints(0, 250_000, "remotehost")], local = [.. FelixWorkload.Endpoints(250_000, 200, "localhost")];
    double inputs = Measure.LiveMegabytes() - before;
    for (int run = 0; run < 3; run++)
    {
        double base0 = Measure.LiveMegabytes();
        long allocated = GC.GetTotalAllocatedBytes(true);
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "localhost" });
        IReadOnlyList<PolicyDelta> deltas = [];
        double seconds = Measure.Seconds(() =>
        {
            foreach (ModelObject policy in policies) engine.Upsert(policy);
            foreach (ModelObject profile in namespaces) engine.Upsert(profile);
            foreach (ModelObject endpoint in remote) engine.Upsert(endpoint);
            foreach (ModelObject endpoint in local) engine.Upsert(endpoint);
            deltas = engine.Flush();
        });
        int messages = deltas.Count;
        deltas = [];
        double live = Measure.LiveMegabytes() - base0;
        double total = seconds + Measure.Seconds(() =>
        {
            foreach (WorkloadEndpointModel endpoint in local.Cast<WorkloadEndpointModel>()) engine.Remove(endpoint.Id);
            messages += engine.Flush().Count;
        });
        if (run == 0) Measure.Print("felix.cold", total, "s", "<=1.5");
        else Measure.Print("felix.total", total, "s", "<=1.5");
        Measure.Print("felix.engine_live", live, "MB", "<=300");
        Measure.Print("felix.allocated", (GC.GetTotalAllocatedBytes(true) - allocated) / 1e6, "MB");
        Measure.Print("felix.messages", messages, "deltas");
        GC.KeepAlive(engine);
    }

    Measure.Print("felix.inputs", inputs, "MB");
}

static void Customers()
{
    foreach (int count in new[] { 1_000, 10_000, 100_000 })
    {
        CustomersOf(count, CustomerWorkload.LocalNode, $"customers.{count}");
        CustomersOf(count, null, $"customers.{count}.whole_cluster");
    }
}

static void CustomersOf(int count, string? node, string name)
{
    CustomerWorkload workload = new(count);
    double before = Measure.LiveMegabytes();
    ModelObject[] all = [.. workload.Policies(), .. workload.Namespaces(), .. workload.Endpoints()];
    double inputs = Measure.LiveMegabytes() - before;
    PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
    int deltas = 0;
    double seconds = Measure.Seconds(() =>
    {
        foreach (ModelObject o in all) engine.Upsert(o);
        deltas = engine.Flush().Count;
    });
    Measure.Print(name, seconds, "s", "<=1.5");
    Measure.Print($"{name}.live_with_inputs", Measure.LiveMegabytes() - before, "MB");
    Measure.Print($"{name}.engine_live", Measure.LiveMegabytes() - before - inputs, "MB", "<=300");
    Measure.Print($"{name}.deltas", deltas, "deltas");
    GC.KeepAlive(engine);
    GC.KeepAlive(all);
}

static void Cluster(string? node)
{
    string name = node is null ? "cluster" : "node";
    (PolicyEngine engine, ClusterWorkload workload) = Load(100_000, 10_000, node, name, print: true);
    Events(engine, workload, name);
    GC.KeepAlive(engine);
}

static (PolicyEngine Engine, ClusterWorkload Workload) Load(int endpoints, int policies, string? node, string name, bool print)
{
    ClusterWorkload workload = new(endpoints, policies);
    double before = Measure.LiveMegabytes();
    ModelObject[] all = [.. workload.Policies(), .. workload.Namespaces(), .. workload.Endpoints()];
    double inputs = Measure.LiveMegabytes() - before;
    PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
    int deltas = 0;
    double seconds = Measure.Seconds(() =>
    {
        foreach (ModelObject o in all) engine.Upsert(o);
        deltas = engine.Flush().Count;
    });
    if (print)
    {
        Measure.Print($"{name}.full", seconds, "s", "<5");
        Measure.Print($"{name}.live_with_inputs", Measure.LiveMegabytes() - before, "MB", "<1000");
        Measure.Print($"{name}.inputs", inputs, "MB");
        Measure.Print($"{name}.deltas", deltas, "deltas");
        Console.Error.WriteLine(engine.Statistics);
    }

    GC.KeepAlive(all);
    return (engine, workload);
}

static void Events(PolicyEngine engine, ClusterWorkload workload, string name)
{
    Measure.Percentiles($"{name}.pod_label_change", 2000, i =>
    {
        int n = 20_000 + (Math.Abs(i) * 37 % 70_000);
        engine.Upsert(workload.Endpoint(n, $"ns-{n % workload.NamespaceCount}", $"v{i & 3}"));
        engine.Flush();
    }, "<200");
    Measure.Percentiles($"{name}.pod_changes_app", 2000, i =>
    {
        int n = 20_000 + (Math.Abs(i) * 37 % 70_000);
        WorkloadEndpointModel pod = workload.Endpoint(n, $"ns-{n % workload.NamespaceCount}", "v1");
        engine.Upsert(pod with { Labels = LabelMap.From(pod.Labels.Where(l => l.Key != "app").Append(KeyValuePair.Create("app", $"app-{i & 7}"))) });
        engine.Flush();
    }, "<200");
    PolicyModel[] wide = [.. Enumerable.Range(0, 50).Select(Wide)];
    Measure.Percentiles($"{name}.policy_added_1000", 400, i => Tell(wide[Math.Abs(i % 50)]), "<10000", i => Remove(wide[Math.Abs(i % 50)].Id));
    Tell(wide[0]);
    Measure.Percentiles($"{name}.policy_removed_1000", 400, _ => Remove(wide[0].Id), "<10000", _ => Tell(wide[0]));
    Remove(wide[0].Id);
    Measure.Percentiles($"{name}.namespace_label_5000", 30, i =>
    {
        engine.Upsert(ClusterWorkload.LargeNamespace((i & 1) == 0 ? "after" : "before"));
        engine.Flush();
    }, "<50000");

    void Tell(PolicyModel policy)
    {
        engine.Upsert(policy);
        engine.Flush();
    }

    void Remove(PolicyId id)
    {
        engine.Remove(id);
        engine.Flush();
    }

    // Five pods of each of two hundred namespaces.
    PolicyModel Wide(int i) => new()
    {
        Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", $"wide-{i}"),
        Selector = "pod-template-hash in {" + string.Join(",", Enumerable.Range(0, 200).Select(k => $"'ns-{((i * 200) + k) % workload.NamespaceCount}-3'")) + "}",
        Order = 5,
        Ingress = [new RuleModel()],
    };
}

// The first round is for the compiler. Beside the engine, over the same pods: the engine with a few pods again and again, and a bare dictionary of the pods, which decides nothing.
static void Curve()
{
    foreach (int endpoints in new[] { 100_000, 10_000, 30_000, 100_000 })
    {
        (PolicyEngine engine, ClusterWorkload workload) = Load(endpoints, endpoints / 10, null, "curve", print: false);
        Dictionary<WorkloadEndpointId, WorkloadEndpointModel> bare = workload.Endpoints().Cast<WorkloadEndpointModel>().ToDictionary(e => e.Id);
        Over("pod_label_change", endpoints / 3, Tell);
        Over("same_50_pods", 50, Tell);
        Over("bare_dictionary", endpoints / 3, Keep);
        GC.KeepAlive(engine);

        void Over(string what, int pods, Action<WorkloadEndpointModel> tell) => Measure.Percentiles($"curve.{endpoints}.{what}", 2000, i =>
        {
            int n = (endpoints / 2) + (Math.Abs(i) * 37 % pods);
            tell(workload.Endpoint(n, $"ns-{n % workload.NamespaceCount}", $"v{(Math.Abs(i) / 50) & 3}"));
        });

        void Tell(WorkloadEndpointModel pod)
        {
            engine.Upsert(pod);
            engine.Flush();
        }

        void Keep(WorkloadEndpointModel pod)
        {
            if (bare[pod.Id] != pod) bare[pod.Id] = pod;
        }
    }
}

static void Selectors()
{
    SelectorBenchmarks bench = new();
    bench.Setup();
    for (int warm = 0; warm < 5; warm++) Loop(2_000_000);
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    const int Count = 20_000_000;
    double seconds = Measure.Seconds(() => Loop(Count));
    Measure.Print("selector.evaluation", seconds * 1e9 / Count, "ns", "<30");
    Measure.Print("selector.allocated", (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Count, "bytes", "0");

    void Loop(int count)
    {
        int hits = 0;
        for (int i = 0; i < count; i++)
        {
            if (bench.Matches()) hits++;
        }

        GC.KeepAlive(hits);
    }
}
