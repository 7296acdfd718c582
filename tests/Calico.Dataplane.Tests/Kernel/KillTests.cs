using System.Net;
using System.Net.Sockets;
using Calico.Dataplane.Tests.Support;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>
/// The process that programs the kernel is killed (SIGKILL) wherever it happens to be – reading, writing, between – and started again, under traffic: not one packet of
/// an allowed flow is lost, not one of a forbidden flow arrives.
/// </summary>
[Collection(nameof(KillTests))]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Rounds = 25;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_allowed_packet_is_lost_and_no_forbidden_one_arrives()
    {
        using Fabric fabric = new();
        PrivateNetns web = fabric.AddPod(DataplaneWorker.Web), api = fabric.AddPod(DataplaneWorker.Api);
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        using (DataplaneWorker first = DataplaneWorker.Start(fabric.Node, random.Next()))
        {
            await first.Flushed.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
            await first.KillAsync();
            Assert.Equal("", first.Error);
        }

        IPEndPoint open = new(IPAddress.Parse("10.0.0.2"), 80), closed = new(IPAddress.Parse("10.0.0.2"), 81);
        using Socket receiver = Bound(api, open), mustStaySilent = Bound(api, closed);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task<(int Arrived, int Foreign)> receiving = Task.Run(() => Receive(receiver, stop.Token), CancellationToken.None);
        Task<int> allowed = Task.Run(() => web.Handle.Run(() => Send(open, stop.Token)), CancellationToken.None);
        Task<int> forbiddenPort = Task.Run(() => web.Handle.Run(() => Send(closed, stop.Token)), CancellationToken.None);
        Task<int> forbiddenSender = Task.Run(() => fabric.Outside.Handle.Run(() => Send(open, stop.Token)), CancellationToken.None);

        long deadline = Environment.TickCount64 + (long)Budget.TotalMilliseconds;
        int kills = 0;
        for (; kills < Rounds && (kills < 3 || Environment.TickCount64 < deadline); kills++)
        {
            using DataplaneWorker worker = DataplaneWorker.Start(fabric.Node, random.Next());
            // Some before the first write, most while it writes.
            if (random.Next(4) > 0) await worker.Flushed.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
            await Task.Delay(random.Next(0, 150), Cancelled);
            await worker.KillAsync();
            Assert.Equal("", worker.Error);
        }

        await stop.CancelAsync();
        (int arrived, int foreign) = await receiving;
        int sent = await allowed;
        output.WriteLine($"{kills} kills, {sent} allowed packets sent, {arrived} arrived; {await forbiddenPort + await forbiddenSender} forbidden ones sent");
        Assert.True(sent > 200 && await forbiddenPort > 200 && await forbiddenSender > 200, "there was hardly any traffic");
        Assert.Equal((sent, 0, 0), (arrived, foreign, mustStaySilent.Available));
    }

    private static Socket Bound(PrivateNetns ns, IPEndPoint address)
    {
        Socket socket = ns.Handle.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(address);
        socket.ReceiveBufferSize = 1 << 20;
        socket.ReceiveTimeout = 500;
        return socket;
    }

    /// <summary>Every packet is the first of a flow, so that it meets the policy; each is sent once.</summary>
    private static int Send(IPEndPoint to, CancellationToken stop)
    {
        int sent = 0;
        for (; !stop.IsCancellationRequested; sent++)
        {
            using Socket sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            sender.SendTo([1], to);
            Thread.Sleep(3);
        }

        return sent;
    }

    private static (int Arrived, int Foreign) Receive(Socket receiver, CancellationToken stop)
    {
        (int arrived, int foreign, bool last) = (0, 0, false);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (true)
        {
            try
            {
                receiver.ReceiveFrom(new byte[4], ref from);
                if (((IPEndPoint)from).Address.Equals(DataplaneWorker.Web.Nets[0].BaseAddress)) arrived++;
                else foreign++;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                // Silence after the senders have stopped: what was on its way has come.
                if (last) return (arrived, foreign);
                last = stop.IsCancellationRequested;
            }
        }
    }
}
