using Calico.Datastore;
using Calico.Dataplane;
using Calico.Ipam;
using Calico.Netlink;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Calico.Agent;

/// <summary>The agent's life: register the node, follow the datastore, keep the kernel and the peers as it says.</summary>
internal sealed class AgentWorker(
    AgentOptions options, IDatastore datastore, CalicoDataplane dataplane, RtNetlink netlink, PolicyFeed policy, NetworkFeed network, RoutingFeed routing, ILogger<AgentWorker> logger)
    : BackgroundService
{
    private static readonly string[] Prefixes =
    [
        .. PolicyFeed.Kinds.Concat(TopologyFacts.Kinds).Distinct().Select(k => k.KeyPrefix),
        IpamKeys.HostAffinities,
    ];

    private readonly NodeTunnels _tunnels = new(datastore, options.Node);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await NodeIdentity.RegisterAsync(options, new ResourceStore(datastore), netlink, stoppingToken);
        await Task.WhenAll(FollowDatastoreAsync(stoppingToken), FollowKernelAsync(stoppingToken), dataplane.RunAsync(stoppingToken), LogFlowsAsync(stoppingToken));
    }

    private async Task LogFlowsAsync(CancellationToken cancellation)
    {
        if (options.FlowLog is not { } path) return;
        using FlowLog log = await FlowLog.OpenAsync(cancellationToken: cancellation);
        await using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        await log.WriteJsonLinesAsync(file, TimeSpan.FromSeconds(10), cancellation);
    }

    private async Task FollowDatastoreAsync(CancellationToken cancellation)
    {
        await foreach (SyncBatch batch in new Syncer(datastore, Prefixes).RunAsync(cancellation))
        {
            if (batch.Problem is { } problem) Log.DatastoreLost(logger, problem.Message);
            foreach (SyncUpdate update in batch.Updates) Take(update);
            bool inSync = batch.Status == SyncStatus.InSync;
            policy.Flush(inSync);
            network.Flush();
            if (inSync) await EnsureTunnelsAsync(cancellation);
            await routing.FlushAsync(inSync, cancellation);
        }
    }

    private async Task EnsureTunnelsAsync(CancellationToken cancellation)
    {
        if (!network.TunnelsMayChange) return;
        try
        {
            await _tunnels.EnsureAsync(cancellation);
            network.TunnelsMayChange = false;
        }
        catch (Exception e) when (e is IpamException or ResourceException or DatastoreException)
        {
            Log.Problem(logger, e.Message);
        }
    }

    private void Take(SyncUpdate update)
    {
        try
        {
            policy.Take(update);
            network.Take(update);
            routing.Take(update);
        }
        catch (Exception e) when (e is ResourceException or IpamDataException or System.Text.Json.JsonException)
        {
            Log.Unreadable(logger, update.Key, e.Message);
        }
    }

    private async Task FollowKernelAsync(CancellationToken cancellation)
    {
        using RtMonitor monitor = RtMonitor.Open(RtGroups.Links | RtGroups.Addresses);
        await foreach (RtEvent _ in monitor.ReadAllAsync(cancellation))
        {
            await routing.NetworkChangedAsync(cancellation);
        }
    }
}
