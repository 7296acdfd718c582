using System.Net;

namespace Calico.Ipam.GarbageCollection;

/// <summary>What the facts say about an allocation.</summary>
public enum Validity
{
    /// <summary>It is in use, or nothing proves that it is not.</summary>
    Valid,

    /// <summary>Nobody seems to use it.</summary>
    Leaked,

    /// <summary>Nobody uses it and its node is gone: no need to wait.</summary>
    LeakedNodeGone,
}

/// <summary>Is an allocation in use? A question to facts, not to the network. In doubt the answer is yes.</summary>
public sealed class AllocationValidity
{
    private readonly ClusterFacts _facts;
    private readonly HashSet<string>? _fixedHandles;
    private readonly Dictionary<(string Namespace, string Name), PodFact>? _pods;

    /// <summary>A judge by these facts.</summary>
    /// <param name="facts">What is known.</param>
    public AllocationValidity(ClusterFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        _facts = facts;
        _fixedHandles = facts.FixedNames?.Select(FixedAddresses.HandleOf).ToHashSet(StringComparer.Ordinal);
        if (facts.Pods is null) return;
        _pods = [];
        foreach (PodFact pod in facts.Pods) _pods[(pod.Namespace, pod.Name)] = pod;
    }

    /// <summary>Judges one address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="record">Whose it is.</param>
    public Validity Judge(IPAddress address, AllocationRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.IsCooling || HostReservedAddresses.IsWindows(record.HandleId)) return Validity.Valid;
        string? node = record.Owner.GetValueOrDefault(OwnerAttributes.Node);
        bool nodeGone = node is not null && _facts.Nodes is not null && !_facts.Nodes.Contains(node);
        if (FixedAddresses.IsHandle(record.HandleId))
            return _fixedHandles is null || _fixedHandles.Contains(record.HandleId!) ? Validity.Valid : Validity.Leaked;
        if (record.HandleId?.StartsWith(Warm.WarmSync.Prefix, StringComparison.Ordinal) == true)
            return nodeGone ? Validity.LeakedNodeGone : Validity.Valid;
        if (record.Owner.TryGetValue(OwnerAttributes.Type, out string? type) && OwnerAttributes.TunnelTypes.Contains(type))
            return nodeGone ? Validity.LeakedNodeGone : Validity.Valid;
        if (IsInUse(address, record, node)) return Validity.Valid;
        return nodeGone ? Validity.LeakedNodeGone : Validity.Leaked;
    }

    /// <summary>Whether an allocation belongs to a virtual machine, which restarts more slowly than a pod.</summary>
    /// <param name="record">Whose it is.</param>
    public static bool IsVirtualMachine(AllocationRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Owner.ContainsKey(OwnerAttributes.VmiName) || record.AlternateOwner.ContainsKey(OwnerAttributes.VmiName);
    }

    private bool IsInUse(IPAddress address, AllocationRecord record, string? node)
    {
        string? space = record.Owner.GetValueOrDefault(OwnerAttributes.Namespace);
        if ((record.Owner.GetValueOrDefault(OwnerAttributes.VmiName) ?? record.AlternateOwner.GetValueOrDefault(OwnerAttributes.VmiName)) is { } vm)
            return _facts.VirtualMachines is null || _facts.VirtualMachines.Contains(vm) || _facts.VirtualMachines.Contains($"{space}/{vm}");
        if (space is null || !record.Owner.TryGetValue(OwnerAttributes.Pod, out string? name)) return true;
        if (_pods is null) return true;
        if (!_pods.TryGetValue((space, name), out PodFact? pod)) return false;
        if (node is not null && pod.Node.Length > 0 && pod.Node != node) return false;
        if (pod.IsEvicted) return false;
        return pod.Addresses.Count == 0 || pod.Addresses.Contains(address);
    }
}
