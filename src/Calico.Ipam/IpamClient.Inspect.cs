using System.Net;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam;

public sealed partial class IpamClient
{
    /// <summary>How full pools and their blocks are.</summary>
    /// <param name="pools">Names or ranges of the pools to report; null for all, and for blocks outside every pool.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<PoolUtilization>> GetUtilizationAsync(IEnumerable<string>? pools = null, CancellationToken cancellationToken = default)
    {
        IpamCluster cluster = await _context.ClusterAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlySet<string>? only = pools?.Select(text => IpPrefix.TryParse(text, out IpPrefix range) ? range.ToString() : text).ToHashSet(StringComparer.Ordinal);
        return UtilizationReport.Make(cluster, await GetBlocksAsync(cancellationToken).ConfigureAwait(false), only);
    }

    /// <summary>All blocks of both families, IPv4 first, in order of keys.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamDataException">A block is not readable.</exception>
    public async Task<IReadOnlyList<IpamBlock>> GetBlocksAsync(CancellationToken cancellationToken = default)
    {
        List<IpamBlock> blocks = [];
        foreach (int version in (int[])[4, 6])
            blocks.AddRange((await _context.BlocksAsync(version, cancellationToken).ConfigureAwait(false)).Select(block => block.Document));
        return blocks;
    }

    /// <summary>All affinities, of hosts and virtual owners.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<BlockAffinity>> GetAffinitiesAsync(CancellationToken cancellationToken = default)
    {
        List<BlockAffinity> affinities = [];
        foreach (string prefix in (string[])[IpamKeys.HostAffinities, IpamKeys.VirtualAffinities])
        {
            foreach (StoreEntry entry in await _context.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                if (IpamKeys.TryParseAffinity(entry.Key, out _, out _)) affinities.Add(BlockAffinity.Decode(entry.Key, entry.Value));
            }
        }

        return affinities;
    }

    /// <summary>All handles.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<IpamHandle>> GetHandlesAsync(CancellationToken cancellationToken = default) =>
        [.. (await _context.ListAsync(IpamKeys.Handles, cancellationToken).ConfigureAwait(false)).Select(entry => IpamHandle.Decode(entry.Key, entry.Value))];

    /// <summary>Deletes a handle that counts addresses that no block has, if it is unchanged since it was looked at.</summary>
    internal async Task RemoveHandleAsync(string id, long revision, CancellationToken cancellationToken) =>
        await _context.CommitAsync(StoreWrite.Delete(IpamKeys.Handle(id), revision), cancellationToken).ConfigureAwait(false);

    internal async Task<IReadOnlyCollection<(IpamHandle Handle, long Revision)>> GetHandleRevisionsAsync(CancellationToken cancellationToken) =>
        [.. (await _context.ListAsync(IpamKeys.Handles, cancellationToken).ConfigureAwait(false)).Select(entry => (IpamHandle.Decode(entry.Key, entry.Value), entry.Revision))];

    internal ValueTask<IpamCluster> GetClusterAsync(CancellationToken cancellationToken) => _context.ClusterAsync(cancellationToken);

    internal DateTimeOffset Now => _context.Now;

    internal TimeProvider Time => _context.Time;

    internal Microsoft.Extensions.Logging.ILogger Log => _context.Log;

    /// <summary>How many addresses may change hands in one write: each concerns two handles, one of which all share.</summary>
    internal int HandlesPerCommit => Math.Max(1, Math.Min(64, (_context.MaxWrites - 2) / 2));

    internal ValueTask<List<AssignedAddress>> OfHandleAsync(string handle, int ipVersion, CancellationToken cancellationToken) => _taker.OfHandleAsync(handle, ipVersion, cancellationToken);

    internal ValueTask<HashSet<int>> ChangeRecordsAsync(IpPrefix range, IReadOnlyList<Warm.RecordChange> changes, CancellationToken cancellationToken) =>
        _owners.MoveAsync(range, changes, cancellationToken);

    /// <summary>Who has an address; null when it is free (or of no block).</summary>
    /// <param name="address">The address.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<BlockAllocation?> GetAllocationAsync(IPAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return await _owners.FindAsync(IpPrefix.From(address), cancellationToken).ConfigureAwait(false) is { } found && found.Block.Document.Attribute(found.Ordinal) is not null
            ? new BlockAllocation(found.Block.Document, found.Ordinal)
            : null;
    }

    /// <summary>Changes the owners of an address that stays allocated.</summary>
    /// <param name="address">The address.</param>
    /// <param name="handle">The handle that it must be under.</param>
    /// <param name="change">What changes, and what must hold before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">It is not allocated, under another handle, or its owner is not the expected one; nothing was changed.</exception>
    public async Task SetOwnerAttributesAsync(IPAddress address, string handle, OwnerChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        RequestChecks.Handle(handle);
        ArgumentNullException.ThrowIfNull(change);
        await _owners.SetAsync(address, handle, change, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The cluster's settings; <see cref="IpamConfig.Default"/> when there is no document.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IpamConfig> GetConfigAsync(CancellationToken cancellationToken = default) =>
        await _context.GetAsync(IpamKeys.Config, cancellationToken).ConfigureAwait(false) is { } entry ? IpamConfig.Decode(entry.Value) : IpamConfig.Default;

    /// <summary>Changes the cluster's settings.</summary>
    /// <param name="change">Makes the new settings from the present ones; called again when somebody else was quicker.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The settings as written.</returns>
    /// <exception cref="IpamException">The new settings are not valid (<see cref="IpamConfig.Validate"/>).</exception>
    public async Task<IpamConfig> UpdateConfigAsync(Func<IpamConfig, IpamConfig> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        for (int attempt = 1; ; attempt++)
        {
            StoreEntry? entry = await _context.GetAsync(IpamKeys.Config, cancellationToken).ConfigureAwait(false);
            IpamConfig next = change(entry is null ? IpamConfig.Default : IpamConfig.Decode(entry.Value));
            if (next.Validate() is { Count: > 0 } errors) throw new IpamException(IpamErrorCode.InvalidRequest, string.Join(" ", errors));
            StoreWrite write = entry is null ? StoreWrite.Create(IpamKeys.Config, next.Encode()) : StoreWrite.Replace(IpamKeys.Config, next.Encode(), entry.Revision);
            if ((await _context.CommitAsync(write, cancellationToken).ConfigureAwait(false)).Status == CommitStatus.Done) return next;
            await _context.RetryAsync(attempt, "changing the settings", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives addresses whose cool-down is over back in blocks that nobody loads; to be called now and then, such as from garbage collection.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many blocks were swept.</returns>
    public async Task<int> SweepCooledAsync(CancellationToken cancellationToken = default)
    {
        IpamCluster cluster = await _context.ClusterAsync(cancellationToken).ConfigureAwait(false);
        int swept = 0;
        foreach (int version in (int[])[4, 6])
        {
            foreach (Versioned<IpamBlock> block in await _context.BlocksAsync(version, cancellationToken).ConfigureAwait(false))
            {
                if (await _affinities.SweepAsync(block, TimeSpan.FromSeconds(cluster.Config.CooldownSeconds), cancellationToken).ConfigureAwait(false)) swept++;
            }
        }

        return swept;
    }
}
