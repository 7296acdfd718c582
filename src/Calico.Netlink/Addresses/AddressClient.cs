using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Addresses of a network namespace's interfaces.</summary>
public sealed class AddressClient
{
    private readonly NetlinkConnection _connection;

    internal AddressClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>The addresses of one interface or of all.</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV).</exception>
    public ValueTask<IReadOnlyList<InterfaceAddress>> ListAsync(int? interfaceIndex = null, AddressFamily? family = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<InterfaceAddress>(
            batch => batch.DumpAddresses(interfaceIndex, family), InterfaceAddress.TryDecode,
            address => (interfaceIndex is null || address.InterfaceIndex == interfaceIndex) && (family is null || address.Address.AddressFamily == family), cancellationToken);

    /// <summary>Adds an address with its prefix length to an interface.</summary>
    /// <exception cref="NetlinkException">The interface has it (EEXIST), or there is no such interface (ENODEV).</exception>
    public ValueTask AddAsync(int interfaceIndex, IPAddress address, int prefixLength, CancellationToken cancellationToken = default) =>
        AddAsync(new InterfaceAddress { InterfaceIndex = interfaceIndex, Address = address, PrefixLength = prefixLength }, cancellationToken);

    /// <summary>Adds an address.</summary>
    /// <exception cref="NetlinkException">The interface has it (EEXIST), or there is no such interface (ENODEV).</exception>
    public ValueTask AddAsync(InterfaceAddress address, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddAddress(address), cancellationToken);

    /// <summary>Adds an address or changes lifetimes and flags of an existing one.</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV).</exception>
    public ValueTask ReplaceAsync(InterfaceAddress address, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.ReplaceAddress(address), cancellationToken);

    /// <summary>Deletes an address.</summary>
    /// <exception cref="NetlinkException">The interface does not have it (EADDRNOTAVAIL).</exception>
    public ValueTask DeleteAsync(InterfaceAddress address, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteAddress(address), cancellationToken);
}
