using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp.Tests.Core;

/// <summary>Over real TCP on loopback: what bad neighbours do to the good ones, which is nothing.</summary>
public class RobustnessTests
{
    private static BgpSpeaker Speaker(params NeighborOptions[] more) => new(new BgpSpeakerOptions
    {
        Asn = 65000,
        RouterId = IPAddress.Parse("10.99.0.1"),
        EbgpRequiresPolicy = false,
        Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        Neighbors = [N("127.0.0.11", 65101), N("127.0.0.12", 65102), .. more],
    });

    private static NeighborOptions N(string address, uint asn) => new() { Address = IPAddress.Parse(address), Asn = new Asn(asn), Passive = true };

    private static async Task<Socket> Connect(BgpSpeaker speaker, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(speaker.ListenEndPoints[0]);
        return socket;
    }

    private static byte[] Open(uint asn, byte id)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        OpenWriter.Write(writer, asn, 180, 0x0A630000u | id, new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(asn) });
        MessageWriter.WriteKeepalive(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] Route(uint asn, int n) => TestUpdates.Announce(
        new PathAttributesBuilder().SetAsPath(AsPath.Of(new Asn(asn))).Build(), IPAddress.Parse("192.0.2.1"), new IPNetwork(new IPAddress([20, (byte)(n / 256), (byte)n, 0]), 24));

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        for (int i = 0; i < 600; i++)
        {
            if (await condition()) return;
            await Task.Delay(25);
        }

        Assert.Fail($"Did not happen within 15 s: {what}");
    }

    private static async Task<bool> IsUp(BgpSpeaker speaker, string address) =>
        (await speaker.GetNeighborsAsync()).Any(n => n.Address.ToString() == address && n.State == BgpState.Established);

    [Fact]
    public async Task A_neighbour_that_sends_octet_by_octet_is_understood()
    {
        await using BgpSpeaker speaker = Speaker();
        await speaker.StartAsync();
        using Socket slow = await Connect(speaker, "127.0.0.11");
        foreach (byte octet in Open(65101, 11).Concat(Route(65101, 1)).Concat(Route(65101, 2)))
            await slow.SendAsync(new[] { octet });
        await Until(async () => (await speaker.GetRoutesAsync()).Count == 2, "both routes are there");
    }

    [Fact]
    public async Task A_flood_of_noise_and_half_open_connections_do_not_disturb_a_session()
    {
        await using BgpSpeaker speaker = Speaker();
        await speaker.StartAsync();
        using Socket good = await Connect(speaker, "127.0.0.12");
        await good.SendAsync(Open(65102, 12));
        await Until(() => IsUp(speaker, "127.0.0.12"), "session is up");
        var noise = new byte[64 * 1024];
        Random.Shared.NextBytes(noise);
        for (int i = 0; i < 200; i++)
        {
            using Socket bad = await Connect(speaker, "127.0.0.11");
            try
            {
                if (i % 2 == 0) await bad.SendAsync(noise);
            }
            catch (SocketException)
            {
                // It hung up on us, as it should.
            }
        }

        await good.SendAsync(Route(65102, 1));
        await Until(async () => (await speaker.GetRoutesAsync()).Count == 1, "the route arrives");
        Assert.Equal(1, (await speaker.GetNeighborsAsync())[1].TimesEstablished);
    }

    [Fact]
    public async Task Five_thousand_idle_connections_leave_room_for_neighbours()
    {
        await using BgpSpeaker speaker = Speaker();
        await speaker.StartAsync();
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 5000; i++) idle.Add(await Connect(speaker, $"127.0.{1 + i / 200}.{1 + i % 200}"));
            using Socket good = await Connect(speaker, "127.0.0.12");
            await good.SendAsync(Open(65102, 12));
            await good.SendAsync(Route(65102, 1));
            await Until(async () => (await speaker.GetRoutesAsync()).Count == 1, "a neighbour gets through");
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.TooManyOpenSockets)
        {
            Assert.Skip("This machine does not let one process have 10,000 sockets.");
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task A_neighbour_that_stops_reading_does_not_delay_another()
    {
        await using BgpSpeaker speaker = Speaker(N("127.0.0.13", 65103));
        await speaker.StartAsync();
        using Socket stalled = await Connect(speaker, "127.0.0.11");
        await stalled.SendAsync(Open(65101, 11));
        using Socket reader = await Connect(speaker, "127.0.0.13");
        await reader.SendAsync(Open(65103, 13));
        await Until(async () => await IsUp(speaker, "127.0.0.11") && await IsUp(speaker, "127.0.0.13"), "both are up");
        var got = new Dictionary<string, bool>();
        Task reading = Task.Run(() => ReadUpdates(reader, got));
        PathAttributes Attributes(int n) => new PathAttributesBuilder().Add(new Community((uint)n)).Add(new LargeCommunity(1, 2, (uint)n)).Build();
        // 100,000 attribute sets of their own: some 10 MB for each neighbour, twice.
        for (int round = 0; round < 2; round++)
        {
            int r = round;
            await speaker.AnnounceAsync([.. Enumerable.Range(0, 100_000).Select(n => new LocalRoute(Prefix(n)) { Attributes = Attributes(n + r * 1_000_000) })]);
        }

        await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("203.0.113.0/24")));
        await Until(() =>
        {
            lock (got) return Task.FromResult(got.ContainsKey("203.0.113.0/24") && got.Count == 100_001);
        }, "the reader has everything");
        NeighborStatus slow = (await speaker.GetNeighborsAsync()).Single(n => n.Address.ToString() == "127.0.0.11");
        Assert.Equal(BgpState.Established, slow.State);
        Assert.InRange(slow.BytesQueued, 1, 8 * 1024 * 1024);
        var late = new Dictionary<string, bool>();
        Task catchingUp = Task.Run(() => ReadUpdates(stalled, late));
        await Until(() =>
        {
            lock (late) return Task.FromResult(late.Count == 100_001);
        }, "the slow one catches up");
        stalled.Dispose();
        reader.Dispose();
        await Task.WhenAll(reading, catchingUp);
    }

    private static IPNetwork Prefix(int n) => new(new IPAddress([30, (byte)(n >> 16), (byte)(n >> 8), (byte)n]), 32);

    private static void ReadUpdates(Socket socket, Dictionary<string, bool> got)
    {
        var decoder = new UpdateDecoder(new UpdateDecoderOptions());
        var buffer = new byte[1 << 20];
        int have = 0;
        try
        {
            while (true)
            {
                int count = socket.Receive(buffer.AsSpan(have));
                if (count == 0) return;
                have += count;
                int at = 0;
                while (MessageFrame.TryRead(buffer.AsSpan(at, have - at), MessageFrame.ExtendedMaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
                {
                    at += message.Raw.Length;
                    if (message.Type != MessageType.Update) continue;
                    var nlri = new NlriReader(Family.Ipv4Unicast, decoder.Decode(message.Body).Nlri);
                    lock (got)
                    {
                        while (nlri.TryRead(out Nlri one)) got[one.ToString()] = true;
                    }
                }

                buffer.AsSpan(at, have - at).CopyTo(buffer);
                have -= at;
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }
}
