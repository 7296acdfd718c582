using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp.Tests.Transport;

public class ListenTests
{
    [Fact]
    public async Task A_neighbour_that_connects_while_the_speaker_starts_is_taken()
    {
        using var early = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Socket? first = null;
        await using var speaker = new BgpSpeaker(
            new BgpSpeakerOptions
            {
                Asn = 65000,
                RouterId = IPAddress.Parse("10.99.0.1"),
                Listen = [new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)],
                Neighbors = [new() { Address = IPAddress.Loopback, Passive = true }],
            },
            createSocket: family =>
            {
                var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
                if (first is null)
                {
                    first = socket;
                    return socket;
                }

                // The first address is listened on, the speaker not started yet: whoever accepts now has time to.
                early.Connect(first.LocalEndPoint!);
                Thread.Sleep(100);
                return socket;
            });
        await speaker.StartAsync();
        var head = new byte[19];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (int have = 0, count; have < head.Length; have += count)
        {
            count = await early.ReceiveAsync(head.AsMemory(have), limit.Token);
            Assert.NotEqual(0, count);
        }

        Assert.Equal(MessageType.Open, (MessageType)head[18]);
    }
}
