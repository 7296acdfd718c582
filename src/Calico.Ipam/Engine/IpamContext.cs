using Calico.Ipam.Blocks;
using Calico.Net;
using Microsoft.Extensions.Logging;

namespace Calico.Ipam.Engine;

/// <summary>What every part of the engine works with: the store seen as documents, the clock, the rules for trying again.</summary>
internal sealed class IpamContext(IIpamStore store, IIpamClusterSource clusters, IpamOptions options, TimeProvider time, ILogger log)
{
    public IpamOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Log => log;

    public DateTimeOffset Now => time.GetUtcNow();

    public SequenceStep Step { get; } = store.CanBeAmbiguous ? SequenceStep.Random : SequenceStep.One;

    public int MaxWrites => store.MaxWritesPerCommit;

    /// <summary>What this process knows of blocks.</summary>
    public BlockCache Known { get; } = new();

    public ValueTask<IpamCluster> ClusterAsync(CancellationToken cancel) => clusters.GetAsync(cancel);

    public async ValueTask<Versioned<IpamBlock>?> BlockAsync(IpPrefix range, CancellationToken cancel)
    {
        StoreEntry? entry = await store.GetAsync(IpamKeys.Block(range), cancel).ConfigureAwait(false);
        return entry is null ? null : Known.Decode(range, entry);
    }

    /// <summary>Several blocks, asked for at the same time; null for those that are not there.</summary>
    public async ValueTask<Versioned<IpamBlock>?[]> BlocksAsync(IReadOnlyList<IpPrefix> ranges, CancellationToken cancel)
    {
        if (ranges.Count == 1) return [await BlockAsync(ranges[0], cancel).ConfigureAwait(false)];
        return await Task.WhenAll(ranges.Select(range => BlockAsync(range, cancel).AsTask())).ConfigureAwait(false);
    }

    public async ValueTask<Versioned<BlockAffinity>?> AffinityAsync(AffinityOwner owner, IpPrefix range, CancellationToken cancel)
    {
        StoreEntry? entry = await store.GetAsync(IpamKeys.Affinity(owner, range), cancel).ConfigureAwait(false);
        return entry is null ? null : new Versioned<BlockAffinity>(BlockAffinity.Decode(entry.Key, entry.Value), entry.Revision);
    }

    public async ValueTask<Versioned<IpamHandle>?> HandleAsync(string id, CancellationToken cancel)
    {
        StoreEntry? entry = await store.GetAsync(IpamKeys.Handle(id), cancel).ConfigureAwait(false);
        return entry is null ? null : new Versioned<IpamHandle>(IpamHandle.Decode(entry.Key, entry.Value), entry.Revision);
    }

    public async ValueTask<List<BlockAffinity>> AffinitiesAsync(AffinityOwner owner, int ipVersion, CancellationToken cancel)
    {
        List<BlockAffinity> affinities = [];
        foreach (StoreEntry entry in await store.ListAsync(IpamKeys.Affinities(owner, ipVersion), cancellationToken: cancel).ConfigureAwait(false))
            affinities.Add(BlockAffinity.Decode(entry.Key, entry.Value));
        return affinities;
    }

    public async ValueTask<List<Versioned<IpamBlock>>> BlocksAsync(int ipVersion, CancellationToken cancel)
    {
        List<Versioned<IpamBlock>> blocks = [];
        foreach (StoreEntry entry in await store.ListAsync(IpamKeys.Blocks(ipVersion), cancellationToken: cancel).ConfigureAwait(false))
            blocks.Add(new(IpamBlock.Decode(entry.Value, entry.Key), entry.Revision));
        return blocks;
    }

    public async ValueTask<HashSet<IpPrefix>> BlockRangesAsync(int ipVersion, CancellationToken cancel)
    {
        HashSet<IpPrefix> ranges = [];
        foreach (StoreEntry entry in await store.ListAsync(IpamKeys.Blocks(ipVersion), keysOnly: true, cancel).ConfigureAwait(false))
        {
            if (IpamKeys.TryParseBlock(entry.Key, out IpPrefix range)) ranges.Add(range);
        }

        return ranges;
    }

    public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, CancellationToken cancel) => store.ListAsync(prefix, cancellationToken: cancel);

    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancel) => store.GetAsync(key, cancel);

    public async ValueTask<CommitResult> CommitAsync(StoreWrite write, CancellationToken cancel)
    {
        StoreWrite[] writes = [write];
        return await CommitAsync(writes, cancel).ConfigureAwait(false);
    }

    public async ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancel)
    {
        CommitResult result = await store.CommitAsync(writes, cancel).ConfigureAwait(false);
        switch (result.Status)
        {
            case CommitStatus.Conflict:
                IpamMetrics.Conflicts.Add(1);
                IpamLog.Conflict(log, writes.Span[0].Key);
                break;
            case CommitStatus.Ambiguous:
                IpamLog.Ambiguous(log, writes.Span[0].Key);
                break;
        }

        return result;
    }

    /// <summary>Counts a try and waits a random while before the next; gives up when there were enough.</summary>
    public async ValueTask RetryAsync(int attempt, string what, CancellationToken cancel)
    {
        if (attempt >= options.MaxAttempts)
            throw new IpamException(IpamErrorCode.Conflict, $"{what}: gave up after {attempt} tries, others changed the same documents each time. Try again later.");
        if (options.Backoff <= TimeSpan.Zero) return;
        double longest = Math.Min(options.MaxBackoff.TotalMilliseconds, options.Backoff.TotalMilliseconds * (1L << Math.Min(attempt, 20)));
        await Task.Delay(TimeSpan.FromMilliseconds(longest * Random.Shared.NextDouble()), time, cancel).ConfigureAwait(false);
    }
}
