namespace Calico.Netlink;

/// <summary>Tracked connections of a network namespace. Thread-safe.</summary>
public sealed class ConntrackClient : IDisposable
{
    private const int MaximumRounds = 16;

    /// <summary>A client over a connection of the caller's; it is closed with this object.</summary>
    public ConntrackClient(NetlinkConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Protocol != NetlinkProtocol.Netfilter) throw new ArgumentException($"The connection speaks {connection.Protocol}, not {NetlinkProtocol.Netfilter}.", nameof(connection));
        Connection = connection;
    }

    /// <summary>The connection under the client.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Opens a socket in the namespace of the options, or of the calling thread.</summary>
    /// <exception cref="NetlinkException">The kernel has no netfilter sockets (EPROTONOSUPPORT).</exception>
    public static ConntrackClient Open(NetlinkConnectionOptions? options = null) => new(NetlinkConnection.Open(NetlinkProtocol.Netfilter, options));

    /// <summary>The tracked connections that match.</summary>
    /// <exception cref="NetlinkException">The kernel does not track connections, or CAP_NET_ADMIN is missing.</exception>
    public ValueTask<IReadOnlyList<TrackedFlow>> ListAsync(ConntrackFilter? filter = null, CancellationToken cancellationToken = default) =>
        Connection.ListAsync<TrackedFlow>(batch => batch.DumpFlows(filter), TrackedFlow.TryDecode, filter is null ? null : filter.Matches, cancellationToken);

    /// <summary>Makes an entry.</summary>
    /// <exception cref="NetlinkException">The tuple is tracked (EEXIST).</exception>
    public ValueTask AddAsync(TrackedFlow flow, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => batch.AddFlow(flow), cancellationToken);

    /// <summary>Forgets one connection by its original tuple.</summary>
    /// <returns>False when it was not tracked.</returns>
    public async ValueTask<bool> DeleteAsync(FlowTuple original, ushort zone = 0, CancellationToken cancellationToken = default)
    {
        try
        {
            await Connection.RequestAsync(batch => batch.DeleteFlow(original, zone), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Forgets all connections that match. Each is deleted by tuple and id, so that one which came in the meantime is never hit by mistake.</summary>
    /// <returns>How many were forgotten.</returns>
    /// <exception cref="NetlinkException">CAP_NET_ADMIN is missing.</exception>
    public async ValueTask<int> DeleteAsync(ConntrackFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        int deleted = 0;
        for (int round = 0; round < MaximumRounds; round++)
        {
            IReadOnlyList<TrackedFlow> flows = await ListAsync(filter, cancellationToken).ConfigureAwait(false);
            if (flows.Count == 0) break;
            NetlinkBatch batch = new(flows.Count * 96);
            foreach (TrackedFlow flow in flows) batch.DeleteFlow(flow.Original, flow.Zone, flow.Id);
            NetlinkBatchResult result = await Connection.SendAsync(batch, cancellationToken: cancellationToken).ConfigureAwait(false);
            NetlinkRequestError? refused = result.Errors.FirstOrDefault(e => e.Error.Code is not (Errno.NoEntry or Errno.NoSuchProcess));
            if (refused is not null) throw refused.ToException();
            deleted += flows.Count - result.Errors.Count;
            // A walk of the hash table may miss entries that move while it runs: look again until nothing is left.
        }

        return deleted;
    }

    /// <summary>Forgets all connections.</summary>
    /// <exception cref="NetlinkException">CAP_NET_ADMIN is missing.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => batch.FlushFlows(), cancellationToken);

    /// <summary>The connections that others have announced.</summary>
    /// <exception cref="NetlinkException">The kernel does not track connections, or CAP_NET_ADMIN is missing.</exception>
    public ValueTask<IReadOnlyList<ConntrackExpectation>> ListExpectationsAsync(CancellationToken cancellationToken = default) =>
        Connection.ListAsync<ConntrackExpectation>(batch => batch.DumpExpectations(), ConntrackExpectation.TryDecode, null, cancellationToken);

    /// <summary>Announces a connection.</summary>
    /// <exception cref="NetlinkException">The master is not tracked (ENOENT), has no helper (EOPNOTSUPP), or the tuple is expected already.</exception>
    public ValueTask AddExpectationAsync(ConntrackExpectation expectation, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => batch.AddExpectation(expectation), cancellationToken);

    /// <summary>Forgets an expectation by its tuple.</summary>
    /// <returns>False when it was not there.</returns>
    public async ValueTask<bool> DeleteExpectationAsync(FlowTuple tuple, ushort zone = 0, CancellationToken cancellationToken = default)
    {
        try
        {
            await Connection.RequestAsync(batch => batch.DeleteExpectation(tuple, zone), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => Connection.Dispose();
}
