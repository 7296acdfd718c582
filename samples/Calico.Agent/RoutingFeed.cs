using System.Net;
using Calico.Bgp;
using Calico.Bgp.Status;
using Calico.Bgp.Topology;
using Calico.Datastore;
using Calico.Dataplane;
using Calico.Netlink;
using Microsoft.Extensions.Logging;

namespace Calico.Agent;

/// <summary>Nodes, peers, pools and blocks → topology → speaker; what the speaker learns → dataplane.</summary>
internal sealed class RoutingFeed(AgentOptions options, CalicoDataplane dataplane, RtNetlink netlink, ILoggerFactory loggers, ILogger<RoutingFeed> logger) : IAsyncDisposable
{
    private readonly TopologyFacts _facts = new(options.Node, options.RouterId);
    private readonly WorkloadRoutes _workloads = new(options.Node);
    private readonly NextHops _nextHops = new(netlink);
    private readonly Dictionary<IPNetwork, RouteChange> _learned = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    // Well within the 120 s that peers keep our routes for.
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromSeconds(45);
    private bool? _restarting;
    private NodeTopology? _topology;
    private BgpSpeaker? _speaker;
    private BgpStatusServer? _status;
    private Task _learning = Task.CompletedTask;
    private bool _topologyChanged = true, _workloadsChanged;
    private HashSet<TopologyProblem> _told = [];

    public void Take(SyncUpdate update)
    {
        _topologyChanged |= _facts.Take(update);
        _workloadsChanged |= _workloads.Take(update);
    }

    /// <summary>Makes the speaker what the topology says now.</summary>
    public async Task FlushAsync(bool inSync, CancellationToken cancellation)
    {
        if (_learning.IsFaulted) await _learning;
        if (!inSync) return;
        if (_topologyChanged) await ApplyTopologyAsync(cancellation);
        else if (_workloadsChanged && _speaker is not null) await _speaker.SetLocalRoutesAsync([.. LocalRoutes(_topology!)]);
        _topologyChanged = _workloadsChanged = false;
    }

    private async Task ApplyTopologyAsync(CancellationToken cancellation)
    {
        NodeTopology topology = BgpTopology.Compute(_facts.ToInput());
        List<TopologyProblem> problems = [.. topology.Problems];
        dataplane.SetLocalBlocks(_facts.ConfirmedBlocks);
        if (topology.RouterId is null)
        {
            Log.NoRouterId(logger, options.Node);
            return;
        }

        BgpSpeakerOptions wanted = topology.ToSpeakerOptions(_facts.Filters, problems: problems) with { ConnectRetryTime = TimeSpan.FromSeconds(1) };
        foreach (TopologyProblem problem in problems.Where(p => !_told.Contains(p))) Log.Problem(logger, problem.ToString());
        _told = [.. problems];
        await _turn.WaitAsync(cancellation);
        _topology = topology;
        _turn.Release();
        await ApplyAsync(wanted, [.. LocalRoutes(topology)], cancellation);
        await ReprogramAsync(cancellation);
    }

    /// <summary>Links, addresses or routes of the node have changed: next hops may lead elsewhere.</summary>
    public Task NetworkChangedAsync(CancellationToken cancellation) => ReprogramAsync(cancellation);

    private async Task ApplyAsync(BgpSpeakerOptions wanted, IReadOnlyCollection<LocalRoute> routes, CancellationToken cancellation)
    {
        // Routes of an earlier run are still in the kernel and the peers still hold ours: that is a restart.
        _restarting ??= await HasLearnedRoutesAsync(cancellation);
        wanted = wanted with { Restarting = _restarting.Value, SelectionDeferral = LongestDeferral };
        if (_speaker is not null)
        {
            await _speaker.ApplyAsync(wanted);
            await _speaker.SetLocalRoutesAsync(routes);
            return;
        }

        // Policy first, as for any workload: the kernel tracks connections from its first rule on, and takes the end of an older one for an intruder's.
        await dataplane.FlushAsync(cancellation);
        _speaker = new BgpSpeaker(wanted, loggers);
        // Before the first session: after a restart the peers drop what has not come again with the End-of-RIB.
        await _speaker.SetLocalRoutesAsync(routes);
        await _speaker.StartAsync(cancellation);
        if (options.BgpSocket is { } path) _status = new BgpStatusServer(_speaker, path);
        _learning = LearnAsync(_speaker, cancellation);
    }

    private async Task<bool> HasLearnedRoutesAsync(CancellationToken cancellation) =>
        (await netlink.Routes.ListAsync(new Calico.Netlink.RouteFilter { Protocol = RouteProtocol.Calico }, cancellation)).Any(r => r.Gateway is not null);

    private IEnumerable<LocalRoute> LocalRoutes(NodeTopology topology) =>
        topology.StaticRoutes.Where(r => r.Kind != TopologyStaticRouteKind.Gateway).Select(r => new LocalRoute(r.Prefix)).Concat(_workloads.Routes);

    private async Task LearnAsync(BgpSpeaker speaker, CancellationToken cancellation)
    {
        try
        {
            await foreach (RouteChangeBatch batch in speaker.Subscribe().WithCancellation(cancellation))
            {
                await _turn.WaitAsync(cancellation);
                try
                {
                    foreach (RouteChange change in batch.Changes) await ProgramAsync(change, cancellation);
                }
                finally
                {
                    _turn.Release();
                }

                if (batch.Synchronized) dataplane.LearnedRoutesInSync();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ReprogramAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            _nextHops.Forget();
            foreach (RouteChange route in _learned.Values.ToArray()) await ProgramAsync(route, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask ProgramAsync(RouteChange change, CancellationToken cancellation)
    {
        if (change.Kind == RouteChangeKind.Withdraw)
        {
            _learned.Remove(change.Prefix);
            dataplane.RemoveLearnedRoute(change.Prefix);
            return;
        }

        _learned[change.Prefix] = change;
        List<IPAddress> gateways = [];
        foreach (Calico.Bgp.RouteNextHop hop in change.NextHops)
        {
            if (_topology?.Routes.ForKernel(change.Prefix, hop.Address) == KernelProgramming.Reject) continue;
            if (await _nextHops.GatewayToAsync(hop.Address, cancellation) is { } gateway && !gateways.Contains(gateway)) gateways.Add(gateway);
        }

        if (gateways.Count > 0) dataplane.SetLearnedRoute(new LearnedRoute(change.Prefix, gateways));
        else dataplane.RemoveLearnedRoute(change.Prefix);
    }

    public async ValueTask DisposeAsync()
    {
        if (_status is not null) await _status.DisposeAsync();
        if (_speaker is not null) await _speaker.DisposeAsync();
        await _learning;
        _turn.Dispose();
    }
}
