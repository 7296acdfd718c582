using System.Net;

namespace Calico.Netlink;

/// <summary>What the running kernel can do, tried out in a namespace that is made for it and thrown away.</summary>
public sealed record KernelFeatures
{
    /// <summary>The kinds of links that can be made, of those asked for.</summary>
    public IReadOnlySet<string> LinkKinds { get; init; } = new HashSet<string>();

    /// <summary>Nexthop objects (kernel 5.3).</summary>
    public bool NexthopObjects { get; init; }

    /// <summary>IPv6.</summary>
    public bool IPv6 { get; init; }

    /// <summary>Connection tracking over netlink.</summary>
    public bool Conntrack { get; init; }

    /// <summary>nf_tables.</summary>
    public bool NfTables { get; init; }

    /// <summary>ipset.</summary>
    public bool IpSet { get; init; }

    /// <summary>TUN and TAP interfaces.</summary>
    public bool Tun { get; init; }

    /// <summary>Tries everything out. Takes some milliseconds; nothing outside the throw-away namespace is touched.</summary>
    /// <exception cref="NetlinkException">CAP_SYS_ADMIN is missing.</exception>
    public static async Task<KernelFeatures> ProbeAsync(CancellationToken cancellationToken = default)
    {
        using NetworkNamespace network = NetworkNamespace.CreateAnonymous();
        NetlinkConnectionOptions options = new() { Namespace = network };
        using RtNetlink netlink = RtNetlink.Open(options);
        HashSet<string> kinds = new(StringComparer.Ordinal);
        foreach (LinkKind kind in Kinds())
        {
            if (await WorksAsync(netlink.Links.AddAsync("probe", kind, cancellationToken: cancellationToken)).ConfigureAwait(false))
            {
                kinds.Add(kind.Name);
                await WorksAsync(netlink.Links.DeleteAsync("probe", cancellationToken)).ConfigureAwait(false);
            }
        }

        return new KernelFeatures
        {
            LinkKinds = kinds,
            NexthopObjects = await WorksAsync(netlink.Nexthops.ListAsync(cancellationToken)).ConfigureAwait(false),
            IPv6 = network.Run(() => Directory.Exists("/proc/sys/net/ipv6")),
            Conntrack = await WorksAsync(options, batch => batch.DumpFlows(), cancellationToken).ConfigureAwait(false),
            NfTables = await WorksAsync(options, batch => batch.BeginNetfilter(NfTablesSubsystem, GetGeneration, NetlinkFlags.None, family: 0), cancellationToken).ConfigureAwait(false),
            IpSet = await WorksAsync(options, batch => IpSetMessages.Begin(batch, IpSetMessages.List, null, NetlinkFlags.Dump), cancellationToken).ConfigureAwait(false),
            Tun = network.Run(TunWorks),
        };
    }

    private const byte NfTablesSubsystem = 10, GetGeneration = 16;

    private static IEnumerable<LinkKind> Kinds() =>
    [
        new VethLink { PeerName = "probe2" }, new DummyLink(), new BridgeLink(), new VxlanLink { Id = 1, Port = 4789, Local = IPAddress.Loopback }, new VrfLink(10), new WireGuardLink(),
        new IpTunnelLink(IpTunnelKind.IpIp) { Local = IPAddress.Loopback, Remote = IPAddress.Parse("127.0.0.2") },
        new IpTunnelLink(IpTunnelKind.Sit) { Local = IPAddress.Loopback, Remote = IPAddress.Parse("127.0.0.2") },
        new IpTunnelLink(IpTunnelKind.Ip6) { Local = IPAddress.IPv6Loopback, Remote = IPAddress.Parse("::2") },
    ];

    private static async ValueTask<bool> WorksAsync(NetlinkConnectionOptions options, Action<NetlinkBatch> write, CancellationToken cancellationToken)
    {
        try
        {
            using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter, options);
            await connection.RequestAsync(write, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    private static async ValueTask<bool> WorksAsync<T>(ValueTask<T> attempt)
    {
        try
        {
            await attempt.ConfigureAwait(false);
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    private static ValueTask<bool> WorksAsync(ValueTask attempt) => WorksAsync(WithResultAsync(attempt));

    private static async ValueTask<bool> WithResultAsync(ValueTask attempt)
    {
        await attempt.ConfigureAwait(false);
        return true;
    }

    private static bool TunWorks()
    {
        try
        {
            TunDevice.Open("probe").Dispose();
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }
}
