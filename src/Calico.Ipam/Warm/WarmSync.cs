using System.Net;
using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam.Warm;

/// <summary>Keeps the store and a node's warm addresses in step: takes over, fills up, writes owners down, gives back.</summary>
internal sealed class WarmSync(IpamClient client, WarmAddressOptions options, WarmTable table) : IDisposable
{
    public const string Prefix = "warm.";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly string _handle = IpamHandle.Sanitize(Prefix + options.Node);
    private readonly Dictionary<string, string> _warmOwner = new() { [OwnerAttributes.Node] = options.Node, [OwnerAttributes.Note] = "held ready" };

    public void Dispose() => _gate.Dispose();

    public async Task StartAsync(IReadOnlyDictionary<IPAddress, string> carried, CancellationToken cancel)
    {
        foreach (int version in (int[])[4, 6])
        {
            foreach (AssignedAddress address in await client.OfHandleAsync(_handle, version, cancel).ConfigureAwait(false))
            {
                WarmSlot slot = new(address);
                if (carried.TryGetValue(address.Address, out string? handle))
                {
                    slot.Handle = handle;
                    slot.Owner = new Dictionary<string, string> { [OwnerAttributes.Node] = options.Node };
                }

                table.Add(slot);
            }
        }

        await SyncAsync(cancel).ConfigureAwait(false);
    }

    public async Task SyncAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await WriteDownAsync(cancel).ConfigureAwait(false);
            await FillAsync(options.IPv4 - table.Available(4), options.IPv6 - table.Available(6), cancel).ConfigureAwait(false);
            await GiveBackAsync(4, table.Available(4) - (2 * options.IPv4), cancel).ConfigureAwait(false);
            await GiveBackAsync(6, table.Available(6) - (2 * options.IPv6), cancel).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await WriteDownAsync(cancel).ConfigureAwait(false);
            await GiveBackAsync(4, int.MaxValue, cancel).ConfigureAwait(false);
            await GiveBackAsync(6, int.MaxValue, cancel).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask FillAsync(int missing4, int missing6, CancellationToken cancel)
    {
        if (missing4 <= 0 && missing6 <= 0) return;
        AutoAssignResult filled = await client.AutoAssignAsync(
            new AutoAssignRequest
            {
                Node = options.Node,
                IPv4 = Math.Max(0, missing4),
                IPv6 = Math.Max(0, missing6),
                Handle = _handle,
                Attributes = _warmOwner,
                IPv4Pools = options.IPv4Pools,
                IPv6Pools = options.IPv6Pools,
            },
            cancel).ConfigureAwait(false);
        foreach (AssignedAddress address in filled.Addresses) table.Add(new WarmSlot(address));
    }

    private async ValueTask GiveBackAsync(int ipVersion, int surplus, CancellationToken cancel)
    {
        if (surplus <= 0) return;
        List<WarmSlot> going = table.Remove(ipVersion, surplus);
        if (going.Count == 0) return;
        try
        {
            await client.ReleaseIPsAsync([.. going.Select(slot => new ReleaseOption(slot.Address.Address, _handle, slot.Address.SequenceNumber))], cancel).ConfigureAwait(false);
        }
        catch (IpamException e) when (e.Code is IpamErrorCode.BadHandle or IpamErrorCode.BadSequenceNumber)
        {
            // Somebody released and took one of them meanwhile: it is not ours to give back. The others of its block go at garbage collection with the node.
        }
    }

    private async ValueTask WriteDownAsync(CancellationToken cancel)
    {
        List<(WarmSlot Slot, string? Handle, IReadOnlyDictionary<string, string> Owner)> dirty = table.TakeDirty();
        try
        {
            foreach (IGrouping<IPNetwork, (WarmSlot Slot, string? Handle, IReadOnlyDictionary<string, string> Owner)> block in dirty.GroupBy(one => one.Slot.Address.Block).ToList())
            {
                foreach (var chunk in block.Chunk(client.HandlesPerCommit)) await WriteAsync(IpPrefix.From(block.Key), chunk, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach ((WarmSlot slot, string? handle, _) in dirty) table.NotWritten(slot, handle);
        }
    }

    private async ValueTask WriteAsync(IpPrefix range, (WarmSlot Slot, string? Handle, IReadOnlyDictionary<string, string> Owner)[] chunk, CancellationToken cancel)
    {
        List<RecordChange> changes = [.. chunk.Select(one => new RecordChange(
            (int)range.OffsetOf(IpPrefix.From(one.Slot.Address.Address)), one.Slot.Address.SequenceNumber, one.Slot.StoredHandle ?? _handle, _handle,
            new AllocationRecord(one.Handle ?? _handle, one.Handle is null ? _warmOwner : one.Owner)))];
        HashSet<int> written = await client.ChangeRecordsAsync(range, changes, cancel).ConfigureAwait(false);
        for (int i = 0; i < chunk.Length; i++)
        {
            if (written.Contains(changes[i].Ordinal)) table.Written(chunk[i].Slot, chunk[i].Handle, chunk[i].Owner);
            else table.Lost(chunk[i].Slot);
        }
    }
}

/// <summary>One address of a block that changes hands without being freed.</summary>
/// <param name="Ordinal">Which.</param>
/// <param name="SequenceNumber">What it must be allocated with.</param>
/// <param name="From">The handle that it should be under now.</param>
/// <param name="OrFrom">Another handle that it may be under, when the last write's outcome is not known.</param>
/// <param name="To">Whose it becomes.</param>
internal readonly record struct RecordChange(int Ordinal, ulong SequenceNumber, string From, string OrFrom, AllocationRecord To);
