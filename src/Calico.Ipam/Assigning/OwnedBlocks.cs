using System.Collections.Concurrent;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>
/// What this process remembers of the blocks of each owner: which there are and which of them have room. A hint only: every write is compared with the store.
/// Requests for one owner queue here instead of fighting over its blocks in the store.
/// </summary>
internal sealed class OwnedBlocks(IpamContext context, Claimer claimer)
{
    private readonly ConcurrentDictionary<(AffinityOwner Owner, int IpVersion), OwnerBlocks> _owners = new();

    public OwnerBlocks Of(AffinityOwner owner, int ipVersion) =>
        _owners.GetOrAdd((owner, ipVersion), static (key, self) => new OwnerBlocks(self.Context, self.Claimer, key.Owner, key.IpVersion), (Context: context, Claimer: claimer));

    /// <summary>Addresses of a block were released: it may have room again.</summary>
    public void MayHaveRoom(AffinityOwner? owner, in IpPrefix range)
    {
        if (owner is not null && _owners.TryGetValue((owner, range.IsIPv6 ? 6 : 4), out OwnerBlocks? blocks)) blocks.MayHaveRoom(range);
    }

    public void Forget(AffinityOwner owner, in IpPrefix range)
    {
        if (_owners.TryGetValue((owner, range.IsIPv6 ? 6 : 4), out OwnerBlocks? blocks)) blocks.MarkStale();
    }
}

/// <summary>One owner's blocks of one family; members other than the marks are for the one caller inside.</summary>
internal sealed class OwnerBlocks(IpamContext context, Claimer claimer, AffinityOwner owner, int ipVersion) : IDisposable
{
    private const int Rechecked = 20;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentQueue<IpPrefix> _roomAgain = new();
    private readonly ConcurrentQueue<AssignJob> _waiting = new();
    private readonly Dictionary<IpPrefix, (AffinityState State, LinkedListNode<IpPrefix> Place)> _all = [];
    private readonly LinkedList<IpPrefix> _open = [];
    private readonly LinkedList<IpPrefix> _full = [];
    private IpamCluster? _checked;
    private volatile bool _stale = true;

    /// <summary>Whether the list was read by the present caller.</summary>
    public bool IsFresh { get; private set; }

    /// <summary>How many blocks there are in the pools that a job may use: those count against its limit.</summary>
    public int CountFor(AssignJob job) => _all.Keys.Count(range => job.PoolFor(range) is not null);

    public bool HasFull => _full.Count > 0;

    /// <summary>Lets whoever is inside serve this job together with its own.</summary>
    public void Enqueue(AssignJob job) => _waiting.Enqueue(job);

    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        IsFresh = false;
        return this;
    }

    /// <summary>Leaves: the next caller may come in.</summary>
    public void Dispose() => _gate.Release();

    /// <summary>The job, and those waiting that may take from the same block, so that one write serves them all.</summary>
    public IReadOnlyList<AssignJob> Batch(AssignJob job, in IpPrefix range, int most)
    {
        List<AssignJob> batch = [job];
        for (int looked = _waiting.Count; looked > 0 && batch.Count < most && _waiting.TryDequeue(out AssignJob? other); looked--)
        {
            if (other == job || other.Missing == 0 || !other.IsOpen) continue;
            bool fits = ReferenceEquals(other.Cluster, job.Cluster) && other.PoolFor(range) is not null && other.HostReserved == job.HostReserved;
            if (fits) batch.Add(other);
            if (other.Missing > 0) _waiting.Enqueue(other);
        }

        return batch;
    }

    public void MayHaveRoom(in IpPrefix range) => _roomAgain.Enqueue(range);

    public void MarkStale() => _stale = true;

    public bool Has(in IpPrefix range) => _all.ContainsKey(range);

    /// <summary>The affinity was confirmed when it was last read, so that reading the block is enough.</summary>
    public bool IsConfirmed(in IpPrefix range) => _all.TryGetValue(range, out (AffinityState State, LinkedListNode<IpPrefix> Place) block) && block.State == AffinityState.Confirmed;

    /// <summary>Blocks that may have room, read from the store when nothing is known or the pools changed. Full ones are to be taken off the list.</summary>
    public async ValueTask<IReadOnlyCollection<IpPrefix>> OpenAsync(AssignJob job, CancellationToken cancel)
    {
        if (_stale || !ReferenceEquals(_checked, job.Cluster)) return await ReloadAsync(job, everything: true, cancel).ConfigureAwait(false);
        while (_roomAgain.TryDequeue(out IpPrefix range))
        {
            if (_all.TryGetValue(range, out (AffinityState State, LinkedListNode<IpPrefix> Place) block) && block.Place.List == _full) Move(block.Place, _open);
        }

        return _open;
    }

    /// <summary>Reads the list again. Of the blocks that were full some are looked at once more, in turn: somebody else may have released addresses.</summary>
    /// <param name="job">For its pools.</param>
    /// <param name="everything">Look at all of them once more.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<IReadOnlyCollection<IpPrefix>> ReloadAsync(AssignJob job, bool everything, CancellationToken cancel)
    {
        _stale = false;
        _roomAgain.Clear();
        List<IpPrefix> full = everything ? [] : [.. _full.Skip(Rechecked)];
        HashSet<IpPrefix> stillFull = [.. full];
        List<BlockAffinity> affinities = await context.AffinitiesAsync(owner, ipVersion, cancel).ConfigureAwait(false);
        _all.Clear();
        _open.Clear();
        _full.Clear();
        foreach (BlockAffinity affinity in affinities)
        {
            IpPrefix range = IpPrefix.From(affinity.Block);
            if (job.PoolFor(range) is null && await GaveUpAsync(job, range, cancel).ConfigureAwait(false)) continue;
            _all[range] = (affinity.State, stillFull.Contains(range) ? new(range) : _open.AddLast(range));
        }

        foreach (IpPrefix range in full)
        {
            if (_all.TryGetValue(range, out (AffinityState State, LinkedListNode<IpPrefix> Place) block)) _full.AddLast(block.Place);
        }

        IsFresh = true;
        _checked = job.Cluster;
        return _open;
    }

    public void Add(in IpPrefix range)
    {
        if (!_all.ContainsKey(range)) _all[range] = (AffinityState.Confirmed, _open.AddLast(range));
    }

    public void MarkFull(in IpPrefix range)
    {
        if (_all.TryGetValue(range, out (AffinityState State, LinkedListNode<IpPrefix> Place) block) && block.Place.List == _open) Move(block.Place, _full);
    }

    public void Remove(in IpPrefix range)
    {
        if (_all.Remove(range, out (AffinityState State, LinkedListNode<IpPrefix> Place) block)) block.Place.List?.Remove(block.Place);
    }

    private static void Move(LinkedListNode<IpPrefix> place, LinkedList<IpPrefix> to)
    {
        place.List?.Remove(place);
        to.AddLast(place);
    }

    // Only a pool that no longer selects the node makes the node give a block up: another use or another choice of pools is a matter of this one request.
    private async ValueTask<bool> GaveUpAsync(AssignJob job, IpPrefix range, CancellationToken cancel)
    {
        if (!owner.IsHost || job.Cluster.PoolOf(range) is not { } pool || pool.SelectsNode(job.Cluster.NodeLabels(owner.Name))) return false;
        return await claimer.GiveUpAsync(owner, range, mustBeEmpty: true, expectedSequence: null, cancel).ConfigureAwait(false) is GiveUpOutcome.Released or GiveUpOutcome.NotOwned;
    }
}
