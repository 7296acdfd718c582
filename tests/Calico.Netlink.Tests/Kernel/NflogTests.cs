using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

public sealed class NflogTests
{
    private const string Ruleset = """
        table inet logs {
          chain out {
            type filter hook output priority 0
            udp dport 9000 meta mark set 0x77 log prefix "to nine: " group 5 snaplen 64
            udp dport 9001 log group 6
          }
        }
        """;

    [Fact]
    public async Task Logged_packets_come_with_prefix_mark_and_interface()
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        await netlink.Links.SetUpAsync(1, limit.Token);
        Tools.Run(network, "nft", "-f -", Ruleset);
        using NflogListener listener = await NflogListener.OpenAsync([5, 6], new NflogOptions { Connection = Lab.In(network) }, limit.Token);
        Assert.Equal(Errno.NotPermitted, (await Assert.ThrowsAsync<NetlinkException>(async () =>
            (await NflogListener.OpenAsync([5], new NflogOptions { Connection = Lab.In(network) }, limit.Token)).Dispose())).Errno);

        using Socket socket = network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.SendToAsync(new byte[] { 1, 2, 3 }, new IPEndPoint(IPAddress.Loopback, 9000));
        await socket.SendToAsync(new byte[] { 4 }, new IPEndPoint(IPAddress.Loopback, 9001));
        List<NflogPacket> packets = await listener.ReadAllAsync(limit.Token).Take(2).ToListAsync(limit.Token);
        NflogPacket first = Assert.Single(packets, p => p.Group == 5), second = Assert.Single(packets, p => p.Group == 6);
        Assert.Equal(("to nine: ", 0x77u, 1, 0x0800, 3), (first.Prefix, first.Mark, first.OutputInterface, first.HardwareProtocol, first.Hook));
        Assert.Equal(31, first.Payload.Length);
        Assert.Equal([1, 2, 3], first.Payload[28..].ToArray());
        Assert.Equal(("", 0u, 0u), (second.Prefix, second.Mark, second.LostBefore));
        Assert.NotNull(second.UserId);
    }

    [Fact]
    public async Task A_slow_reader_learns_how_many_packets_it_missed()
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        await netlink.Links.SetUpAsync(1, limit.Token);
        Tools.Run(network, "nft", "-f -", Ruleset);
        NflogOptions options = new() { Connection = Lab.In(network) with { ReceiveBufferBytes = 16 * 1024 } };
        using NflogListener listener = await NflogListener.OpenAsync([6], options, limit.Token);
        using Socket socket = network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        for (int i = 0; i < 2000; i++) await socket.SendToAsync(new byte[100], new IPEndPoint(IPAddress.Loopback, 9001));

        uint seen = 0, lost = 0;
        await using IAsyncEnumerator<NflogPacket> packets = listener.ReadAllAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        while (seen + lost < 2001)
        {
            ValueTask<bool> next = packets.MoveNextAsync();
            // Everything that was kept has been read: one more packet shows the gap.
            if (!next.IsCompleted) await socket.SendToAsync(new byte[100], new IPEndPoint(IPAddress.Loopback, 9001));
            Assert.True(await next);
            seen++;
            lost += packets.Current.LostBefore;
        }

        Assert.Equal(2001u, seen + lost);
        Assert.True(lost > 0);
    }
}
