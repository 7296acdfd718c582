using System.Net;
using System.Net.Sockets;
using Calico.Dataplane.Kernel;
using Calico.Dataplane.Tests.Support;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>Bandwidth limits of workloads, with real packets: a flood is cut to the burst and what may wait, in the limited direction only.</summary>
public sealed class BandwidthTests : IDisposable
{
    private const int Flood = 200, PacketBits = 1028 * 8;
    private readonly Fabric _fabric = new();
    private readonly Cluster _cluster = new();
    private readonly WorkloadEndpointModel _web = Pod("prod", "web", "10.0.0.1", Node, ("app", "web"));
    private readonly PrivateNetns _pod;

    public BandwidthTests() => _pod = _fabric.AddPod(_web);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flood_is_cut_in_the_limited_direction_and_limits_come_and_go()
    {
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, _fabric.Node.Handle);
        _cluster.Engine.Upsert(_web);
        dataplane.Apply(_cluster.Start());
        async Task LimitAsync(QosModel? qos)
        {
            _cluster.Engine.Upsert(_web with { Qos = qos });
            dataplane.Apply(_cluster.Engine.Flush());
            Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        }

        Count(_fabric.Outside);
        Count(_pod);
        await LimitAsync(new QosModel { EgressBandwidth = PacketBits, EgressBurst = 10 * PacketBits });
        Assert.InRange(Received(_pod, _fabric.Outside, "172.16.0.9"), 1, Flood / 2);
        Assert.Equal(Flood, Received(_fabric.Outside, _pod, "10.0.0.1"));
        Assert.Contains($"dev {_web.InterfaceName} root refcnt", _fabric.Node.Run("tc", "qdisc show"), StringComparison.Ordinal);
        Assert.Contains($"tbf ca11: dev {BandwidthApplier.IfbOf(_web.InterfaceName)} root", _fabric.Node.Run("tc", "qdisc show"), StringComparison.Ordinal);

        await LimitAsync(new QosModel { IngressBandwidth = PacketBits, IngressBurst = 10 * PacketBits, IngressPeakRate = 100 * PacketBits, IngressMinBurst = 2000 });
        Assert.Equal(Flood, Received(_pod, _fabric.Outside, "172.16.0.9"));
        Assert.InRange(Received(_fabric.Outside, _pod, "10.0.0.1"), 1, Flood / 2);
        string shown = _fabric.Node.Run("tc", "qdisc show");
        Assert.Contains($"qdisc tbf ca11: dev {_web.InterfaceName} root refcnt", shown, StringComparison.Ordinal);
        Assert.Contains("peakrate 822400bit minburst", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("ingress", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("bwcali", _fabric.Node.Run("ip", "link show"), StringComparison.Ordinal);

        await LimitAsync(null);
        Assert.Equal(Flood, Received(_fabric.Outside, _pod, "10.0.0.1"));
        Assert.DoesNotContain("tbf", _fabric.Node.Run("tc", "qdisc show"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_takes_away_what_nobody_wants_any_more_and_repairs_the_rest()
    {
        WorkloadEndpointModel limited = _web with { Qos = new QosModel { EgressBandwidth = 8_000_000, IngressBandwidth = 16_000_000 } };
        string whole;
        foreach ((WorkloadEndpointModel endpoint, string? damage) in (List<(WorkloadEndpointModel, string?)>)
            [(limited, null), (limited, $"qdisc del dev {_web.InterfaceName} ingress"), (limited, $"qdisc del dev {_web.InterfaceName} root"), (_web, null)])
        {
            if (damage is not null) _fabric.Node.Run("tc", damage);
            Cluster cluster = new();
            cluster.Engine.Upsert(endpoint);
            await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, _fabric.Node.Handle);
            dataplane.Apply(cluster.Start());
            Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
            whole = _fabric.Node.Run("tc", "qdisc show") + _fabric.Node.Run("tc", $"filter show dev {_web.InterfaceName} ingress", mayFail: true);
            if (endpoint == _web) Assert.DoesNotContain("tbf", whole, StringComparison.Ordinal);
            else Assert.All((string[])["rate 8Mbit burst", "rate 16Mbit burst", "ingress ffff:", "mirred (Egress Redirect to device bwcali"], part => Assert.Contains(part, whole, StringComparison.Ordinal));
        }

        Assert.DoesNotContain("bwcali", _fabric.Node.Run("ip", "link show"), StringComparison.Ordinal);
    }

    private static void Count(PrivateNetns ns) => ns.Run("nft", "-f -", "table inet count { counter arrived { }; chain c { type filter hook input priority -500; udp dport 9 counter name arrived; }; }\n");

    private static int Received(PrivateNetns from, PrivateNetns to, string address)
    {
        to.Run("nft", "reset counter inet count arrived");
        using Socket sender = from.Handle.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        IPEndPoint target = new(IPAddress.Parse(address), 9);
        byte[] payload = new byte[1000];
        sender.SendTo(payload, target); // finds the neighbour
        Thread.Sleep(200);
        for (int i = 1; i < Flood; i++)
        {
            sender.SendTo(payload, target);
            if (i % 20 == 0) Thread.Sleep(1); // a flood, not more than queues on the way hold
        }

        Thread.Sleep(300);
        string[] words = to.Run("nft", "list counter inet count arrived").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return int.Parse(words[Array.IndexOf(words, "packets") + 1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => _fabric.Dispose();
}
