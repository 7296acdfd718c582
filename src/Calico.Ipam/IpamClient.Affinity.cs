using System.Net;
using Calico.Net;

namespace Calico.Ipam;

public sealed partial class IpamClient
{
    /// <summary>Claims every block of a range for a host.</summary>
    /// <param name="cidr">A range inside one pool, at least a block.</param>
    /// <param name="host">The host.</param>
    /// <param name="hostReserved">Addresses that the host's system needs in each block; null for none.</param>
    /// <param name="cancellationToken">Ends the wait; blocks claimed so far stay claimed.</param>
    /// <exception cref="IpamException">The range is smaller than a block, or in no pool.</exception>
    public async Task<ClaimResult> ClaimAffinityAsync(IPNetwork cidr, string host, HostReservedAddresses? hostReserved = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return await _affinities.ClaimAsync(AffinityOwner.Host(host), IpPrefix.From(cidr), hostReserved, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up a host's blocks in a range: empty ones are deleted, others stay without an owner until their last address goes.</summary>
    /// <param name="cidr">A block, or a range of blocks.</param>
    /// <param name="owner">Whose.</param>
    /// <param name="mustBeEmpty">Refuse for blocks with addresses in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public async Task ReleaseAffinityAsync(IPNetwork cidr, AffinityOwner owner, bool mustBeEmpty, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        await _affinities.ReleaseAsync(owner, IpPrefix.From(cidr), mustBeEmpty, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up all blocks of a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="mustBeEmpty">Refuse for blocks with addresses in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public async Task ReleaseHostAffinitiesAsync(string host, bool mustBeEmpty, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        await _affinities.ReleaseOwnerAsync(AffinityOwner.Host(host), mustBeEmpty, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up everybody's blocks in a pool, as is done before a pool is deleted.</summary>
    /// <param name="pool">The pool's range.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public async Task ReleasePoolAffinitiesAsync(IPNetwork pool, CancellationToken cancellationToken = default) =>
        await _affinities.ReleasePoolAsync(IpPrefix.From(pool), cancellationToken).ConfigureAwait(false);

    /// <summary>Forgets a host: gives up its blocks, in use or not, and deletes its record. A host that is not known is no error.</summary>
    /// <param name="host">The host.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task RemoveHostAsync(string host, CancellationToken cancellationToken = default)
    {
        await ReleaseHostAffinitiesAsync(host, mustBeEmpty: false, cancellationToken).ConfigureAwait(false);
        await _affinities.RemoveHostAsync(host, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes sure that a node has a block, without assigning an address: what Windows nodes do when they start.</summary>
    /// <param name="request">Node, pools, use and host-reserved addresses count; the block is of IPv6 when only IPv6 addresses are asked for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The block.</returns>
    /// <exception cref="IpamException">No pool may be used, or the node may have no more blocks.</exception>
    public async Task<IPNetwork> EnsureBlockAsync(AutoAssignRequest request, CancellationToken cancellationToken = default)
    {
        Check(request);
        bool v6 = request.IPv4 == 0 && (request.IPv6 > 0 || (request.IPv4Pools.Count == 0 && request.IPv6Pools.Count > 0));
        return (await _auto.EnsureBlockAsync(request, v6 ? 6 : 4, cancellationToken).ConfigureAwait(false)).ToIPNetwork();
    }
}
