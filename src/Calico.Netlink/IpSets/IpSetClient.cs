namespace Calico.Netlink;

/// <summary>ipsets of a network namespace. Thread-safe.</summary>
public sealed class IpSetClient : IDisposable
{
    /// <summary>A client over a connection of the caller's; it is closed with this object.</summary>
    public IpSetClient(NetlinkConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Protocol != NetlinkProtocol.Netfilter) throw new ArgumentException($"The connection speaks {connection.Protocol}, not {NetlinkProtocol.Netfilter}.", nameof(connection));
        Connection = connection;
    }

    /// <summary>The connection under the client.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Opens a socket in the namespace of the options, or of the calling thread.</summary>
    /// <exception cref="NetlinkException">The kernel has no netfilter sockets (EPROTONOSUPPORT).</exception>
    public static IpSetClient Open(NetlinkConnectionOptions? options = null) => new(NetlinkConnection.Open(NetlinkProtocol.Netfilter, options));

    /// <summary>All sets with their elements, or the one of the given name.</summary>
    /// <exception cref="NetlinkException">There is no set of that name (ENOENT), or the kernel lacks ipset.</exception>
    public async ValueTask<IReadOnlyList<IpSet>> ListAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<IpSet> parts = await Connection.ListAsync<IpSet>(
            batch => IpSetMessages.Begin(batch, IpSetMessages.List, name, NetlinkFlags.Dump), IpSetMessages.TryDecode, null, cancellationToken).ConfigureAwait(false);
        // Only the first part of a large set says what it is.
        return [.. parts.GroupBy(p => p.Name, StringComparer.Ordinal).Select(g => g.First() with { Entries = [.. g.SelectMany(p => p.Entries)] })];
    }

    /// <summary>Makes a set with the elements it comes with.</summary>
    /// <exception cref="NetlinkException">The name is taken (EEXIST), the kernel does not know the type, or an element is refused: the set is then there with those before it.</exception>
    public async ValueTask CreateAsync(IpSet set, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        IpSetType type = set.Type ?? throw new ArgumentException($"Set {set.Name}: no type.", nameof(set));
        byte revision = await Connection.GetAsync<byte>(batch => IpSetMessages.WriteTypeQuery(batch, type, set.Family), IpSetMessages.TryDecodeRevision, cancellationToken).ConfigureAwait(false);
        await Connection.RequestAsync(batch => IpSetMessages.WriteCreate(batch, set, revision), cancellationToken).ConfigureAwait(false);
        await AddAsync(set.Name, set.Entries, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds elements, in as few messages as they need.</summary>
    /// <param name="name">The set.</param>
    /// <param name="entries">The elements.</param>
    /// <param name="tolerant">Whether an element that is there already is no error.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NetlinkException">There is no such set (ENOENT), it is full, or an element is refused: those before it in its message are in.</exception>
    public ValueTask AddAsync(string name, IReadOnlyList<IpSetEntry> entries, bool tolerant = true, CancellationToken cancellationToken = default) =>
        ChangeAsync(IpSetMessages.Add, name, entries, tolerant, cancellationToken);

    /// <summary>Deletes elements, in as few messages as they need.</summary>
    /// <param name="name">The set.</param>
    /// <param name="entries">The elements.</param>
    /// <param name="tolerant">Whether an element that is not there is no error.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NetlinkException">There is no such set (ENOENT), or an element is refused.</exception>
    public ValueTask DeleteAsync(string name, IReadOnlyList<IpSetEntry> entries, bool tolerant = true, CancellationToken cancellationToken = default) =>
        ChangeAsync(IpSetMessages.Delete, name, entries, tolerant, cancellationToken);

    /// <summary>Exchanges the contents of two sets of one type, under the rules that refer to them.</summary>
    /// <exception cref="NetlinkException">A set is not there (ENOENT), or they are of different types.</exception>
    public ValueTask SwapAsync(string first, string second, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => IpSetMessages.WriteTwoNames(batch, IpSetMessages.Swap, first, second), cancellationToken);

    /// <summary>Renames a set.</summary>
    /// <exception cref="NetlinkException">It is not there (ENOENT), in use, or the new name is taken.</exception>
    public ValueTask RenameAsync(string name, string newName, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => IpSetMessages.WriteTwoNames(batch, IpSetMessages.Rename, name, newName), cancellationToken);

    /// <summary>Removes all elements.</summary>
    /// <exception cref="NetlinkException">The set is not there (ENOENT).</exception>
    public ValueTask FlushAsync(string name, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => IpSetMessages.Begin(batch, IpSetMessages.Flush, name, NetlinkFlags.None), cancellationToken);

    /// <summary>Deletes a set.</summary>
    /// <exception cref="NetlinkException">It is not there (ENOENT), or in use (4100).</exception>
    public ValueTask DestroyAsync(string name, CancellationToken cancellationToken = default) =>
        Connection.RequestAsync(batch => IpSetMessages.WriteDestroy(batch, name), cancellationToken);

    /// <summary>Closes the connection.</summary>
    public void Dispose() => Connection.Dispose();

    private async ValueTask ChangeAsync(byte command, string name, IReadOnlyList<IpSetEntry> entries, bool tolerant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0) return;
        NetlinkBatch batch = new();
        for (int next = 0; next < entries.Count;) next += IpSetMessages.WriteEntries(batch, command, name, entries, next, tolerant);
        await Connection.RequestAsync(batch, cancellationToken).ConfigureAwait(false);
    }
}
