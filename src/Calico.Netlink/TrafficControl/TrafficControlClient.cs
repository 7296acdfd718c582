namespace Calico.Netlink;

/// <summary>Traffic control of a network namespace: queueing disciplines and filters.</summary>
public sealed class TrafficControlClient
{
    private readonly NetlinkConnection _connection;

    internal TrafficControlClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>The queueing disciplines of all interfaces, the kernel's defaults among them.</summary>
    public ValueTask<IReadOnlyList<Qdisc>> ListQdiscsAsync(CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Qdisc>(batch => batch.DumpQdiscs(), Qdisc.TryDecode, null, cancellationToken);

    /// <summary>Adds a queueing discipline, or changes the one that hangs there.</summary>
    /// <exception cref="NetlinkException">There is no such interface (ENODEV), or the kernel has not the kind (ENOENT).</exception>
    public ValueTask ReplaceQdiscAsync(Qdisc qdisc, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.ReplaceQdisc(qdisc), cancellationToken);

    /// <summary>Deletes a queueing discipline and all that hangs below it.</summary>
    /// <exception cref="NetlinkException">It is not there (ENOENT, EINVAL), or there is no such interface (ENODEV).</exception>
    public ValueTask DeleteQdiscAsync(Qdisc qdisc, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteQdisc(qdisc), cancellationToken);

    /// <summary>The filters of a queueing discipline.</summary>
    /// <exception cref="NetlinkException">There is no such interface or queueing discipline.</exception>
    public ValueTask<IReadOnlyList<TrafficFilter>> ListFiltersAsync(int interfaceIndex, uint parent, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<TrafficFilter>(batch => batch.DumpFilters(interfaceIndex, parent), TrafficFilter.TryDecode, null, cancellationToken);

    /// <summary>Adds a filter that redirects every packet to the way out of another interface.</summary>
    /// <exception cref="NetlinkException">The priority is taken (EEXIST), or the kernel has not the u32 filter or the mirred action (ENOENT).</exception>
    public ValueTask RedirectAsync(TrafficFilter filter, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddRedirect(filter), cancellationToken);

    /// <summary>Deletes the filters of a priority.</summary>
    /// <exception cref="NetlinkException">There are none (ENOENT).</exception>
    public ValueTask DeleteFilterAsync(TrafficFilter filter, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteFilter(filter), cancellationToken);
}
