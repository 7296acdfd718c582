using System.Collections.Immutable;
using System.Net;
using Calico.Ipam.Blocks;

namespace Calico.Ipam.GarbageCollection;

/// <summary>The decision of garbage collection as a pure function: facts → candidates → confirmed after their grace. Nothing in doubt is ever freed.</summary>
public static class GcPlanner
{
    /// <summary>Looks once.</summary>
    /// <param name="state">What the last look remembered.</param>
    /// <param name="blocks">All blocks.</param>
    /// <param name="handles">All handles with their revisions.</param>
    /// <param name="affinities">All affinities.</param>
    /// <param name="facts">What is known about users.</param>
    /// <param name="options">How to decide.</param>
    /// <param name="now">The time.</param>
    /// <returns>What to remember, and what to do.</returns>
    public static (GcState Next, GcPlan Plan) Look(
        GcState state,
        IReadOnlyCollection<IpamBlock> blocks,
        IReadOnlyCollection<(IpamHandle Handle, long Revision)> handles,
        IReadOnlyCollection<BlockAffinity> affinities,
        ClusterFacts facts,
        GcOptions options,
        DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(options);
        List<Verdict> verdicts = options.LeakGracePeriod is { } grace ? Judge(state, blocks, facts, grace, options.VirtualMachineGracePeriod, now) : [];
        HashSet<string> keptHandles = [.. verdicts.Where(verdict => !verdict.IsConfirmed && verdict.Leak.Record.HandleId is not null).Select(verdict => verdict.Leak.Record.HandleId!)];
        List<Verdict> leaks = [.. verdicts.Where(verdict => verdict.IsLeak)];
        ILookup<bool, LeakedAllocation> byConfirmed = leaks.ToLookup(
            verdict => verdict.IsConfirmed && (verdict.Leak.Record.HandleId is not { } handle || !keptHandles.Contains(handle)), verdict => verdict.Leak);
        (ImmutableDictionary<IPNetwork, ulong> empty, List<(AffinityOwner, IPNetwork)> emptyTwice) = EmptyBlocks(state, blocks);
        (ImmutableDictionary<string, long> stale, List<string> staleTwice) = StaleHandles(state, blocks, handles);
        GcState next = new() { Suspects = leaks.ToImmutableDictionary(verdict => Key(verdict.Leak), verdict => verdict.Leak.Since), EmptyBlocks = empty, StaleHandles = stale };
        GcPlan plan = new()
        {
            Candidates = [.. byConfirmed[false]],
            Confirmed = [.. byConfirmed[true]],
            EmptyBlocks = emptyTwice,
            GoneNodes = GoneNodes(blocks, affinities, facts, byConfirmed[true]),
            StaleHandles = staleTwice,
        };
        return (next, plan);
    }

    /// <summary>Checks confirmed leaks once more by facts read just before the release: only what is still leaked, with all of its handle, is left.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="fresh">Facts read now.</param>
    public static IReadOnlyList<LeakedAllocation> Recheck(GcPlan plan, ClusterFacts fresh)
    {
        ArgumentNullException.ThrowIfNull(plan);
        AllocationValidity validity = new(fresh);
        HashSet<string> kept = [];
        List<LeakedAllocation> leaked = [];
        foreach (LeakedAllocation leak in plan.Confirmed)
        {
            if (validity.Judge(leak.Address, leak.Record) != Validity.Valid) leaked.Add(leak);
            else if (leak.Record.HandleId is { } handle) kept.Add(handle);
        }

        leaked.RemoveAll(leak => leak.Record.HandleId is { } handle && kept.Contains(handle));
        return leaked;
    }

    private readonly record struct Verdict(LeakedAllocation Leak, bool IsLeak, bool IsConfirmed);

