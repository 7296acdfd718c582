using System.Net;
using System.Numerics;
using Calico.Net;

namespace Calico.Ipam.Planning;

/// <summary>Splits a pool into equal parts. Blocks stay as they are: a pool is a rule over them, so nothing in use changes.</summary>
public static class PoolSplit
{
    /// <summary>The pools that take the place of one.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="parts">How many; a power of two, and each part must hold a block.</param>
    /// <returns>The parts in order of addresses, named <c>split-&lt;name&gt;-&lt;n&gt;</c>, otherwise like the pool.</returns>
    /// <exception cref="IpamException">The number of parts does not fit.</exception>
    public static IReadOnlyList<IPPool> Plan(IPPool pool, int parts)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (parts < 2 || !BitOperations.IsPow2(parts)) throw new IpamException(IpamErrorCode.InvalidRequest, $"cannot split pool {pool.Name} into {parts}: the number must be a power of two, at least 2");
        int length = pool.Cidr.PrefixLength + BitOperations.Log2((uint)parts);
        if (length > pool.BlockSize)
            throw new IpamException(IpamErrorCode.InvalidRequest, $"cannot split pool {pool.Name} ({pool.Cidr}) into {parts}: a part (/{length}) would be smaller than a block (/{pool.BlockSize}); at most {1L << Math.Min(62, pool.BlockSize - pool.Cidr.PrefixLength)} parts fit");
        IpPrefix range = IpPrefix.From(pool.Cidr);
        return [.. Enumerable.Range(0, parts).Select(part => pool with
        {
            Name = $"split-{pool.Name}-{part}",
            Cidr = Pools.BlockWalk.BlockAt(range, length, (uint)part).ToIPNetwork(),
            CidrText = Pools.BlockWalk.BlockAt(range, length, (uint)part).ToString(),
            Exclusions = [.. pool.Exclusions.Where(text => Pools.AddressFilter.From([text]).Overlaps(Pools.BlockWalk.BlockAt(range, length, (uint)part)))],
        })];
    }
}
