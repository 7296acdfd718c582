using System.Net;
using Calico.Dataplane.Kernel;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane;

/// <summary>The kernel of one network namespace, by netlink and /proc/sys. No program is started.</summary>
public sealed class NetlinkKernel : IDataplaneKernel
{
    private readonly NftClient _nft;
    private readonly RtNetlink _route;
    private readonly Sysctl _sysctl;
    private readonly NetworkNamespace? _network;
    private ConntrackClient? _conntrack;

    /// <summary>A kernel over connections of the caller's; they are closed with this object.</summary>
    /// <param name="nft">nf_tables of the namespace.</param>
    /// <param name="route">Links, addresses and routes of the same namespace.</param>
    /// <param name="sysctl">Kernel parameters of the same namespace.</param>
    /// <param name="network">That namespace, for further sockets; null for the calling thread's.</param>
    public NetlinkKernel(NftClient nft, RtNetlink route, Sysctl sysctl, NetworkNamespace? network = null)
    {
        ArgumentNullException.ThrowIfNull(nft);
        ArgumentNullException.ThrowIfNull(route);
        ArgumentNullException.ThrowIfNull(sysctl);
        (_nft, _route, _sysctl, _network) = (nft, route, sysctl, network);
    }

    /// <summary>Opens connections in a namespace, or in the calling thread's when null.</summary>
    /// <exception cref="NetlinkException">A capability or kernel feature is missing.</exception>
    public static NetlinkKernel Open(NetworkNamespace? network = null)
    {
        network ??= OfThread();
        NetlinkConnectionOptions options = new() { Namespace = network };
        return new NetlinkKernel(NftClient.Open(options), RtNetlink.Open(options), new Sysctl(network), network);
    }

    // A thread that has entered another namespace than its process is remembered: later work runs on other threads.
    private static NetworkNamespace? OfThread() =>
        new FileInfo("/proc/thread-self/ns/net").LinkTarget == new FileInfo("/proc/self/ns/net").LinkTarget ? null : NetworkNamespace.OpenCurrent();

    /// <summary>Links, addresses and routes.</summary>
    public RtNetlink Route => _route;

    /// <summary>nf_tables.</summary>
    public NftClient NfTables => _nft;

    /// <inheritdoc/>
    public async ValueTask<NftTable?> ReadTableAsync(NftTableId table, CancellationToken cancellationToken = default)
    {
        NftSnapshot snapshot = await _nft.ReadTableAsync(table, cancellationToken: cancellationToken).ConfigureAwait(false);
        return snapshot.Table(table);
    }

