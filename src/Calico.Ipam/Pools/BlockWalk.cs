using System.Net;
using System.Numerics;
using System.Text;
using Calico.Net;

namespace Calico.Ipam.Pools;

/// <summary>
/// The order in which a host tries a pool's blocks: a start that depends on the host's name and the number of blocks, then one by one with wrap-around.
/// Bit for bit Calico's (<c>randomBlockGenerator</c>): FNV-1 of the name seeds Go's generator, which draws the start.
/// </summary>
internal static class BlockWalk
{
    /// <summary>All blocks of a pool in the host's order, but for those that are reserved as a whole: stretches of them are skipped at once.</summary>
    public static IEnumerable<IpPrefix> From(string host, PoolEntry pool, long singleAddressSeed, AddressFilter reserved)
    {
        int size = pool.Pool.BlockSize;
        (UInt128 start, UInt128 last) = Start(host, pool.Range, size, singleAddressSeed);
        foreach ((UInt128 from, UInt128 to) in start == 0 ? [(start, last)] : new (UInt128, UInt128)[] { (start, last), (0, start - 1) })
        {
            for (UInt128 index = from; index <= to; index++)
            {
                IpPrefix block = BlockAt(pool.Range, size, index);
                if (reserved.EndOfStretch(block) is not { } end)
                {
                    yield return block;
                    if (index == to) break;
                    continue;
                }

                if (!pool.Range.Contains(end)) break;
                index = pool.Range.OffsetOf(end) >> (pool.Range.MaxLength - size);
                if (BlockAt(pool.Range, size, index).LastAddress != end) index--;
                if (index == UInt128.MaxValue) break;
            }
        }
    }

    /// <summary>The start and the last index.</summary>
    /// <param name="host">The host that asks.</param>
    /// <param name="pool">The pool's range.</param>
    /// <param name="blockSize">Prefix length of a block.</param>
    /// <param name="singleAddressSeed">The seed when a block is one address: Calico takes the clock there, since neighbours of a host do not matter.</param>
    public static (UInt128 Start, UInt128 Last) Start(string host, in IpPrefix pool, int blockSize, long singleAddressSeed)
    {
        BigInteger blocks = BigInteger.One << (blockSize - pool.Length);
        GoRandom random = new(blockSize == pool.MaxLength ? singleAddressSeed : Fnv1(host));
        return ((UInt128)random.Next(blocks), (UInt128)(blocks - 1));
    }

    public static (UInt128 Start, UInt128 Last) Start(string host, IPNetwork pool, int blockSize, long singleAddressSeed) =>
        Start(host, IpPrefix.From(pool), blockSize, singleAddressSeed);

    /// <summary>How far along the host's walk a block lies; for sorting blocks into that order.</summary>
    public static UInt128 Distance(in IpPrefix pool, int blockSize, UInt128 start, in IpPrefix block)
    {
        UInt128 index = pool.OffsetOf(block) >> (pool.MaxLength - blockSize);
        int bits = blockSize - pool.Length;
        UInt128 mask = bits >= 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1;
        return (index - start) & mask;
    }

    public static IpPrefix BlockAt(in IpPrefix pool, int blockSize, UInt128 index) =>
        pool.AddressAt(index << (pool.MaxLength - blockSize)).Truncate(blockSize);

    /// <summary>FNV-1 (not 1a), 32 bits, of the name's UTF-8 form.</summary>
    public static uint Fnv1(string text)
    {
        uint hash = 2166136261;
        foreach (byte octet in Encoding.UTF8.GetBytes(text)) hash = (hash * 16777619) ^ octet;
        return hash;
    }
}
