using System.Net;

namespace Calico.Ipam.GarbageCollection;

/// <summary>What one look found, and what is to be done about it.</summary>
public sealed record GcPlan
{
    /// <summary>Allocations that look leaked and are still within their grace.</summary>
    public IReadOnlyList<LeakedAllocation> Candidates { get; init; } = [];

    /// <summary>Allocations to release.</summary>
    public IReadOnlyList<LeakedAllocation> Confirmed { get; init; } = [];

    /// <summary>Blocks that have been empty for two looks, of nodes that keep another one.</summary>
    public IReadOnlyList<(AffinityOwner Owner, IPNetwork Block)> EmptyBlocks { get; init; } = [];

    /// <summary>Nodes that are gone and have no allocations left: their blocks are given up.</summary>
    public IReadOnlyList<string> GoneNodes { get; init; } = [];

    /// <summary>Handles that have counted addresses that no block has for two looks, unchanged.</summary>
    public IReadOnlyList<string> StaleHandles { get; init; } = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Confirmed.Count == 0 && EmptyBlocks.Count == 0 && GoneNodes.Count == 0 && StaleHandles.Count == 0;
}

/// <summary>An allocation that nobody seems to use.</summary>
/// <param name="Address">The address.</param>
/// <param name="Block">The block that it lies in.</param>
/// <param name="SequenceNumber">What it was allocated with; it is released only while this holds.</param>
/// <param name="Record">Whose it was.</param>
/// <param name="Since">When it was first seen like that.</param>
public sealed record LeakedAllocation(IPAddress Address, IPNetwork Block, ulong SequenceNumber, AllocationRecord Record, DateTimeOffset Since);
