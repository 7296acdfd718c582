using System.Collections.Immutable;
using System.Net;

namespace Calico.Ipam.GarbageCollection;

/// <summary>What garbage collection remembers from look to look. Immutable; losing it only makes it wait longer.</summary>
public sealed record GcState
{
    /// <summary>Nothing seen yet.</summary>
    public static GcState Empty { get; } = new();

    /// <summary>Since when allocations have looked leaked, by address and sequence number: an address that was assigned anew starts anew.</summary>
    public ImmutableDictionary<(IPAddress Address, ulong SequenceNumber), DateTimeOffset> Suspects { get; init; } = ImmutableDictionary<(IPAddress, ulong), DateTimeOffset>.Empty;

    /// <summary>Blocks that were empty at the last look, with their sequence number then.</summary>
    public ImmutableDictionary<IPNetwork, ulong> EmptyBlocks { get; init; } = ImmutableDictionary<IPNetwork, ulong>.Empty;

    /// <summary>Handles that counted addresses that no block has at the last look, with their revision then.</summary>
    public ImmutableDictionary<string, long> StaleHandles { get; init; } = ImmutableDictionary<string, long>.Empty;
}

/// <summary>How garbage collection decides.</summary>
public sealed record GcOptions
{
    /// <summary>How long an allocation must look leaked before it is released; null releases none. Default 15 minutes, as Calico.</summary>
    public TimeSpan? LeakGracePeriod { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The least grace for virtual machines. Default 5 minutes, as Calico.</summary>
    public TimeSpan VirtualMachineGracePeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Addresses released in one request. Default 10000, as Calico.</summary>
    public int BatchSize { get; init; } = 10000;
}