    /// <inheritdoc/>
    /// <remarks>Where elements of a set in force will lead to new chains, those are made in a transaction of their own before. Of a refused change they may stay behind; nothing leads to them.</remarks>
    public async ValueTask CommitAsync(IReadOnlyList<NftChange> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (Preparation.IsNeeded(changes))
        {
            (List<NftChange> ahead, List<NftChange> last) = Preparation.Split(changes);
            await _nft.CommitAsync(new NftTransaction().Add(ahead), cancellationToken: cancellationToken).ConfigureAwait(false);
            changes = last;
        }

        await _nft.CommitAsync(new NftTransaction().Add(changes), cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KernelInterface>> ReadInterfacesAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Link> links = await _route.Links.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        IReadOnlyList<InterfaceAddress> addresses = await _route.Addresses.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        ILookup<int, IPAddress> byIndex = addresses.ToLookup(a => a.InterfaceIndex, a => a.Address);
        return [.. links.Select(l => new KernelInterface(l.Index, l.Name, l.IsUp, (int)l.Mtu, [.. byIndex[l.Index]]))];
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Route>> ReadRoutesAsync(byte protocol, CancellationToken cancellationToken = default) =>
        _route.Routes.ListAsync(new RouteFilter { Table = WellKnownRouteTables.Main, Protocol = (RouteProtocol)protocol }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RouteFailure>> ChangeRoutesAsync(IReadOnlyList<Route> delete, IReadOnlyList<Route> put, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delete);
        ArgumentNullException.ThrowIfNull(put);
        NetlinkBatch batch = new();
        foreach (Route route in delete) batch.DeleteRoute(route);
        foreach (Route route in put) batch.ReplaceRoute(route);
        if (batch.Count == 0) return [];
        NetlinkBatchResult result = await _route.Connection.SendAsync(batch, cancellationToken: cancellationToken).ConfigureAwait(false);
        List<RouteFailure> failures = [];
        foreach (NetlinkRequestError failure in result.Errors)
        {
            bool deleting = failure.Index < delete.Count;
            if (deleting && failure.Error.Code is Errno.NoSuchProcess or Errno.NoEntry or Errno.NoDevice) continue;
            failures.Add(new RouteFailure(deleting ? delete[failure.Index] : put[failure.Index - delete.Count], failure.Error));
        }

        return failures;
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteFlowsAsync(IPAddress address, CancellationToken cancellationToken = default)
    {
        ConntrackClient conntrack = _conntrack ??= ConntrackClient.Open(new NetlinkConnectionOptions { Namespace = _network });
        return await conntrack.DeleteAsync(new ConntrackFilter { AnyAddress = address }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteFlowsAsync(Predicate<TrackedFlow> condemned, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condemned);
        ConntrackClient conntrack = _conntrack ??= ConntrackClient.Open(new NetlinkConnectionOptions { Namespace = _network });
        int deleted = 0;
        foreach (TrackedFlow flow in await conntrack.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (condemned(flow) && await conntrack.DeleteAsync(flow.Original, flow.Zone, cancellationToken).ConfigureAwait(false)) deleted++;
        }

        return deleted;
    }

    /// <inheritdoc/>
    public ValueTask<bool> EnsureTunnelAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tunnel);
        ArgumentNullException.ThrowIfNull(options);
        return new TunnelApplier(_route).EnsureAsync(tunnel, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteDeviceAsync(string name, CancellationToken cancellationToken = default)
    {
        if (await _route.Links.FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } link) return false;
        await _route.Links.DeleteAsync(link.Index, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> EnsureBandwidthAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return new BandwidthApplier(_route).EnsureAsync(limits, cancellationToken);
    }

    /// <inheritdoc/>
    public string? ReadSetting(string name)
    {
        try
        {
            return _sysctl.Read(name);
        }
        catch (NetlinkException e) when (e.Error.Code == Errno.NoEntry)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void WriteSettings(params (string Name, string Value)[] settings) => _sysctl.Write(settings);

    /// <inheritdoc/>
    public async Task WatchInterfacesAsync(Action changed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        using RtMonitor monitor = RtMonitor.Open(RtGroups.Links | RtGroups.Addresses, new NetlinkConnectionOptions { Namespace = _network });
        await foreach (RtEvent _ in monitor.ReadAllAsync(cancellationToken).ConfigureAwait(false)) changed();
    }

    /// <inheritdoc/>
    public async Task WatchForeignChangesAsync(NftTableId table, byte protocol, Action<ForeignChange> changed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] watches = [WatchTableAsync(table, changed, stop.Token), WatchRoutesAsync((RouteProtocol)protocol, changed, stop.Token)];
        try
        {
            await (await Task.WhenAny(watches).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task WatchTableAsync(NftTableId table, Action<ForeignChange> changed, CancellationToken cancellationToken)
    {
        using NftMonitor monitor = NftMonitor.Open(new NetlinkConnectionOptions { Namespace = _network }, except: _nft.PortId);
        await foreach (NftEvent change in monitor.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (change is NftEventsLost || change.Table == table) changed(ForeignChange.Ruleset);
        }
    }

    private async Task WatchRoutesAsync(RouteProtocol protocol, Action<ForeignChange> changed, CancellationToken cancellationToken)
    {
        using RtMonitor monitor = RtMonitor.Open(RtGroups.Routes, new NetlinkConnectionOptions { Namespace = _network });
        await foreach (RtEvent change in monitor.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            bool ours = change is RouteEvent { Route: { Table: WellKnownRouteTables.Main } route } && (route.Protocol == protocol || ((RouteEvent)change).IsReplacement);
            if (change is EventsLost || ours && change.Origin != _route.Connection.PortId) changed(ForeignChange.Routes);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _nft.Dispose();
        _route.Dispose();
        _conntrack?.Dispose();
    }
}
