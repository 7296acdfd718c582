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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await NodeIdentity.RegisterAsync(options, new ResourceStore(datastore), netlink, stoppingToken);
        await Task.WhenAll(FollowDatastoreAsync(stoppingToken), FollowKernelAsync(stoppingToken), dataplane.RunAsync(stoppingToken));
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
            await routing.FlushAsync(inSync, cancellation);
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
            dataplane.InterfacesChanged();
            await routing.NetworkChangedAsync(cancellation);
        }
    }
}
