using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Neighbours, proxy entries and forwarding databases of a network namespace.</summary>
public sealed class NeighbourClient
{
    private readonly NetlinkConnection _connection;

    internal NeighbourClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>The neighbours of one interface or of all, without proxy entries.</summary>
    public ValueTask<IReadOnlyList<Neighbour>> ListAsync(int? interfaceIndex = null, AddressFamily? family = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Neighbour>(
            batch => batch.DumpNeighbours(interfaceIndex, family), Neighbour.TryDecode,
            n => !n.IsForwarding && n.Address is not null && (family is null || n.Address.AddressFamily == family) && (interfaceIndex is null || n.InterfaceIndex == interfaceIndex), cancellationToken);

    /// <summary>The proxy entries of one interface or of all.</summary>
    public ValueTask<IReadOnlyList<Neighbour>> ListProxiesAsync(int? interfaceIndex = null, AddressFamily? family = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Neighbour>(
            batch => batch.DumpNeighbours(interfaceIndex, family, proxies: true), Neighbour.TryDecode,
            n => (n.Flags & NeighbourFlags.Proxy) != 0 && (interfaceIndex is null || n.InterfaceIndex == interfaceIndex), cancellationToken);

    /// <summary>The forwarding entries (FDB) of one bridge port or VXLAN device or of all.</summary>
    public ValueTask<IReadOnlyList<Neighbour>> ListForwardingAsync(int? interfaceIndex = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Neighbour>(
            batch => batch.DumpNeighbours(interfaceIndex, forwarding: true), Neighbour.TryDecode,
            n => n.IsForwarding && (interfaceIndex is null || n.InterfaceIndex == interfaceIndex), cancellationToken);

    /// <summary>Adds an entry.</summary>
    /// <exception cref="NetlinkException">It is there (EEXIST), or there is no such interface (ENODEV).</exception>
    public ValueTask AddAsync(Neighbour neighbour, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddNeighbour(neighbour), cancellationToken);

    /// <summary>Adds a permanent neighbour.</summary>
    /// <exception cref="NetlinkException">It is there (EEXIST), or there is no such interface (ENODEV).</exception>
    public ValueTask AddPermanentAsync(int interfaceIndex, IPAddress address, PhysicalAddress linkAddress, CancellationToken cancellationToken = default) =>
        AddAsync(new Neighbour { InterfaceIndex = interfaceIndex, Address = address, LinkAddress = linkAddress }, cancellationToken);

    /// <summary>Makes the interface answer for an address (proxy ARP, proxy NDP).</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV).</exception>
    public ValueTask AddProxyAsync(int interfaceIndex, IPAddress address, CancellationToken cancellationToken = default) =>
        AddAsync(new Neighbour { InterfaceIndex = interfaceIndex, Address = address, Flags = NeighbourFlags.Proxy }, cancellationToken);

    /// <summary>Adds an entry or replaces it.</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV).</exception>
    public ValueTask ReplaceAsync(Neighbour neighbour, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.ReplaceNeighbour(neighbour), cancellationToken);

    /// <summary>Adds a further remote end to a forwarding entry.</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV).</exception>
    public ValueTask AppendAsync(Neighbour neighbour, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AppendNeighbour(neighbour), cancellationToken);

    /// <summary>Deletes an entry.</summary>
    /// <exception cref="NetlinkException">There is none like it (ENOENT).</exception>
    public ValueTask DeleteAsync(Neighbour neighbour, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteNeighbour(neighbour), cancellationToken);
}
