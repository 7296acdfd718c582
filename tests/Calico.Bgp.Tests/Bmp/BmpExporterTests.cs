using System.Net;
using System.Net.Sockets;
using Calico.Bgp.Bmp;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>The exporter on TCP: it connects, comes again, and says why it goes.</summary>
public sealed class BmpExporterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_collector_is_told_again_after_it_was_away_and_gets_a_goodbye()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var speaker = new BgpSpeaker(new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1") });
        await speaker.StartAsync();
        await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("20.0.0.0/8")));
        await using var exporter = new BmpExporter(speaker, new BmpOptions
        {
            Collector = listener.LocalEndpoint,
            Tables = BmpTables.LocRib,
            ReconnectTime = TimeSpan.FromMilliseconds(20),
        });
        exporter.Start();
        for (int round = 0; round < 2; round++)
        {
            using Socket connection = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
            var collector = new BmpCollector();
            await ReadAsync(connection, collector, () => collector.Table("loc-rib").Count == 1);
            await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("21.0.0.0/8")));
            await ReadAsync(connection, collector, () => collector.Table("loc-rib").Count == 2);
            await speaker.WithdrawAsync(IPNetwork.Parse("21.0.0.0/8"));
            await ReadAsync(connection, collector, () => collector.Table("loc-rib").Count == 1);
            if (round == 0) continue;
            Task ending = exporter.DisposeAsync().AsTask();
            await ReadAsync(connection, collector, () => collector.Events.Contains("Termination Administrative"));
            await ending.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Options_that_make_no_sense_are_named()
    {
        var speaker = new BgpSpeaker(new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1") });
        var options = new BmpOptions { Collector = new IPEndPoint(IPAddress.Loopback, 1) };
        Assert.Contains("QueueLimit", Assert.Throws<ArgumentException>(() => new BmpExporter(speaker, options with { QueueLimit = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("ReconnectTime", Assert.Throws<ArgumentException>(() => new BmpExporter(speaker, options with { ReconnectTime = TimeSpan.Zero })).Message, StringComparison.Ordinal);
        Assert.Contains("Collector", Assert.Throws<ArgumentException>(() => new BmpExporter(speaker, options with { Collector = new UnixDomainSocketEndPoint("/x") })).Message, StringComparison.Ordinal);
    }

    private static async Task ReadAsync(Socket connection, BmpCollector collector, Func<bool> until)
    {
        byte[] buffer = new byte[65536];
        while (!until())
        {
            int count = await connection.ReceiveAsync(buffer).WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, count);
            collector.Give(buffer.AsSpan(0, count));
        }
    }
}