    private static List<Verdict> Judge(GcState state, IReadOnlyCollection<IpamBlock> blocks, ClusterFacts facts, TimeSpan grace, TimeSpan vmGrace, DateTimeOffset now)
    {
        AllocationValidity validity = new(facts);
        List<Verdict> verdicts = [];
        foreach (IpamBlock block in blocks)
        {
            foreach (int ordinal in block.InUse())
            {
                BlockAllocation allocation = new(block, ordinal);
                Validity judged = validity.Judge(allocation.Address, allocation.Attribute);
                (IPAddress, ulong) key = (allocation.Address, allocation.SequenceNumber);

                // A clock set back must not shorten the wait: a first sight in the future counts as now.
                DateTimeOffset since = state.Suspects.TryGetValue(key, out DateTimeOffset first) && first <= now ? first : now;
                TimeSpan wait = AllocationValidity.IsVirtualMachine(allocation.Attribute) && grace < vmGrace ? vmGrace : grace;
                bool confirmed = judged == Validity.LeakedNodeGone || (judged == Validity.Leaked && now - since >= wait && state.Suspects.ContainsKey(key));
                verdicts.Add(new(new LeakedAllocation(allocation.Address, allocation.Block, allocation.SequenceNumber, allocation.Attribute, since), judged != Validity.Valid, confirmed));
            }
        }

        return verdicts;
    }

    private static (IPAddress, ulong) Key(LeakedAllocation leak) => (leak.Address, leak.SequenceNumber);

    private static (ImmutableDictionary<IPNetwork, ulong> Empty, List<(AffinityOwner, IPNetwork)> Twice) EmptyBlocks(GcState state, IReadOnlyCollection<IpamBlock> blocks)
    {
        Dictionary<IPNetwork, ulong> empty = [];
        List<(AffinityOwner, IPNetwork)> twice = [];
        foreach (IGrouping<string?, IpamBlock> owned in blocks.Where(block => block.Affinity is { IsHost: true }).GroupBy(block => $"{block.IpVersion}/{block.AffinityText}"))
        {
            int left = owned.Count();
            foreach (IpamBlock block in owned.Where(block => block.IsEmpty()))
            {
                bool seen = state.EmptyBlocks.TryGetValue(block.Cidr, out ulong sequence) && sequence == block.SequenceNumber;
                if (seen && left > 1)
                {
                    twice.Add((block.Affinity!, block.Cidr));
                    left--;
                }
                else
                {
                    empty[block.Cidr] = block.SequenceNumber;
                }
            }
        }

        return (empty.ToImmutableDictionary(), twice);
    }

    private static (ImmutableDictionary<string, long> Stale, List<string> Twice) StaleHandles(
        GcState state, IReadOnlyCollection<IpamBlock> blocks, IReadOnlyCollection<(IpamHandle Handle, long Revision)> handles)
    {
        Dictionary<IPNetwork, IpamBlock> byRange = blocks.ToDictionary(block => block.Cidr);
        Dictionary<string, long> stale = [];
        List<string> twice = [];
        foreach ((IpamHandle handle, long revision) in handles)
        {
            if (handle.Blocks.Any(entry => byRange.TryGetValue(entry.Block, out IpamBlock? block) && block.ByHandle(handle.Id).Any())) continue;
            if (state.StaleHandles.TryGetValue(handle.Id, out long before) && before == revision) twice.Add(handle.Id);
            stale[handle.Id] = revision;
        }

        return (stale.ToImmutableDictionary(), twice);
    }

    private static List<string> GoneNodes(IReadOnlyCollection<IpamBlock> blocks, IReadOnlyCollection<BlockAffinity> affinities, ClusterFacts facts, IEnumerable<LeakedAllocation> confirmed)
    {
        if (facts.Nodes is null) return [];
        HashSet<(IPAddress, ulong)> going = [.. confirmed.Select(Key)];
        HashSet<string> busy = [];
        foreach (IpamBlock block in blocks)
        {
            foreach (int ordinal in block.InUse())
            {
                BlockAllocation allocation = new(block, ordinal);
                if (going.Contains((allocation.Address, allocation.SequenceNumber)) || HostReservedAddresses.IsWindows(allocation.Attribute.HandleId)) continue;
                if (allocation.Attribute.Owner.TryGetValue(OwnerAttributes.Node, out string? user)) busy.Add(user);
                if (block.Affinity is { IsHost: true } owner && user is null) busy.Add(owner.Name);
            }
        }

        return [.. affinities.Where(affinity => affinity.Owner.IsHost).Select(affinity => affinity.Owner.Name).Distinct().Where(node => !facts.Nodes.Contains(node) && !busy.Contains(node)).Order(StringComparer.Ordinal)];
    }
}
