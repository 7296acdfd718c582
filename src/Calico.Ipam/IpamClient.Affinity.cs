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
    public Task<ClaimResult> ClaimAffinityAsync(IPNetwork cidr, string host, HostReservedAddresses? hostReserved = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return ClaimAffinityAsync(cidr, AffinityOwner.Host(host), hostReserved, cancellationToken);
    }

    /// <summary>Claims every block of a range for an owner: a host, or a virtual one such as <see cref="AffinityOwner.LoadBalancer"/>.</summary>
    /// <param name="cidr">A range inside one pool, at least a block.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="hostReserved">Addresses that the host's system needs in each block; null for none.</param>
    /// <param name="cancellationToken">Ends the wait; blocks claimed so far stay claimed.</param>
    /// <exception cref="IpamException">The range is smaller than a block, or in no pool.</exception>
    public async Task<ClaimResult> ClaimAffinityAsync(IPNetwork cidr, AffinityOwner owner, HostReservedAddresses? hostReserved = null, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(owner);
        RequestChecks.Check(hostReserved);
        return await _affinities.ClaimAsync(owner, IpPrefix.From(cidr), hostReserved, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up a host's blocks in a range: empty ones are deleted, others stay without an owner until their last address goes.</summary>
    /// <param name="cidr">A block, or a range of blocks.</param>
    /// <param name="owner">Whose.</param>
    /// <param name="mustBeEmpty">Refuse for blocks with addresses in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public async Task ReleaseAffinityAsync(IPNetwork cidr, AffinityOwner owner, bool mustBeEmpty, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(owner);
        await _affinities.ReleaseAsync(owner, IpPrefix.From(cidr), mustBeEmpty, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up all blocks of a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="mustBeEmpty">Refuse for blocks with addresses in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public Task ReleaseHostAffinitiesAsync(string host, bool mustBeEmpty, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return ReleaseOwnerAffinitiesAsync(AffinityOwner.Host(host), mustBeEmpty, cancellationToken);
    }

    /// <summary>Gives up all blocks of an owner: a host, or a virtual one such as <see cref="AffinityOwner.LoadBalancer"/>.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="mustBeEmpty">Refuse for blocks with addresses in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The first failure, after all was done that could be.</exception>
    public async Task ReleaseOwnerAffinitiesAsync(AffinityOwner owner, bool mustBeEmpty, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(owner);
        await _affinities.ReleaseOwnerAsync(owner, mustBeEmpty, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Makes sure that a node has a block of each family, without assigning an address: what Windows nodes do when they start.</summary>
    /// <param name="request">Node, pools, use and host-reserved addresses count. A block is of a family that addresses are asked for or pools are named of; of IPv4 when there is neither.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The blocks, IPv4 first.</returns>
    /// <exception cref="IpamException">No pool may be used, or the node may have no more blocks.</exception>
    public async Task<IReadOnlyList<IPNetwork>> EnsureBlockAsync(AutoAssignRequest request, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(request);
        List<IPNetwork> blocks = [];
        bool v4 = request.IPv4 > 0 || request.IPv4Pools.Count > 0, v6 = request.IPv6 > 0 || request.IPv6Pools.Count > 0;
        if (v4 || !v6) blocks.Add((await _auto.EnsureBlockAsync(request, 4, cancellationToken).ConfigureAwait(false)).ToIPNetwork());
        if (v6) blocks.Add((await _auto.EnsureBlockAsync(request, 6, cancellationToken).ConfigureAwait(false)).ToIPNetwork());
        return blocks;
    }
}
