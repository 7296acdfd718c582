namespace Calico.Ipam.Warm;

/// <summary>One address that the node holds: who carries it, and who the store thinks carries it.</summary>
internal sealed class WarmSlot(AssignedAddress address)
{
    public AssignedAddress Address { get; } = address;

    public bool IsIPv6 { get; } = address.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    /// <summary>Who carries it; null while it is free.</summary>
    public string? Handle { get; set; }

    public IReadOnlyDictionary<string, string> Owner { get; set; } = AllocationRecord.None;

    /// <summary>Who carries it by the store's word; null when it counts as warm there.</summary>
    public string? StoredHandle { get; set; }

    public IReadOnlyDictionary<string, string> StoredOwner { get; set; } = AllocationRecord.None;

    /// <summary>The next slot of the same handle.</summary>
    public WarmSlot? NextOfHandle { get; set; }

    /// <summary>When it may be handed out again, in ticks of the clock's timestamp.</summary>
    public long RestsUntil { get; set; }

    /// <summary>It is on the list of those to write down.</summary>
    public bool IsListed { get; set; }

    /// <summary>It is being written down right now.</summary>
    public bool IsInFlight { get; set; }

    /// <summary>The store counts it as warm for certain: only then may it go to another carrier, or the store could tell a wrong one.</summary>
    public bool IsWarmInStore => StoredHandle is null && !IsInFlight;

    public bool IsDirty => Handle != StoredHandle || !ReferenceEquals(Owner, StoredOwner);
}
