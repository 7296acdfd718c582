using System.Net;
using System.Net.Sockets;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>Namespaces for one test, speakers in ours, a daemon in theirs.</summary>
public abstract class InteropTest : IAsyncDisposable
{
    private readonly List<BgpSpeaker> _speakers = [];
    private readonly Dictionary<BgpSpeaker, MessageTrace> _heard = [];
    private TestNamespaces? _namespaces;
    private Peer? _peer;

    private protected TestNamespaces Namespaces => _namespaces ??= new TestNamespaces();

    private protected async Task<Peer> Start(Daemon daemon, PeerSetup setup)
    {
        Needs.RootAnd(Daemons.Program(daemon));
        _peer = Peer.Create(daemon, Namespaces, setup);
        return await _peer.StartAsync();
    }

    /// <summary>A neighbour of ours, the daemon when nothing else is said.</summary>
    private protected static NeighborOptions Neighbor(string address = "10.77.0.2", uint asn = 65002) => new() { Address = IPAddress.Parse(address), Asn = asn };

    private protected Task<BgpSpeaker> Speaker(params NeighborOptions[] neighbors) => Speaker("10.77.0.1", 65001, neighbors);

    /// <summary>A running speaker on one IPv4 address of ours, and on the IPv6 addresses when it is the first.</summary>
    private protected Task<BgpSpeaker> Speaker(string address, uint asn, params NeighborOptions[] neighbors)
    {
        string[] listen = address == "10.77.0.1" ? [address, "fd77::1"] : [address];
        return Speaker(
            [.. listen.Select(a => new IPEndPoint(IPAddress.Parse(a), 179))],
            [.. neighbors.Select(n => n.Address!.AddressFamily == AddressFamily.InterNetwork ? n with { LocalAddress = IPAddress.Parse(address) } : n)],
            address,
            asn);
    }

    private protected async Task<BgpSpeaker> Speaker(IPEndPoint[] listen, NeighborOptions[] neighbors, string routerId = "10.77.0.1", uint asn = 65001)
    {
        var speaker = new BgpSpeaker(
            new BgpSpeakerOptions
            {
                Asn = asn,
                RouterId = IPAddress.Parse(routerId),
                Listen = listen,
                EbgpRequiresPolicy = false,
                ConnectRetryTime = TimeSpan.FromSeconds(1),
                Neighbors = neighbors,
            },
            createSocket: Namespaces.CreateSocket);
        _speakers.Add(speaker);
        _heard.Add(speaker, new MessageTrace(speaker));
        await speaker.StartAsync();
        return speaker;
    }

    /// <summary>The messages of a speaker.</summary>
    private protected MessageTrace Heard(BgpSpeaker speaker) => _heard[speaker];

    private protected static async Task<NeighborStatus> Status(BgpSpeaker speaker) => (await speaker.GetNeighborsAsync())[0];

    private protected static async Task<bool> IsUp(BgpSpeaker speaker) => (await Status(speaker)).State == BgpState.Established;

    /// <summary>Asserts that each neighbour has had one session.</summary>
    private protected async Task IsUpSinceTheStart(BgpSpeaker speaker)
    {
        foreach (NeighborStatus n in await speaker.GetNeighborsAsync())
            Assert.True(n is { State: BgpState.Established, TimesEstablished: 1 }, $"{n.Address} {n.State} up {n.TimesEstablished} times: {n.LastError}\n{Heard(speaker)}\n{_peer?.Log()}");
    }

    /// <summary>How many prefixes of a family neighbours have told us.</summary>
    private protected static async Task<int> Learned(BgpSpeaker speaker, Family family) =>
        (await speaker.GetRoutesAsync(new RibQuery { Family = family })).Count(r => r.Neighbor is not null);

    private protected static async Task<RibRoute?> Route(BgpSpeaker speaker, string prefix)
    {
        IPNetwork network = IPNetwork.Parse(prefix);
        Family family = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? Family.Ipv6Unicast : Family.Ipv4Unicast;
        return (await speaker.GetRoutesAsync(new RibQuery { Family = family, Prefix = network })).SingleOrDefault();
    }

    /// <summary>40.0.0.0/24, 40.0.1.0/24 …</summary>
    private protected static LocalRoute[] Locals(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new LocalRoute(new IPNetwork(new IPAddress([40, (byte)(i / 256), (byte)i, 0]), 24)))];

    private protected static LocalRoute[] LocalsIpv6(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new LocalRoute(new IPNetwork(new IPAddress([0x20, 1, 0x0d, 0xb9, (byte)(i / 256), (byte)i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 48)))];

    /// <summary>Waits for a condition; a failure shows what each side saw.</summary>
    private protected async Task Eventually(Func<Task<bool>> condition, string what, int seconds = 30)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(seconds); DateTime.UtcNow < end; await Task.Delay(50))
        {
            if (await condition()) return;
        }

        var neighbors = new List<string>();
        foreach (BgpSpeaker speaker in _speakers)
        {
            neighbors.AddRange((await speaker.GetNeighborsAsync()).Select(n => $"{n.Address} {n.State} up {n.TimesEstablished} times, in {n.UpdatesReceived}, out {n.UpdatesSent}, accepted {n.PrefixesAccepted}, rejected {n.PrefixesRejected}: {n.LastError}"));
            neighbors.Add(Heard(speaker).ToString());
        }

        Assert.Fail($"Did not happen within {seconds} s: {what}\n{string.Join('\n', neighbors)}\n{_peer?.Log()}");
    }

    private protected Task Eventually(Func<bool> condition, string what, int seconds = 30) => Eventually(() => Task.FromResult(condition()), what, seconds);

    public async ValueTask DisposeAsync()
    {
        foreach (BgpSpeaker speaker in _speakers) await speaker.DisposeAsync();
        _peer?.Dispose();
        _namespaces?.Dispose();
        GC.SuppressFinalize(this);
    }
}
