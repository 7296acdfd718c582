using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>A router of a plan.</summary>
/// <param name="Id">Its number, from 1, unique in the plan; its address and router id follow from it.</param>
/// <param name="Asn">Its AS.</param>
/// <param name="IsReflector">Whether it reflects routes within its AS (RFC 4456).</param>
public sealed record PlannedRouter(int Id, Asn Asn, bool IsReflector = false)
{
    /// <summary>Its address and router id: 172.16.0.0 plus <see cref="Id"/>.</summary>
    public IPAddress Address => new([172, (byte)(16 + (Id >> 16)), (byte)(Id >> 8), (byte)Id]);
}

/// <summary>Which routers there are, which are external neighbours, and who originates what. Sessions within an AS follow from the rest.</summary>
/// <param name="Routers">The routers.</param>
/// <param name="Links">Pairs of ids of external neighbours.</param>
/// <param name="Origins">Ids of routers with the prefixes they originate.</param>
public sealed record NetworkPlan(
    IReadOnlyList<PlannedRouter> Routers, IReadOnlyList<(int One, int Other)> Links, IReadOnlyList<(int Router, IPNetwork Prefix)> Origins)
{
    /// <summary>Sessions within ASes: a full mesh where no router reflects; else reflectors are meshed, and every other router is the client of each.</summary>
    /// <returns>Pairs of ids.</returns>
    public IEnumerable<(int One, int Other)> InternalSessions()
    {
        foreach (IGrouping<Asn, PlannedRouter> members in Routers.GroupBy(r => r.Asn))
        {
            PlannedRouter[] all = [.. members];
            bool mesh = !all.Any(r => r.IsReflector);
            for (int i = 0; i < all.Length; i++)
            {
                for (int j = i + 1; j < all.Length; j++)
                {
                    if (mesh || all[i].IsReflector || all[j].IsReflector) yield return (all[i].Id, all[j].Id);
                }
            }
        }
    }

    /// <summary>Builds the network; nothing is started.</summary>
    /// <param name="seed">Decides the order of events.</param>
    /// <param name="options">Timing; the defaults when null.</param>
    /// <param name="adjust">A last change to each speaker's options; null for none.</param>
    /// <returns>The network, its speakers in the order of <see cref="Routers"/>.</returns>
    public SimulatedNetwork Build(int seed, SimulatedNetworkOptions? options = null, Func<BgpSpeakerOptions, BgpSpeakerOptions>? adjust = null)
    {
        var network = new SimulatedNetwork(seed, options);
        ILookup<int, int> neighbors = Links.Concat(InternalSessions()).SelectMany(l => new[] { l, (One: l.Other, Other: l.One) }).ToLookup(l => l.One, l => l.Other);
        Dictionary<int, PlannedRouter> byId = Routers.ToDictionary(r => r.Id);
        var speakers = new Dictionary<int, SimulatedSpeaker>();
        foreach (PlannedRouter router in Routers)
        {
            var speaker = new BgpSpeakerOptions
            {
                Asn = router.Asn,
                RouterId = router.Address,
                EbgpRequiresPolicy = false,
                Neighbors = [.. neighbors[router.Id].Select(id => Neighbor(router, byId[id]))],
            };
            speakers[router.Id] = network.Add(adjust is null ? speaker : adjust(speaker));
        }

        foreach ((int router, IPNetwork prefix) in Origins) speakers[router].Announce(new LocalRoute(prefix));
        return network;
    }

    private static NeighborOptions Neighbor(PlannedRouter router, PlannedRouter other) => new()
    {
        Address = other.Address,
        Asn = other.Asn,
        Families = [Family.Ipv4Unicast],
        GracefulRestart = GracefulRestartMode.Off,
        RouteReflectorClient = router.Asn == other.Asn && router.IsReflector && !other.IsReflector,
    };

    /// <summary>For people.</summary>
    /// <returns>Routers by AS (<c>*</c> for reflectors), links and origins.</returns>
    public override string ToString() =>
        string.Join(' ', Routers.GroupBy(r => r.Asn).Select(g => $"AS{g.Key}[{string.Join(' ', g.Select(r => r.IsReflector ? $"{r.Id}*" : $"{r.Id}"))}]"))
        + $" links {string.Join(' ', Links.Select(l => $"{l.One}-{l.Other}"))} origins {string.Join(' ', Origins.Select(o => $"{o.Router}:{o.Prefix}"))}";
}
