using System.Collections.Concurrent;
using Calico.Net;

namespace Calico.Ipam.Engine;

/// <summary>
/// Blocks as last read or written. A current one may be worked on without reading: the write compares its revision. One that is no longer current still saves
/// decoding, as long as the store has the same revision.
/// </summary>
internal sealed class BlockCache
{
    private const int MaxBlocks = 4096;
    private readonly ConcurrentDictionary<IpPrefix, Known> _blocks = new();

    public void Remember(in IpPrefix range, Versioned<IpamBlock> block) => Put(range, new Known(block, IsCurrent: true));

    public bool TryRecall(in IpPrefix range, out Versioned<IpamBlock> block)
    {
        bool found = _blocks.TryGetValue(range, out Known? known) && known.IsCurrent;
        block = found ? known!.Block : default;
        return found;
    }

    /// <summary>Somebody else may have changed it: it is to be read again.</summary>
    public void Forget(in IpPrefix range)
    {
        if (_blocks.TryGetValue(range, out Known? known) && known.IsCurrent) _blocks.TryUpdate(range, known with { IsCurrent = false }, known);
    }

    public Versioned<IpamBlock> Decode(in IpPrefix range, StoreEntry entry)
    {
        if (_blocks.TryGetValue(range, out Known? known) && known.Block.Revision == entry.Revision) return known.Block;
        Versioned<IpamBlock> block = new(IpamBlock.Decode(entry.Value, entry.Key), entry.Revision);
        Put(range, new Known(block, IsCurrent: false));
        return block;
    }

    private void Put(in IpPrefix range, Known known)
    {
        // Counting takes every lock of the table, hundreds when it is large: only what makes it grow counts.
        if (!_blocks.ContainsKey(range) && _blocks.Count >= MaxBlocks) _blocks.Clear();
        _blocks[range] = known;
    }

    private sealed record Known(Versioned<IpamBlock> Block, bool IsCurrent);
}
