using System.Net;

namespace Calico.Ipam;

/// <summary>A request for any free addresses.</summary>
public sealed record AutoAssignRequest
{
    /// <summary>How many IPv4 addresses, 0 or more.</summary>
    public int IPv4 { get; init; }

    /// <summary>How many IPv6 addresses, 0 or more.</summary>
    public int IPv6 { get; init; }

    /// <summary>The node that the addresses are for; not needed for load balancers.</summary>
    public string Node { get; init; } = "";

    /// <summary>The handle to release them by, such as <c>k8s-pod-network.&lt;containerID&gt;</c>; null for none.</summary>
    public string? Handle { get; init; }

    /// <summary>Who they are for, see <see cref="OwnerAttributes"/>.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = AllocationRecord.None;

    /// <summary>What they are for.</summary>
    public AllowedUses Use { get; init; } = AllowedUses.Workload;

    /// <summary>IPv4 pools to take from, by their range, in this order; selectors and assignment mode then do not count. Empty: the allocator chooses.</summary>
    public IReadOnlyList<IPNetwork> IPv4Pools { get; init; } = [];

    /// <summary>IPv6 pools to take from, as <see cref="IPv4Pools"/>.</summary>
    public IReadOnlyList<IPNetwork> IPv6Pools { get; init; } = [];

    /// <summary>The labels of the pod's namespace, for pools with a namespace selector; null when there is no namespace.</summary>
    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    /// <summary>The most blocks that the node may have; 0 for the cluster's setting. The smaller one counts.</summary>
    public int MaxBlocksPerHost { get; init; }

    /// <summary>Addresses that the host's system needs in each of its blocks (Windows); null for none.</summary>
    public HostReservedAddresses? HostReserved { get; init; }

    /// <summary>The most addresses of a family that the handle may have; when it has them already they are the answer, and nothing is assigned. 0 for no limit.</summary>
    public int MaxPerHandle { get; init; }
}
