using System.Net;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Core;

/// <summary>
/// Whatever happens in whatever order, with neighbours that read slowly, come late or go: what each neighbour has been told in the end is what a
/// naive look at all routes says it should have.
/// </summary>
public class ConvergenceTests
{
    private const int PeerCount = 5, PrefixCount = 12;

    [Property(MaxTest = 300)]
    public bool Neighbours_have_what_they_should(NonNegativeInt seed) => Run(seed.Get, internalPeers: false, addPath: false);

    [Property(MaxTest = 200)]
    public bool Reflector_clients_have_what_they_should(NonNegativeInt seed) => Run(seed.Get, internalPeers: true, addPath: false);

    [Property(MaxTest = 200)]
    public bool Add_path_neighbours_have_all_paths(NonNegativeInt seed) => Run(seed.Get, internalPeers: false, addPath: true);

    [Property(MaxTest = 150)]
    public bool Filters_decide_per_prefix(NonNegativeInt seed) => Run(seed.Get, internalPeers: false, addPath: false, EvenOnly());

    private static RouteFilter EvenOnly()
    {
        var policy = new RoutePolicyBuilder("even");
        policy.Rule().When(new RouteCondition((ref RouteContext r) => r.Prefix.BaseAddress.GetAddressBytes()[2] % 2 == 0)).Then(RouteEdit.AddCommunity(new Community(1, 2))).Accept();
        return policy.Build(FilterVerdict.Reject);
    }

    private static bool Run(int seed, bool internalPeers, bool addPath, RouteFilter? export = null)
    {
        var random = new Random(seed);
        var core = new BgpCore(
            new BgpSpeakerOptions
            {
                Asn = 65000,
                RouterId = IPAddress.Parse("10.99.0.1"),
                EbgpRequiresPolicy = false,
                Neighbors = [.. Enumerable.Range(1, PeerCount).Select(i => new NeighborOptions
                {
                    Address = IPAddress.Parse($"10.99.1.{i}"),
                    Asn = AsnOf(i, internalPeers),
                    Passive = true,
                    RouteReflectorClient = internalPeers,
                    AddPath = addPath ? AddPathMode.Send : AddPathMode.None,
                    Export = export,
                    GracefulRestart = GracefulRestartMode.Off,
                })],
            },
            new NoHost(), new ManualTime(), seed: 1);
        core.Start();
        var peers = new TestPeer?[PeerCount + 1];
        // What each peer announces at present: prefix -> (path length, med).
        var truth = new Dictionary<int, (int Length, uint Med)>[PeerCount + 1];
        for (int step = 0; step < 120; step++)
        {
            int i = random.Next(1, PeerCount + 1);
            if (peers[i] is not { } peer)
            {
                peers[i] = new TestPeer(core, $"10.99.1.{i}", AsnOf(i, internalPeers)) { AddPath = addPath }.Establish(Capabilities(AsnOf(i, internalPeers), addPath));
                truth[i] = [];
                continue;
            }

            int prefix = random.Next(PrefixCount);
            switch (random.Next(12))
            {
                case < 5:
                    int length = random.Next(1, 4);
                    uint med = (uint)random.Next(3);
                    string path = string.Join(' ', Enumerable.Range(0, length).Select(n => n == 0 && !internalPeers ? AsnOf(i, false).Value : 64600u + (uint)n));
                    byte[] update = peer.Announcement(Prefix(prefix), path, med, localPreference: internalPeers ? 100u : null);
                    if (random.Next(2) == 0) core.Received(peer, update);
                    else peer.Give(update);
                    truth[i][prefix] = (length, med);
                    break;
                case < 8:
                    core.Received(peer, TestUpdates.Withdraw(IPNetwork.Parse(Prefix(prefix))));
                    truth[i].Remove(prefix);
                    break;
                case 8:
                    peer.QueuedBytes = random.Next(2) == 0 ? 0 : 10_000_000;
                    break;
                case 9:
                    core.Flush();
                    break;
                case 10 when random.Next(4) == 0:
                    core.Closed(peer);
                    peers[i] = null;
                    truth[i] = [];
                    break;
                case 11 when random.Next(4) == 0:
                    peer.Give(w => MessageWriter.WriteRouteRefresh(w, Family.Ipv4Unicast));
                    break;
            }
        }

        foreach (TestPeer? peer in peers)
        {
            if (peer is not null) peer.QueuedBytes = 0;
        }

        core.Flush();
        core.Flush();
        for (int i = 1; i <= PeerCount; i++)
        {
            if (peers[i] is not { } peer) continue;
            peer.Read();
            string[] expected = addPath ? AllPaths(truth, i) : BestPaths(truth, i, export, internalPeers);
            string[] actual = [.. peer.Routes.Select(r => $"{r.Key.Split('#')[0]} {From(r.Value, internalPeers)}").Order()];
            Assert.Equal(expected, actual);
            Assert.True(peer.EndOfRibs >= 2);
        }

        return true;
    }

    private static BgpCapabilities Capabilities(Asn asn, bool addPath) => new()
    {
        Families = [Family.Ipv4Unicast, Family.Ipv6Unicast],
        RouteRefresh = true,
        FourOctetAsn = asn,
        AddPath = addPath ? [new AddPathFamily(Family.Ipv4Unicast, AddPathMode.Receive)] : [],
    };

    private static Asn AsnOf(int peer, bool internalPeers) => internalPeers ? 65000u : 65100u + (uint)peer;

    private static string Prefix(int n) => $"20.0.{n}.0/24";

    private static int From(PathAttributes attributes, bool internalPeers) => internalPeers
        ? attributes.OriginatorId!.GetAddressBytes()[3]
        : (int)(attributes.AsPath.ToArray()[1].Value - 65100);

    private static string[] BestPaths(Dictionary<int, (int Length, uint Med)>[] truth, int to, RouteFilter? export, bool internalPeers)
    {
        var expected = new List<string>();
        for (int prefix = 0; prefix < PrefixCount; prefix++)
        {
            if (export is not null && prefix % 2 != 0) continue;
            int best = 0;
            for (int i = 1; i <= PeerCount; i++)
            {
                if (truth[i]?.TryGetValue(prefix, out (int Length, uint Med) mine) != true) continue;
                if (best == 0 || Better(mine, truth[best][prefix], i, best, internalPeers)) best = i;
            }

            if (best != 0 && best != to) expected.Add($"{Prefix(prefix)} {best}");
        }

        return [.. expected.Order()];
    }

    // External neighbours are in different ASes, where MED does not count; the paths of internal ones all begin with 64600. Then the router id decides.
    private static bool Better((int Length, uint Med) a, (int Length, uint Med) b, int i, int j, bool internalPeers)
    {
        if (a.Length != b.Length) return a.Length < b.Length;
        return internalPeers && a.Med != b.Med ? a.Med < b.Med : i < j;
    }

    private static string[] AllPaths(Dictionary<int, (int Length, uint Med)>[] truth, int to)
    {
        var expected = new List<string>();
        for (int i = 1; i <= PeerCount; i++)
        {
            if (i == to || truth[i] is null) continue;
            foreach (int prefix in truth[i].Keys) expected.Add($"{Prefix(prefix)} {i}");
        }

        return [.. expected.Order()];
    }
}
