using System.Net;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane;

/// <summary>An interface of the namespace.</summary>
/// <param name="Index">The kernel's number.</param>
/// <param name="Name">The name.</param>
/// <param name="IsUp">Whether it is administratively up.</param>
/// <param name="Mtu">Largest packet in bytes.</param>
/// <param name="Addresses">Its addresses.</param>
public sealed record KernelInterface(int Index, string Name, bool IsUp, int Mtu, IReadOnlyList<IPAddress> Addresses);

/// <summary>A route the kernel refused.</summary>
/// <param name="Route">The route.</param>
/// <param name="Error">Why.</param>
public sealed record RouteFailure(Route Route, NetlinkError Error);

/// <summary>What the dataplane needs of a kernel. <see cref="NetlinkKernel"/> is the real one; a fake keeps tables in memory.</summary>
public interface IDataplaneKernel : IDisposable
{
    /// <summary>Reads a table with rules, handles and elements; null when there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    ValueTask<NftTable?> ReadTableAsync(NftTableId table, CancellationToken cancellationToken = default);

    /// <summary>Commits changes: all or none.</summary>
    /// <exception cref="NftTransactionException">The kernel refused; nothing was applied.</exception>
    ValueTask CommitAsync(IReadOnlyList<NftChange> changes, CancellationToken cancellationToken = default);

    /// <summary>The interfaces with their addresses.</summary>
    ValueTask<IReadOnlyList<KernelInterface>> ReadInterfacesAsync(CancellationToken cancellationToken = default);

    /// <summary>Routes of the main table that were made with a protocol number.</summary>
    ValueTask<IReadOnlyList<Route>> ReadRoutesAsync(byte protocol, CancellationToken cancellationToken = default);

    /// <summary>Deletes routes, then adds or replaces others; one that fails stops no other. Deleting what is not there is no failure.</summary>
    ValueTask<IReadOnlyList<RouteFailure>> ChangeRoutesAsync(IReadOnlyList<Route> delete, IReadOnlyList<Route> put, CancellationToken cancellationToken = default);

    /// <summary>Deletes the tracked connections that have an address at either end: it moved or died, and its next owner must not inherit them.</summary>
    ValueTask<int> DeleteFlowsAsync(IPAddress address, CancellationToken cancellationToken = default);

    /// <summary>Deletes the tracked connections that a judge condemns.</summary>
    ValueTask<int> DeleteFlowsAsync(Predicate<TrackedFlow> condemned, CancellationToken cancellationToken = default);

    /// <summary>Makes a tunnel device as given, with its address and its peers' neighbour and forwarding entries; what is right already is not written.</summary>
    /// <returns>Whether anything was written.</returns>
    /// <exception cref="NetlinkException">The kernel has no such kind of device, or refused.</exception>
    ValueTask<bool> EnsureTunnelAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken = default);

    /// <summary>Deletes a device; one that is not there is fine.</summary>
    ValueTask<bool> DeleteDeviceAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Makes the bandwidth limits of interfaces as given, and takes those away that are no more; what is right already is not written.</summary>
    /// <param name="limits">By interface; one that is not there is passed over.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What could not be done, each naming its interface.</returns>
    ValueTask<IReadOnlyList<string>> EnsureBandwidthAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken = default);

    /// <summary>Reads a kernel parameter, or null when there is none of that name.</summary>
    string? ReadSetting(string name);

    /// <summary>Calls back whenever an interface or an address may have changed, until cancelled.</summary>
    Task WatchInterfacesAsync(Action changed, CancellationToken cancellationToken);

    /// <summary>Calls back whenever someone else may have changed a table, or the routes of a protocol number in the main table, until cancelled. What was done through this object does not count.</summary>
    Task WatchForeignChangesAsync(NftTableId table, byte protocol, Action<ForeignChange> changed, CancellationToken cancellationToken);

    /// <summary>Writes kernel parameters.</summary>
    /// <exception cref="NetlinkException">One is not there or is refused.</exception>
    void WriteSettings(params (string Name, string Value)[] settings);
}
