using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>Assigns one address by name. Reservations do not stop it; a missing block is claimed for the node.</summary>
internal sealed class NamedAssigner(IpamContext context, Claimer claimer, BlockTaker taker, BlockWriter writer, OwnedBlocks owned)
{
    public async ValueTask<AssignedAddress> AssignAsync(AssignIPRequest request, CancellationToken cancel)
    {
        IpPrefix address = IpPrefix.From(request.Address);
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        PoolEntry pool = PoolFor(cluster, address, request);
        HostReservedAddresses.Require(request.HostReserved, cluster.Config, request.Node);
        string? handle = request.Handle is { Length: > 0 } wanted ? IpamHandle.Sanitize(wanted) : null;
        if (handle is not null && request.MaxPerHandle > 0 && await HeldAsync(request, handle, address, cancel).ConfigureAwait(false) is { } held) return held;

        IpPrefix range = address.Truncate(pool.Pool.BlockSize);
        AffinityOwner owner = request.Use == AllowedUses.LoadBalancer ? AffinityOwner.LoadBalancer : AffinityOwner.Host(request.Node);
        AllocationRecord whose = new(handle, request.Attributes);
        TimeSpan cooldown = TimeSpan.FromSeconds(cluster.Config.CooldownSeconds);
        for (int attempt = 1; ; attempt++)
        {
            Versioned<IpamBlock> block = await BlockAsync(cluster, pool, owner, range, request, cancel).ConfigureAwait(false);
            IpamBlock swept = BlockSweep.Sweep(block.Document, cooldown, context.Now);
            int ordinal = (int)range.OffsetOf(address);
            if (BlockAssign.Named(swept, ordinal, whose, context.Step) is not { } next)
            {
                // Somebody else asked for the same on behalf of this handle a moment ago.
                bool already = request.MaxPerHandle > 0 && swept.Attribute(ordinal)!.HandleId is { } id && BlockQueries.Same(id, handle ?? "");
                return already ? Assigned(request, swept, ordinal, owner) : throw InUse(swept, ordinal);
            }

            CommitResult result;
            try
            {
                result = await writer.WriteAsync(range, next, block.Revision, handle is null ? [] : [new HandleDelta(handle, 1, Max: request.MaxPerHandle)], cancel).ConfigureAwait(false);
            }
            catch (HandleLimitException)
            {
                if (await HeldAsync(request, handle!, address, cancel).ConfigureAwait(false) is { } there) return there;
                await context.RetryAsync(attempt, HandleLimitException.Miscount(handle!), cancel).ConfigureAwait(false);
                continue;
            }

            if (result.Status == CommitStatus.Done || (result.Status == CommitStatus.Ambiguous && await taker.LandedAsync(next, ordinal, cancel).ConfigureAwait(false)))
            {
                taker.Forget(range);
                return Assigned(request, next, ordinal, owner);
            }

            await context.RetryAsync(attempt, $"assigning {address}", cancel).ConfigureAwait(false);
        }
    }

    private static AssignedAddress Assigned(AssignIPRequest request, IpamBlock block, int ordinal, AffinityOwner owner) =>
        new(request.Address, block.Cidr, block.Sequences[ordinal], !block.IsOwnedBy(owner));

    private static PoolEntry PoolFor(IpamCluster cluster, IpPrefix address, AssignIPRequest request)
    {
        PoolEntry? pool = cluster.PoolOf(address);
        if (pool is null || !pool.Pool.IsUsable)
        {
            string detail = pool is null
                ? $"pools are {(cluster.Pools.Count == 0 ? "none" : string.Join(", ", cluster.Pools.Select(known => $"{known.Name} ({known.CidrText})")))}"
                : $"pool {pool.Pool.Name} ({pool.Range}) is {(pool.Pool.Disabled ? "disabled" : $"not allocatable ({pool.Pool.NotAllocatableReason})")}";
            throw new IpamException(IpamErrorCode.NotInPool, $"The provided IP address is not in a configured pool; {request.Address}: {detail}");
        }

        if (request.Use != AllowedUses.None && (pool.Pool.AllowedUses & request.Use) == 0)
            throw new IpamException(IpamErrorCode.NoQualifiedPool, $"{request.Address} lies in pool {pool.Pool.Name} whose allowed uses are {pool.Pool.AllowedUses}, the request is for {request.Use}");
        return pool;
    }

    private async ValueTask<AssignedAddress?> HeldAsync(AssignIPRequest request, string handle, IpPrefix address, CancellationToken cancel)
    {
        List<AssignedAddress> held = await taker.OfHandleAsync(handle, address.IsIPv6 ? 6 : 4, cancel).ConfigureAwait(false);
        if (held.Find(one => one.Address.Equals(request.Address)) is { } same) return same;
        return held.Count < request.MaxPerHandle
            ? null
            : throw new IpamException(IpamErrorCode.HandleLimit, $"handle '{handle}' has {held.Count} IPv{(address.IsIPv6 ? 6 : 4)} addresses ({string.Join(", ", held)}), {request.MaxPerHandle} are allowed, so {request.Address} cannot come as well: release one first");
    }

    private async ValueTask<Versioned<IpamBlock>> BlockAsync(IpamCluster cluster, PoolEntry pool, AffinityOwner owner, IpPrefix range, AssignIPRequest request, CancellationToken cancel)
    {
        bool strict = pool.Pool.StrictAffinity ?? cluster.Config.StrictAffinity;
        for (int attempt = 1; ; attempt++)
        {
            if (await context.BlockAsync(range, cancel).ConfigureAwait(false) is { } block)
            {
                return !strict || block.Document.IsOwnedBy(owner)
                    ? block
                    : throw new IpamException(IpamErrorCode.BlockNotOwned, $"{request.Address} lies in block {range} of {block.Document.AffinityText ?? "nobody"}, and affinity is strict: only its owner may take addresses from it");
            }

            if (!cluster.Config.AutoAllocateBlocks)
                throw new IpamException(IpamErrorCode.Disabled, $"block {range} does not exist and making blocks is turned off (autoAllocateBlocks): claim it for a host first");
            if (await claimer.ClaimAsync(owner, range, request.HostReserved, mayCreate: true, cancel).ConfigureAwait(false) is { } claimed)
            {
                owned.Forget(owner, range);
                return claimed;
            }

            await context.RetryAsync(attempt, $"claiming {range}", cancel).ConfigureAwait(false);
        }
    }

    private static IpamException InUse(IpamBlock block, int ordinal)
    {
        AllocationRecord attribute = block.Attribute(ordinal)!;
        string by = attribute.IsCooling ? $"cooling down, released at {attribute.ReleasedAt:u}" : $"handle '{attribute.HandleId}'";
        return new IpamException(IpamErrorCode.AlreadyAssigned, $"resource already exists: {block.Address(ordinal)}: Address already assigned in block ({by})");
    }
}
