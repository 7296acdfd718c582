using System.Net;
using System.Net.Sockets;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A node in a namespace with pods in namespaces of their own, wired as Calico wires them, and an outside host behind the node's eth0.</summary>
internal sealed class Fabric : IDisposable
{
    private readonly List<PrivateNetns> _all = [];

    public Fabric()
    {
        Node = Add("node");
        Outside = Add("outside");
        Node.Run("ip", $"link add eth0 type veth peer name eth0 netns {Outside.Name}");
        Address(Node, "eth0", "172.16.0.1/24", "fd00:cafe::1/64");
        Address(Outside, "eth0", "172.16.0.9/24", "fd00:cafe::9/64");
        Node.Run("ip", "route add default via 172.16.0.9"); // proxy ARP answers only for what is routed elsewhere
        Node.Run("ip", "-6 route add default via fd00:cafe::9");
        Outside.Run("ip", "route add 10.0.0.0/8 via 172.16.0.1");
        Outside.Run("ip", "-6 route add fd00::/32 via fd00:cafe::1");
    }

    /// <summary>Pods of a node that is already there and stays behind.</summary>
    public Fabric(PrivateNetns node) => (Node, Outside) = (node, node);

    public PrivateNetns Node { get; }

    public PrivateNetns Outside { get; }

    /// <summary>A pod's namespace with the wiring of its endpoint.</summary>
    public PrivateNetns AddPod(WorkloadEndpointModel pod)
    {
        PrivateNetns ns = Add("pod");
        Node.Run("ip", $"link add {pod.InterfaceName} type veth peer name eth0 netns {ns.Name}");
        Node.Run("sysctl", $"-qw net.ipv6.conf.{pod.InterfaceName}.accept_dad=0");
        Node.Run("ip", $"link set {pod.InterfaceName} address ee:ee:ee:ee:ee:ee up");
        ns.Run("sysctl", "-qw net.ipv6.conf.eth0.accept_dad=0");
        Address(ns, "eth0", [.. pod.Nets.Select(n => n.ToString())]);
        ns.Run("ip", "route add 169.254.1.1 dev eth0 scope link");
        ns.Run("ip", "route add default via 169.254.1.1 dev eth0");
        ns.Run("ip", "-6 route add default via fe80::ecee:eeff:feee:eeee dev eth0");
        return ns;
    }

    /// <summary>Whether a TCP connection comes about within a moment. A second try forgives a neighbour that was slow to be found.</summary>
    public static bool Connects(PrivateNetns from, PrivateNetns to, string address, int port) =>
        TryConnect(from, to, address, port, 400) || TryConnect(from, to, address, port, 1200);

    private static bool TryConnect(PrivateNetns from, PrivateNetns to, string address, int port, int milliseconds)
    {
        IPEndPoint target = new(IPAddress.Parse(address), port);
        using Socket listener = to.Handle.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(target);
        listener.Listen();
        using Socket client = from.Handle.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(milliseconds));
        try
        {
            client.ConnectAsync(target, patience.Token).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether a UDP datagram arrives within a moment; from which address, if it does.</summary>
    public static IPEndPoint? Delivers(PrivateNetns from, PrivateNetns to, string address, int port, int sourcePort = 0, string? source = null)
    {
        IPEndPoint target = new(IPAddress.Parse(address), port);
        using Socket receiver = to.Handle.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        receiver.Bind(target);
        receiver.ReceiveTimeout = 400;
        using Socket sender = from.Handle.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        sender.Bind(new IPEndPoint(source is null ? target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any : IPAddress.Parse(source), sourcePort));
        try
        {
            sender.SendTo([1, 2, 3], target);
            EndPoint sentFrom = new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            receiver.ReceiveFrom(new byte[16], ref sentFrom);
            return (IPEndPoint)sentFrom;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public static bool Pings(PrivateNetns from, string address) =>
        from.Run("ping", $"-n -c 1 -W 1 {address}", mayFail: true).Contains(" 1 received", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (PrivateNetns ns in _all) ns.Dispose();
    }

    public PrivateNetns Add(string role)
    {
        PrivateNetns ns = PrivateNetns.Create(role);
        _all.Add(ns);
        return ns;
    }

    public static void Address(PrivateNetns ns, string device, params string[] addresses)
    {
        ns.Run("sysctl", $"-qw net.ipv6.conf.{device}.accept_dad=0"); // without a link-local address a router solicits no neighbour
        foreach (string address in addresses) ns.Run("ip", $"addr add {address} dev {device} {(address.Contains(':') ? "nodad" : "")}");
        ns.Run("ip", $"link set {device} up");
    }
}
