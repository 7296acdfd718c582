using System.Diagnostics;
using System.Net;
using Calico.Lab.Changes;
using Calico.Lab.Cluster;
using Calico.Lab.Datastores;
using Calico.Lab.Fabric;
using Calico.Lab.Nodes;
using Calico.Lab.Pods;
using Calico.Lab.Probes;
using Calico.Lab.Reports;
using Calico.Lab.Routers;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Lab;

/// <summary>The whole lab, from an empty machine to the verdict. What it makes is remembered in the workspace and goes with it.</summary>
internal sealed class LabRun(LabOptions options, Workspace workspace, ILabReport report) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private readonly FabricPlan _plan = FabricPlan.For(options.Id, options.Nodes);
    private readonly Namespaces _namespaces = new(workspace);
    private readonly List<AgentProcess> _agents = [];
    private List<RunningPod> _pods = [];
    private IRouter? _router;
    private ILabDatastore? _datastore;

    public IRouter Router => _router!;

    public ILabDatastore Datastore => _datastore!;

    public FabricPlan Plan => _plan;

    public IReadOnlyList<RunningPod> Pods => _pods;

    public async Task<LabResult> RunAsync(string manifestFolder, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Manifests manifests = Manifests.Read(manifestFolder);
        foreach (Diagnostic problem in manifests.Problems) report.Problem(problem.ToString());

        using (report.Begin("fabric")) await new FabricBuilder(_namespaces, _plan).BuildAsync(cancellation);
        using (IStep step = report.Begin("router"))
        {
            _router = await BirdRouter.TryStartAsync(_namespaces, _plan, workspace, cancellation) as IRouter ?? await OwnRouter.StartAsync(_namespaces, _plan, cancellation);
            step.Says(_router.Name);
        }

        using (IStep step = report.Begin("datastore"))
        {
            _datastore = options.Etcd ? await EtcdServer.StartAsync(_namespaces, _plan, workspace, cancellation) : new SqliteFile(workspace);
            step.Says(_datastore.Name);
        }

        ClusterStore cluster = new(_datastore.Client);
        using (report.Begin("manifests", manifests.Others.Count)) await FillAsync(cluster, manifests, cancellation);
        using (report.Begin("agents", _plan.Nodes.Count)) StartAgents(_datastore.Address);
        PodRunner runner = new(cluster, new PodNetwork(_namespaces, _plan), _plan);
        await StartPodsAsync(runner, manifests, cancellation);
        Convergence convergence = new(_namespaces, _plan);
        using (report.Begin("policy in force and routes everywhere")) await ConvergeAsync(convergence, cancellation);
        if (options.Verbose) report.Note(await _router.ShowRoutesAsync(cancellation));

        ProbePorts ports = ProbePlan.PortsFrom(Expectation.MentionedPorts(cluster.State));
        await using Responders responders = new(_namespaces.CreateSocket);
        foreach (ProbeEnd target in Targets()) responders.Serve(target, ports);
        await using Prober prober = new(_namespaces.CreateSocket);
        IReadOnlyList<ProbeOutcome> outcomes = await ProbeAsync("probes", prober, cluster, ports, cancellation);
        IReadOnlyList<ChangeResult> changes = await ChangeAsync(cluster, runner, convergence, prober, responders, ports, outcomes, cancellation);
        IReadOnlyList<ProbeOutcome> after = await ProbeAsync("probes after the changes", prober, cluster, ports, cancellation);
        LabResult result = new(_router.Name, _datastore.Name, outcomes, after, changes, clock.Elapsed);
        report.Finish(result);
        return result;
    }

    private async Task FillAsync(ClusterStore cluster, Manifests manifests, CancellationToken cancellation)
    {
        foreach (ManifestObject @object in manifests.Others)
        {
            try
            {
                await cluster.ApplyAsync(@object, cancellation);
            }
            catch (Calico.Datastore.ResourceException e)
            {
                report.Problem($"{@object.Source}:{@object.Line}: {@object}: {e.Message}");
            }
        }

        foreach (NodePlan node in _plan.Nodes)
            cluster.State.Upsert(new NodeModel { Name = node.Name, Addresses = new[] { node.Link.Far4.Address, node.Link.Far6.Address }.ToEquatableArray() });
    }

    private void StartAgents(string datastore)
    {
        foreach (NodePlan node in _plan.Nodes)
        {
            AgentProcess agent = new(_namespaces, node, datastore, workspace);
            _agents.Add(agent);
            agent.Start();
        }
    }

    private async Task StartPodsAsync(PodRunner runner, Manifests manifests, CancellationToken cancellation)
    {
        IReadOnlyList<Pod> pods = manifests.Schedule([.. _plan.Nodes.Select(n => n.Name)], options.PodsPerNode);
        using IStep step = report.Begin("pods", pods.Count);
        foreach (Pod pod in pods)
        {
            _pods.Add(await runner.StartAsync(pod, cancellation));
            step.At(_pods.Count);
        }
    }

    private async Task ConvergeAsync(Convergence convergence, CancellationToken cancellation)
    {
        Task<string?> wait = convergence.WaitAsync(_pods, StartLimit, cancellation);
        while (!wait.IsCompleted)
        {
            await Task.WhenAny(wait, Task.Delay(100, cancellation));
            if (_agents.Find(a => a.HasEnded) is { } ended) throw new LabException($"An agent ended.\n{LastLines([ended])}");
        }

        if (await wait is { } missing) throw new LabException($"After {StartLimit.TotalSeconds:F0} s {missing}.\n{LastLines(_agents)}");
    }

    private static string LastLines(IEnumerable<AgentProcess> agents) =>
        string.Join('\n', agents.SelectMany(a => a.LastLines(5).Select(l => $"  {Path.GetFileNameWithoutExtension(a.LogFile)}: {l}")));

    private IEnumerable<ProbeEnd> Targets() =>
        _pods.Select(p => new ProbeEnd(EndKind.Pod, p.FullName, p.NetworkNamespace, p.Addresses))
            .Concat(_plan.Nodes.Select(n => new ProbeEnd(EndKind.Node, n.Name, n.Namespace, [n.Link.Far4.Address, n.Link.Far6.Address])));

    private ProbeEnd Server => new(EndKind.Server, "server", _plan.ServerNamespace,
        [FabricPlan.ServerLink.Far4.Address, FabricPlan.ServerLink.Far6.Address, .. FabricPlan.ServerExtraAddresses.Select(a => a.Address)]);

    private async Task<IReadOnlyList<ProbeOutcome>> ProbeAsync(string name, Prober prober, ClusterStore cluster, ProbePorts ports, CancellationToken cancellation)
    {
        Expectation expectation = new(cluster.State);
        ProbeEnd[] targets = [.. Targets()];
        (Probe, bool)[] questions = [.. ProbePlan.For([.. targets, Server], targets, ports).Select(p => (p, expectation.Allows(p)))];
        using IStep step = report.Begin(name, questions.Length);
        IReadOnlyList<ProbeOutcome> outcomes = await prober.AskAsync(questions, step.At, cancellation);
        foreach (ProbeOutcome difference in outcomes.Where(o => !o.Agrees).Take(5)) report.Note($"{difference.Probe}: {expectation.Explain(difference.Probe)}");
        return outcomes;
    }

    private async Task<IReadOnlyList<ChangeResult>> ChangeAsync(
        ClusterStore cluster, PodRunner runner, Convergence convergence, Prober prober, Responders responders, ProbePorts ports, IReadOnlyList<ProbeOutcome> outcomes, CancellationToken cancellation)
    {
        Probe[] allowed = [.. outcomes.Where(o => o is { Reached: true, Probe.From.Kind: EndKind.Pod, Probe.To.Kind: EndKind.Pod } && NodeOf(o.Probe.From) != NodeOf(o.Probe.To)).Select(o => o.Probe)];
        Probe? tcpPath = allowed.FirstOrDefault(p => p.Protocol == ProbeProtocol.Tcp), udpPath = allowed.FirstOrDefault(p => p.Protocol == ProbeProtocol.Udp);
        await using UdpFlow? udp = udpPath is null ? null : new UdpFlow(udpPath, _namespaces.CreateSocket);
        await using TcpFlow? tcp = tcpPath is null ? null : await TcpFlow.StartAsync(tcpPath, _namespaces.CreateSocket, cancellation);
        if (udp is null || tcp is null) report.Note("No pair of pods on different nodes may talk TCP and UDP: the changes run without that traffic.");
        ChangeRunner changes = new(_namespaces, cluster, runner, convergence, prober, _agents, udp, tcp);
        List<ChangeResult> results = [];
        using IStep step = report.Begin("changes under load", 5);
        await Task.Delay(200, cancellation);

        Probe[] others = [.. allowed.Where(p => p.Protocol == ProbeProtocol.Tcp && p != tcpPath && (p.To.Name, p.Port) != (tcpPath?.To.Name, tcpPath?.Port))];
        if (others.FirstOrDefault() is { } victim) results.AddRange(await changes.PolicyAsync(victim, cancellation));
        step.At(2);

        string[] busy = [.. new[] { tcpPath?.From.Name, tcpPath?.To.Name, udpPath?.From.Name, udpPath?.To.Name }.OfType<string>()];
        if (_pods.Find(p => !busy.Contains(p.FullName)) is { } spare)
        {
            (ChangeResult result, RunningPod next) = await changes.ReplacePodAsync(spare, [.. _pods.Where(p => p != spare)], cancellation);
            _pods = [.. _pods.Select(p => p == spare ? next : p)];
            responders.Serve(new ProbeEnd(EndKind.Pod, next.FullName, next.NetworkNamespace, next.Addresses), ports);
            results.Add(result);
        }

        step.At(3);
        string restarted = _pods.Find(p => p.FullName == (tcpPath ?? udpPath)?.To.Name)?.Pod.Spec.NodeName ?? _plan.Nodes[0].Name;
        int index = _plan.Nodes.Select(n => n.Name).ToList().IndexOf(restarted);
        results.Add(await changes.RestartAgentAsync(_agents[index], _plan.Nodes[index].Name, _pods.First(p => p.Pod.Spec.NodeName == restarted), cancellation));
        step.At(4);
        // Another node's: a speaker that has only just restarted may not lose its sessions again before they are whole.
        string? source = (tcpPath ?? udpPath) is { } path ? NodeOf(path.From) : null;
        NodePlan reset = _plan.Nodes.FirstOrDefault(n => n.Name == source) ?? _plan.Nodes[(index + 1) % _plan.Nodes.Count];
        results.Add(await changes.ResetSessionAsync(reset, _pods, cancellation));
        step.At(5);
        return results;
    }

    private string? NodeOf(ProbeEnd pod) => _pods.Find(p => p.FullName == pod.Name)?.Pod.Spec.NodeName;

    /// <summary>Closes what this process holds. Namespaces and programs stay: the workspace knows them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_datastore is not null) await _datastore.DisposeAsync();
        if (_router is OwnRouter own) await own.DisposeAsync();
        _namespaces.Dispose();
    }
}
