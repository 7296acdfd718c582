using System.Net;
using System.Net.Sockets;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>Sessions between link-local addresses: no address is configured for BGP.</summary>
public sealed class LinkLocalTests : InteropTest
{
    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Unnumbered, MemberType = typeof(Daemons))]
    public async Task Both_families_over_a_link_local_session(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { Ours = "fe80::1", ExtendedNextHop = true }], Routes = PeerSetup.Many(10, 10) });
        long scope = Namespaces.Inside(() => long.Parse(File.ReadAllText("/proc/thread-self/net/if_inet6").Split('\n').First(l => l.EndsWith("e0", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.NumberStyles.HexNumber, null));
        var speaker = await Speaker([new IPEndPoint(new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), scope), 179)],
            [Neighbor("fe80::2") with { Address = new IPAddress(IPAddress.Parse("fe80::2").GetAddressBytes(), scope), Interface = "e0" }]);
        await speaker.AnnounceAsync([.. Locals(10), .. LocalsIpv6(10)]);
        using var advertiser = new RouterAdvertiser(Namespaces, scope);
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 10 && await Learned(speaker, Family.Ipv6Unicast) == 10, "their routes are here");
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 10 && peer.Learned(Family.Ipv6Unicast) == 10, "ours are there");
        Assert.Equal("fe80::2", (await Route(speaker, "30.0.7.0/24"))!.Attributes.LinkLocalNextHop!.ToString().Split('%')[0]);
        Assert.Contains("fe80::1", peer.Paths("40.0.7.0/24")[0].NextHop, StringComparison.Ordinal);
        Assert.Contains("fe80::1", peer.Paths("2001:db9:7::/48")[0].NextHop, StringComparison.Ordinal);
    }

    /// <summary>Sends a router advertisement (RFC 4861 section 4.2) twice a second: that is how FRR finds a neighbour on an interface.</summary>
    private sealed class RouterAdvertiser : IDisposable
    {
        private static readonly byte[] Advertisement = [134, 0, 0, 0, 64, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0];
        private readonly Socket _socket;
        private readonly Timer _timer;

        public RouterAdvertiser(TestNamespaces namespaces, long scope)
        {
            _socket = namespaces.Inside(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6));
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
            _socket.Bind(new IPEndPoint(new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), scope), 0));
            var everybody = new IPEndPoint(new IPAddress(IPAddress.Parse("ff02::1").GetAddressBytes(), scope), 0);
            _timer = new Timer(_ => _socket.SendTo(Advertisement, everybody), null, 0, 500);
        }

        public void Dispose()
        {
            using var done = new ManualResetEvent(false);
            _timer.Dispose(done);
            done.WaitOne();
            _socket.Dispose();
        }
    }
}
