using System.Net;

namespace Calico.Netlink.Tests;

public sealed class WireGuardTests
{
    private static readonly GenericFamily Family = new() { Name = WireGuardMessages.FamilyName, Id = 33, Version = 1 };

    [Fact]
    public void A_device_is_read_as_it_was_written()
    {
        byte[] key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)], peerKey = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];
        WireGuardDevice device = new()
        {
            InterfaceIndex = 7, PrivateKey = key, ListenPort = 51820, Mark = 0x100000, ReplacePeers = true,
            Peers =
            [
                new() { PublicKey = peerKey, PresharedKey = key, Endpoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 51820), PersistentKeepaliveSeconds = 25, AllowedIPs = [IPNetwork.Parse("10.65.0.0/26"), IPNetwork.Parse("fd00::/122")] },
                new() { PublicKey = key, Endpoint = new IPEndPoint(IPAddress.Parse("fe80::1%3"), 1), Remove = true },
            ],
        };
        foreach (NetlinkByteOrder order in new[] { NetlinkByteOrder.LittleEndian, NetlinkByteOrder.BigEndian })
        {
            NetlinkBatch batch = new(order: order);
            batch.SetWireGuard(Family, device);
            NetlinkMessageReader reader = new(batch.WrittenSpan, order);
            Assert.True(reader.MoveNext());
            Assert.True(WireGuardMessages.TryDecode(reader.Current, out WireGuardDevice read));
            Assert.Equal((7, (ushort?)51820, (uint?)0x100000, true), (read.InterfaceIndex, read.ListenPort, read.Mark, read.ReplacePeers));
            Assert.Equal(key, read.PrivateKey!.Value.ToArray());
            Assert.Equal(2, read.Peers.Count);
            for (int i = 0; i < 2; i++)
            {
                (WireGuardPeer wanted, WireGuardPeer got) = (device.Peers[i], read.Peers[i]);
                Assert.Equal(wanted.PublicKey.ToArray(), got.PublicKey.ToArray());
                Assert.Equal((wanted.Endpoint, wanted.PersistentKeepaliveSeconds, wanted.Remove), (got.Endpoint, got.PersistentKeepaliveSeconds, got.Remove));
                Assert.Equal(wanted.AllowedIPs, got.AllowedIPs);
            }
        }
    }

    // WG_CMD_SET_DEVICE with WGDEVICE_A_IFINDEX 7 and WGDEVICE_A_LISTEN_PORT 51820.
    [Fact]
    public void The_layout_is_that_of_the_header()
    {
        NetlinkBatch batch = new(order: NetlinkByteOrder.LittleEndian);
        batch.SetWireGuard(Family, new WireGuardDevice { InterfaceIndex = 7, ListenPort = 51820 });
        Assert.Equal("24000000210001000000000000000000" + "01010000" + "0800010007000000" + "060006006cca0000", Convert.ToHexStringLower(batch.WrittenSpan));
    }

    [Fact]
    public void A_key_of_another_length_is_refused() =>
        Assert.Contains("32 bytes", Assert.Throws<ArgumentException>(() => new NetlinkBatch().SetWireGuard(Family, new WireGuardDevice { InterfaceIndex = 1, PrivateKey = new byte[31] })).Message, StringComparison.Ordinal);
}
