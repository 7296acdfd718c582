using System.Net;
using Calico.Bgp;
using Calico.Lab.Fabric;
using Calico.Netlink;

namespace Calico.Lab.Routers;

/// <summary>The suite's own speaker as the router, where BIRD is not installed: Calico.Bgp's routes into Calico.Netlink's route table.</summary>
internal sealed class OwnRouter : IRouter
{
    private readonly BgpSpeaker _speaker;
    private readonly RtNetlink _netlink;
    private readonly RouteTable _table;
    private readonly CancellationTokenSource _stop = new();
    private Task _learning = Task.CompletedTask;

    private OwnRouter(BgpSpeaker speaker, RtNetlink netlink)
    {
        _speaker = speaker;
        _netlink = netlink;
        _table = new RouteTable(netlink, new RouteTableOptions { Protocol = RouteProtocol.Bgp });
    }

    public string Name => "Calico.Bgp";

    public int? ProcessId => null;

    public IReadOnlyList<string> Hints => [];

    public static async Task<OwnRouter> StartAsync(Namespaces namespaces, FabricPlan plan, CancellationToken cancellation)
    {
        BgpSpeakerOptions options = new()
        {
            Asn = FabricPlan.RouterAs,
            RouterId = FabricPlan.RouterLoopback4,
            Listen = [new IPEndPoint(IPAddress.Any, 179), new IPEndPoint(IPAddress.IPv6Any, 179)],
            ConnectRetryTime = TimeSpan.FromSeconds(1),
            Neighbors = [.. plan.Nodes.SelectMany(NeighborsOf)],
        };
        NetworkNamespace router = namespaces[plan.RouterNamespace];
        OwnRouter own = new(
            new BgpSpeaker(options, createSocket: family => router.Run(() => new System.Net.Sockets.Socket(family, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp))),
            RtNetlink.Open(router));
        await own._speaker.StartAsync(cancellation);
        await own._speaker.SetLocalRoutesAsync([new LocalRoute(IPNetwork.Parse("10.99.0.0/24")), new LocalRoute(IPNetwork.Parse("fd00:99::/64"))]);
        own._learning = own.LearnAsync();
        return own;
    }

    private static IEnumerable<NeighborOptions> NeighborsOf(NodePlan node)
    {
        NeighborOptions common = new() { Passive = true, Asn = FabricPlan.ClusterAs, Import = Calico.Bgp.RouteFilter.AcceptAll, Export = OwnRoutesOnly.Filter, NextHop = NextHopMode.Self };
        yield return common with { Address = node.Link.Far4.Address, LocalAddress = FabricPlan.RouterLoopback4, Families = [Family.Ipv4Unicast] };
        yield return common with { Address = node.Link.Far6.Address, LocalAddress = FabricPlan.RouterLoopback6, Families = [Family.Ipv6Unicast] };
    }

    private async Task LearnAsync()
    {
        try
        {
            await foreach (RouteChangeBatch batch in _speaker.Subscribe().WithCancellation(_stop.Token))
            {
                foreach (Calico.Bgp.RouteChange change in batch.Changes)
                {
                    if (change.Kind == RouteChangeKind.Withdraw) _table.Remove(new RouteKey(change.Prefix));
                    else _table.Set(new Route { Destination = change.Prefix, Gateway = change.NextHops[0].Address, Protocol = RouteProtocol.Bgp });
                }

                await _table.ApplyAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    public async Task<string> ShowRoutesAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RibRoute> routes = await _speaker.GetRoutesAsync();
        return string.Join('\n', routes.Select(r => r.ToString()));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _speaker.DisposeAsync();
        await _learning;
        _table.Dispose();
        _netlink.Dispose();
        _stop.Dispose();
    }

    private sealed class OwnRoutesOnly : Calico.Bgp.RouteFilter
    {
        public static OwnRoutesOnly Filter { get; } = new();

        public override bool DependsOnPrefix => false;

        public override bool DependsOnNeighbor => false;

        public override FilterVerdict Apply(ref RouteContext route) => route.Source.IsLocal ? FilterVerdict.Accept : FilterVerdict.Reject;
    }
}
