namespace Calico.Netlink;

/// <summary>Nexthop objects of a network namespace.</summary>
public sealed class NexthopClient
{
    private readonly NetlinkConnection _connection;

    internal NexthopClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>All objects, by id.</summary>
    /// <exception cref="NetlinkException">The kernel has no nexthop objects (EOPNOTSUPP).</exception>
    public ValueTask<IReadOnlyList<Nexthop>> ListAsync(CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Nexthop>(batch => batch.DumpNexthops(), Nexthop.TryDecode, null, cancellationToken);

    /// <summary>Adds an object.</summary>
    /// <exception cref="NetlinkException">The id is taken (EEXIST), or the kernel refuses it.</exception>
    public ValueTask AddAsync(Nexthop nexthop, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddNexthop(nexthop), cancellationToken);

    /// <summary>Adds an object or changes it under all routes that point to it.</summary>
    /// <exception cref="NetlinkException">The kernel refuses it.</exception>
    public ValueTask ReplaceAsync(Nexthop nexthop, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.ReplaceNexthop(nexthop), cancellationToken);

    /// <summary>Deletes an object and with it every route that points to it.</summary>
    /// <exception cref="NetlinkException">There is none of that id (ENOENT).</exception>
    public ValueTask DeleteAsync(uint id, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteNexthop(id), cancellationToken);
}
