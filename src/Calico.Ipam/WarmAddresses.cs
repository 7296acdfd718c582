using System.Net;
using Calico.Ipam.Warm;

namespace Calico.Ipam;

/// <summary>
/// Reservation ahead: a node holds addresses in advance, so that giving one to a pod, and taking it back, costs no round trip to the datastore.
/// </summary>
/// <remarks>
/// <para>In the store the addresses are allocated to the node from the start (handle <c>warm.&lt;node&gt;</c>), so nobody else can have them whatever crashes when.
/// Who carries one is written behind, many in one write, by <see cref="SyncAsync"/>: call it every second or so, and before the process ends.</para>
/// <para>After a crash the store may not know the last few owners yet: tell <see cref="StartAsync"/> which addresses are carried on this node.
/// One instance a node. All members may be called from any thread.</para>
/// </remarks>
public sealed class WarmAddresses : IDisposable
{
    private readonly WarmAddressOptions _options;
    private readonly WarmTable _table;
    private readonly WarmSync _sync;

    /// <summary>A node's warm addresses; none until <see cref="StartAsync"/>.</summary>
    /// <param name="client">The client that assigns them.</param>
    /// <param name="options">How many and from where.</param>
    public WarmAddresses(IpamClient client, WarmAddressOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Node);
        _options = options;
        _table = new WarmTable(client.Time, options.Cooldown);
        _sync = new WarmSync(client, options, _table);
    }

    /// <summary>The handle that a node's warm addresses are under.</summary>
    /// <param name="node">The node.</param>
    public static string HandleOf(string node) => WarmSync.Prefix + node;

    /// <summary>Free addresses at hand of a family.</summary>
    /// <param name="ipVersion">4 or 6.</param>
    public int Available(int ipVersion) => _table.Available(ipVersion);

    /// <summary>Takes over what an earlier process of this node left, and fills up.</summary>
    /// <param name="carried">Addresses that are carried on this node now, with their handles: from the kernel or the endpoints. Those that the store still counts as warm are theirs from now on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task StartAsync(IReadOnlyDictionary<IPAddress, string> carried, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(carried);
        return _sync.StartAsync(carried, cancellationToken);
    }

    /// <summary>Gives a handle one address of each family asked for. No store access.</summary>
    /// <param name="handle">The handle, such as <c>k8s-pod-network.&lt;containerID&gt;</c>; one that has addresses here already gets the same again.</param>
    /// <param name="attributes">Who it is for; not to be changed afterwards.</param>
    /// <param name="ipv4">Whether an IPv4 address is wanted.</param>
    /// <param name="ipv6">Whether an IPv6 address is wanted.</param>
    /// <param name="addresses">The addresses.</param>
    /// <returns>False when there are not enough at hand: ask the client then.</returns>
    public bool TryTake(string handle, IReadOnlyDictionary<string, string> attributes, bool ipv4, bool ipv6, out WarmAssignment addresses)
    {
        ArgumentException.ThrowIfNullOrEmpty(handle);
        ArgumentNullException.ThrowIfNull(attributes);
        return _table.TryTake(handle, attributes, ipv4, ipv6, out addresses);
    }

    /// <summary>Takes a handle's addresses back. No store access.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>False when it has none from here: release it through the client then.</returns>
    public bool TryRelease(string handle)
    {
        ArgumentException.ThrowIfNullOrEmpty(handle);
        return _table.TryRelease(handle);
    }

    /// <summary>Writes down who carries what, fills up what is missing and gives back what is too much.</summary>
    /// <param name="cancellationToken">Ends the wait; what is not written stays to be written.</param>
    /// <exception cref="IpamException">No pool may be used; what is at hand stays usable.</exception>
    public Task SyncAsync(CancellationToken cancellationToken = default) => _sync.SyncAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _sync.Dispose();

    /// <summary>Gives all free addresses back to the store and writes down the others' owners: for a node that is shut down for good.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _sync.StopAsync(cancellationToken);
}

/// <summary>Addresses taken from a node's warm ones.</summary>
/// <param name="IPv4">The IPv4 address; null when none was wanted.</param>
/// <param name="IPv6">The IPv6 address; null when none was wanted.</param>
public readonly record struct WarmAssignment(AssignedAddress? IPv4, AssignedAddress? IPv6);
