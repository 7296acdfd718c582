using System.Net;
using System.Net.NetworkInformation;
using Calico.Netlink.Testing;
using FsCheck.Xunit;

namespace Calico.Netlink.Tests;

public sealed class RouteCodecTests
{
    [Property(MaxTest = 2000, Arbitrary = [typeof(RouteGenerators)])]
    public void A_route_is_read_as_it_was_written(Route route)
    {
        foreach (NetlinkByteOrder order in new[] { NetlinkByteOrder.LittleEndian, NetlinkByteOrder.BigEndian })
        {
            NetlinkBatch batch = new(order: order);
            batch.AddRoute(route);
            NetlinkMessageReader reader = new(batch.WrittenSpan, order);
            Assert.True(reader.MoveNext());
            Assert.True(Route.TryDecode(reader.Current, out Route read));
            Assert.Equal(route with { Scope = route.Scope }, read);
            Assert.False(reader.MoveNext() || reader.IsMalformed);
        }
    }

    // RTM_NEWROUTE 10.3.0.0/26 via 10.65.0.1 dev #3 onlink proto 80, as a little-endian and as a big-endian machine lays it out.
    [Theory]
    [InlineData(NetlinkByteOrder.LittleEndian, "340000001800010600000000000000000" + "21a0000fe5000010400000008000100" + "0a03000008000500" + "0a41000108000400" + "03000000")]
    [InlineData(NetlinkByteOrder.BigEndian, "000000340018060100000000000000000" + "21a0000fe5000010000000400080001" + "0a03000000080005" + "0a41000100080004" + "00000003")]
    public void Both_byte_orders_have_their_vector(NetlinkByteOrder order, string expected)
    {
        NetlinkBatch batch = new(order: order);
        batch.AddRoute(new Route { Destination = IPNetwork.Parse("10.3.0.0/26"), Gateway = IPAddress.Parse("10.65.0.1"), InterfaceIndex = 3, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico });
        Assert.Equal(expected, Convert.ToHexStringLower(batch.WrittenSpan));
    }

    [Fact]
    public void Encapsulations_are_read_as_they_were_written()
    {
        Route[] routes =
        [
            new() { Destination = IPNetwork.Parse("10.0.0.0/8"), InterfaceIndex = 2, Encapsulation = new IpEncapsulation { Id = 77, Destination = IPAddress.Parse("192.0.2.1"), Source = IPAddress.Parse("192.0.2.2"), TimeToLive = 9 } },
            new() { Destination = IPNetwork.Parse("10.0.0.0/8"), InterfaceIndex = 2, Encapsulation = new IpEncapsulation { Id = 1, Destination = IPAddress.Parse("fd00::1") } },
            new() { Destination = IPNetwork.Parse("10.0.0.0/8"), InterfaceIndex = 2, Encapsulation = new MplsEncapsulation([100, 1_048_575]) },
            new() { Destination = IPNetwork.Parse("10.0.0.0/8"), InterfaceIndex = 2, Encapsulation = new RawEncapsulation(6, new byte[] { 8, 0, 1, 0, 1, 2, 3, 4 }) },
            new() { Destination = IPNetwork.Parse("fd00::/64"), ExpiresInSeconds = null, Source = IPNetwork.Parse("fd01::/48"), InterfaceIndex = 2 },
            new() { Destination = IPNetwork.Parse("10.0.0.0/8"), NextHops = [new() { InterfaceIndex = 2, Encapsulation = new MplsEncapsulation([7]) }, new() { Gateway = IPAddress.Parse("fe80::1"), InterfaceIndex = 3 }] },
        ];
        foreach (Route route in routes)
        {
            NetlinkBatch batch = new();
            batch.AddRoute(route);
            NetlinkMessageReader reader = new(batch.WrittenSpan);
            Assert.True(reader.MoveNext());
            Assert.True(Route.TryDecode(reader.Current, out Route read));
            Assert.Equal(route with { Scope = route.Scope }, read);
        }
    }

    [Fact]
    public void Bad_input_is_refused_with_its_name()
    {
        NetlinkBatch batch = new();
        Assert.Contains("257", Assert.Throws<ArgumentException>(() => batch.AddRoute(new Route { NextHops = [new() { InterfaceIndex = 1, Weight = 257 }, new() { InterfaceIndex = 2 }] })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddAddress(new InterfaceAddress { InterfaceIndex = 1, Address = IPAddress.Loopback, PrefixLength = 33 }));
        Assert.Throws<ArgumentException>(() => batch.AddLink("x", new VxlanLink { Id = 1 << 24 }));
        Assert.Throws<ArgumentException>(() => batch.AddLink("x", new TunLink(false, false)));
        Assert.Throws<ArgumentException>(() => batch.AddNeighbour(new Neighbour { InterfaceIndex = 1, LinkAddress = PhysicalAddress.None }));
        Assert.Throws<ArgumentException>(() => new Route().WithDestination([1, 2, 3], 8));
    }

    [Fact]
    public void Writing_and_reading_routes_allocates_nothing()
    {
        Route template = new() { Gateway = IPAddress.Parse("172.31.0.2"), InterfaceIndex = 3, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico };
        NetlinkBatch batch = new(256 * 1024);
        Assert.Equal(1000, Round(batch, template));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Round(batch, template);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Round(NetlinkBatch batch, in Route template)
    {
        batch.Clear();
        for (uint i = 1; i <= 1000; i++) batch.AddRoute(template.WithHostAddress(0x0A000000u + i));
        int read = 0;
        NetlinkMessageReader reader = new(batch.WrittenSpan);
        while (reader.MoveNext())
        {
            if (Route.TryDecode(reader.Current, out Route route) && route.InterfaceIndex == 3) read++;
        }

        return read;
    }
}
