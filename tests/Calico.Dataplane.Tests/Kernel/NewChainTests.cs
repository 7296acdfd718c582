using System.Net;
using System.Net.Sockets;
using Calico.Dataplane.Tests.Support;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>
/// A packet walks by the rules of the moment it set out at, and finds elements as they are when it looks: a chain made in the transaction that leads to it is still empty to it,
/// and an empty chain lets through.
/// </summary>
[Collection(nameof(KillTests))] // Not beside it: both flood.
public sealed class NewChainTests(ITestOutputHelper output)
{
    private const int Flushes = 1500, Packets = 50_000;
    private long _sent;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_forbidden_packet_slips_through_a_chain_that_has_just_been_made()
    {
        using Fabric fabric = new();
        PrivateNetns api = fabric.AddPod(DataplaneWorker.Api);
        Cluster cluster = new();
        cluster.Engine.Upsert(DataplaneWorker.Api);
        cluster.Engine.Upsert(Policy_("api", "app == 'api'", Allow("app == 'web'", 80)));
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, NetlinkKernel.Open(fabric.Node.Handle));
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(Cancelled);
        using Socket silent = api.Handle.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        IPEndPoint target = new(IPAddress.Parse("10.0.0.2"), 80);
        silent.Bind(target);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task flood = Task.Factory.StartNew(() => Flood(fabric.Outside, target, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        // On a busy machine more flushes, so that as many packets meet them.
        for (int i = 0; i < Flushes || (i < 10 * Flushes && Volatile.Read(ref _sent) < Packets); i++)
        {
            // Another list of policies is another chain.
            if (i % 2 == 0) cluster.Engine.Upsert(Policy_("other", "app == 'api'", Allow("app == 'db'", (ushort)(1 + i))));
            else cluster.Engine.Remove(Policy_("other", "", []).Id);
            dataplane.Apply(cluster.Engine.Flush());
            Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        }

        await stop.CancelAsync();
        await flood;
        output.WriteLine($"{_sent} packets sent");
        Assert.True(_sent > 10_000, "there was hardly any traffic");
        Assert.Equal(0, silent.Available);
    }

    private void Flood(PrivateNetns from, IPEndPoint target, CancellationToken stop)
    {
        using Socket socket = from.Handle.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        for (; !stop.IsCancellationRequested; Volatile.Write(ref _sent, _sent + 1)) socket.SendTo([1], target);
    }
}
