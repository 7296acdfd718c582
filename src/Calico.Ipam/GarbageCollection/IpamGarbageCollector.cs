using Calico.Ipam.Engine;
namespace Calico.Ipam.GarbageCollection;

/// <summary>Carries garbage collection out: looks, checks again by fresh facts, releases with handle and sequence number. One instance per cluster; not for two threads at once.</summary>
/// <param name="client">The client to work with.</param>
/// <param name="facts">Reads the facts. Called once to look, and once more, freshly, right before anything is released; an exception means that nothing is released.</param>
/// <param name="options">How to decide; null for the defaults.</param>
public sealed class IpamGarbageCollector(IpamClient client, Func<CancellationToken, ValueTask<ClusterFacts>> facts, GcOptions? options = null)
{
    private readonly GcOptions _options = options ?? new GcOptions();
    private GcState _state = GcState.Empty;

    /// <summary>Looks and says what would be done, without doing or remembering anything.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GcPlan> DryRunAsync(CancellationToken cancellationToken = default) => (await LookAsync(cancellationToken).ConfigureAwait(false)).Plan;

    /// <summary>Looks and does what is due.</summary>
    /// <param name="cancellationToken">Ends the wait; what was done stays done.</param>
    /// <returns>What was found and what came of it. One node's failure does not hold up the others.</returns>
    public async Task<GcReport> RunAsync(CancellationToken cancellationToken = default)
    {
        (_state, GcPlan plan) = await LookAsync(cancellationToken).ConfigureAwait(false);
        List<string> failures = [];
        int released = await ReleaseAsync(plan, failures, cancellationToken).ConfigureAwait(false);
        foreach ((AffinityOwner owner, System.Net.IPNetwork block) in plan.EmptyBlocks)
            await TryAsync(() => client.ReleaseAffinityAsync(block, owner, mustBeEmpty: true, cancellationToken), failures).ConfigureAwait(false);
        foreach (string node in plan.GoneNodes)
            await TryAsync(() => client.ReleaseHostAffinitiesAsync(node, mustBeEmpty: true, cancellationToken), failures).ConfigureAwait(false);
        foreach (string handle in plan.StaleHandles)
            await TryAsync(() => client.RemoveHandleAsync(handle, _state.StaleHandles[handle], cancellationToken), failures).ConfigureAwait(false);
        int swept = await client.SweepCooledAsync(cancellationToken).ConfigureAwait(false);
        IpamReport.Collected(plan, released);
        if (released > 0) IpamLog.Collected(client.Log, released);
        return new GcReport(plan, released, swept, failures);
    }

    private async ValueTask<(GcState Next, GcPlan Plan)> LookAsync(CancellationToken cancellationToken)
    {
        ClusterFacts seen = await facts(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<IpamBlock> blocks = await client.GetBlocksAsync(cancellationToken).ConfigureAwait(false);
        IpamReport.Blocks(await client.GetClusterAsync(cancellationToken).ConfigureAwait(false), blocks);
        return GcPlanner.Look(
            _state, blocks, await client.GetHandleRevisionsAsync(cancellationToken).ConfigureAwait(false), await client.GetAffinitiesAsync(cancellationToken).ConfigureAwait(false), seen, _options, client.Now);
    }

    private async ValueTask<int> ReleaseAsync(GcPlan plan, List<string> failures, CancellationToken cancellationToken)
    {
        if (plan.Confirmed.Count == 0) return 0;
        IReadOnlyList<LeakedAllocation> leaks = GcPlanner.Recheck(plan, await facts(cancellationToken).ConfigureAwait(false));
        int released = 0;

        // Block by block within the batch: an address that was assigned anew meanwhile refuses its block's request, not the others'.
        foreach (LeakedAllocation[] batch in leaks.Chunk(_options.BatchSize))
        {
            foreach (IGrouping<System.Net.IPNetwork, LeakedAllocation> block in batch.GroupBy(leak => leak.Block))
            {
                await TryAsync(
                    async () =>
                    {
                        ReleaseResult result = await client.ReleaseIPsAsync([.. block.Select(leak => new ReleaseOption(leak.Address, leak.Record.HandleId, leak.SequenceNumber))], cancellationToken).ConfigureAwait(false);
                        released += result.Released.Count;
                    },
                    failures).ConfigureAwait(false);
            }
        }

        return released;
    }

    private static async ValueTask TryAsync(Func<Task> work, List<string> failures)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (IpamException e)
        {
            failures.Add(e.Message);
        }
    }
}

/// <summary>What a run of garbage collection did.</summary>
/// <param name="Plan">What it found.</param>
/// <param name="Released">Addresses released.</param>
/// <param name="Swept">Blocks from which cooled addresses went back to the free ones.</param>
/// <param name="Failures">What could not be done; it is tried again at the next run.</param>
public sealed record GcReport(GcPlan Plan, int Released, int Swept, IReadOnlyList<string> Failures);
