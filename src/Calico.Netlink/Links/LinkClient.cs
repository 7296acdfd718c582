namespace Calico.Netlink;

/// <summary>Interfaces of a network namespace.</summary>
public sealed class LinkClient
{
    private readonly NetlinkConnection _connection;

    internal LinkClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>All interfaces, of a kind ("veth", "vxlan"…) or with a master if given.</summary>
    /// <exception cref="NetlinkException">The kernel does not know the kind (EOPNOTSUPP).</exception>
    public ValueTask<IReadOnlyList<Link>> ListAsync(string? kind = null, int? masterIndex = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<Link>(
            batch => batch.DumpLinks(kind, masterIndex), Link.TryDecode,
            link => (kind is null || link.Kind?.Name == kind) && (masterIndex is null || link.MasterIndex == masterIndex), cancellationToken);

    /// <summary>One interface by name or alternative name.</summary>
    /// <exception cref="NetlinkException">There is none of that name (ENODEV).</exception>
    public ValueTask<Link> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.GetAsync<Link>(batch => batch.GetLink(name), Link.TryDecode, cancellationToken);

    /// <summary>One interface by index.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV).</exception>
    public ValueTask<Link> GetAsync(int index, CancellationToken cancellationToken = default) =>
        _connection.GetAsync<Link>(batch => batch.GetLink(index), Link.TryDecode, cancellationToken);

    /// <summary>One interface by name or alternative name; null when there is none.</summary>
    public async ValueTask<Link?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Makes an interface and returns it as the kernel made it.</summary>
    /// <param name="name">The name: 1 to 15 bytes, no '/', ':' or white space.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="settings">Settings besides the name; null for none.</param>
    /// <param name="parentIndex">Index of the interface below (macvlan, VLAN); 0 for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The interface; null when it was made in another namespace.</returns>
    /// <exception cref="NetlinkException">The name is taken (EEXIST), or the kernel does not know the kind (EOPNOTSUPP).</exception>
    public async ValueTask<Link?> AddAsync(string name, LinkKind kind, LinkSettings? settings = null, int parentIndex = 0, CancellationToken cancellationToken = default)
    {
        await _connection.RequestAsync(batch => batch.AddLink(name, kind, settings, parentIndex), cancellationToken).ConfigureAwait(false);
        return await FinishAsync(name, settings ?? LinkSettings.None, up: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a pair of virtual Ethernet interfaces and returns the end that is in this namespace.</summary>
    /// <param name="name">Name of this end.</param>
    /// <param name="peerName">Name of the other end.</param>
    /// <param name="peerNamespace">The namespace the other end is made in; null for this one.</param>
    /// <param name="settings">Settings of this end.</param>
    /// <param name="peerSettings">Settings of the other end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NetlinkException">A name is taken (EEXIST).</exception>
    public async ValueTask<Link> AddVethAsync(
        string name, string peerName, NetworkNamespace? peerNamespace = null, LinkSettings? settings = null, LinkSettings? peerSettings = null,
        CancellationToken cancellationToken = default)
    {
        settings ??= LinkSettings.None;
        if (settings.Namespace is not null || settings.NamespaceProcess is not null)
            throw new ArgumentException($"The end {name} is made in this connection's namespace: give the other end's with {nameof(peerNamespace)}.", nameof(settings));
        LinkSettings peer = (peerSettings ?? LinkSettings.None) with { Namespace = peerNamespace };
        // The kernel would open the other end before the two are joined (ENOTCONN), so that one is taken up afterwards.
        VethLink kind = new() { PeerName = peerName, Peer = peer with { Up = null } };
        await _connection.RequestAsync(batch => batch.AddLink(name, kind, settings), cancellationToken).ConfigureAwait(false);
        await FinishAsync(peerName, peer, peer.Up == true, cancellationToken).ConfigureAwait(false);
        return (await FinishAsync(name, settings, up: false, cancellationToken).ConfigureAwait(false))!;
    }

    // The kernel ignores an alias in the request that makes a link.
    private async ValueTask<Link?> FinishAsync(string name, LinkSettings settings, bool up, CancellationToken cancellationToken)
    {
        bool more = up || settings.Alias is not null;
        if (settings.Namespace is { } network)
        {
            if (!more) return null;
            using RtNetlink there = RtNetlink.Open(network);
            await there.Links.FinishAsync(name, settings with { Namespace = null }, up, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (settings.NamespaceProcess is not null) return null;
        Link link = await GetAsync(name, cancellationToken).ConfigureAwait(false);
        if (!more) return link;
        await SetAsync(link.Index, new LinkSettings { Alias = settings.Alias, Up = up ? true : null }, cancellationToken).ConfigureAwait(false);
        return await GetAsync(link.Index, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes settings of an interface.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV), or the kernel refuses a setting; settings before it may be in force.</exception>
    public ValueTask SetAsync(int index, LinkSettings settings, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.SetLink(index, settings), cancellationToken);

    /// <summary>Takes an interface up.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV).</exception>
    public ValueTask SetUpAsync(int index, CancellationToken cancellationToken = default) => SetAsync(index, new LinkSettings { Up = true }, cancellationToken);

    /// <summary>Changes attributes of an interface's kind, such as a bridge's.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV), or the kind cannot be changed (EOPNOTSUPP).</exception>
    public ValueTask SetKindAsync(int index, LinkKind kind, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.SetLinkKind(index, kind), cancellationToken);

    /// <summary>Moves an interface to another namespace.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV), or its name is taken there (EEXIST).</exception>
    public ValueTask MoveAsync(int index, NetworkNamespace target, CancellationToken cancellationToken = default) =>
        SetAsync(index, new LinkSettings { Namespace = target }, cancellationToken);

    /// <summary>Deletes an interface, and the other end of a veth pair with it.</summary>
    /// <exception cref="NetlinkException">There is none of that index (ENODEV), or it cannot be deleted (EOPNOTSUPP).</exception>
    public ValueTask DeleteAsync(int index, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteLink(index), cancellationToken);

    /// <summary>Deletes an interface by name or alternative name.</summary>
    /// <exception cref="NetlinkException">There is none of that name (ENODEV), or it cannot be deleted (EOPNOTSUPP).</exception>
    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteLink(name), cancellationToken);

    /// <summary>Gives an interface a further name of up to 127 bytes.</summary>
    /// <exception cref="NetlinkException">The name is taken (EEXIST).</exception>
    public ValueTask AddAlternativeNameAsync(int index, string name, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddAlternativeName(index, name), cancellationToken);

    /// <summary>Takes a further name away.</summary>
    /// <exception cref="NetlinkException">The interface has no such name.</exception>
    public ValueTask DeleteAlternativeNameAsync(int index, string name, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteAlternativeName(index, name), cancellationToken);
}
