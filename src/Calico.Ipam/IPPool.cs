using System.Net;
using System.Text.Json.Nodes;
using Calico.Ipam.Documents;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>What addresses of a pool may be used for.</summary>
[Flags]
public enum AllowedUses
{
    /// <summary>Nothing stated.</summary>
    None = 0,

    /// <summary>Pods, virtual machines, containers.</summary>
    Workload = 1,

    /// <summary>Tunnel addresses of nodes.</summary>
    Tunnel = 2,

    /// <summary>Services of type LoadBalancer; excludes the other two.</summary>
    LoadBalancer = 4,
}

/// <summary>Whether a pool is taken without being asked for.</summary>
public enum AssignmentMode
{
    /// <summary>The allocator may choose the pool.</summary>
    Automatic,

    /// <summary>Only requests that name the pool get addresses of it.</summary>
    Manual,
}

/// <summary>When traffic between nodes is put into a tunnel.</summary>
public enum EncapsulationMode
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Only between nodes on different subnets.</summary>
    CrossSubnet,
}

/// <summary>A pool of addresses (projectcalico.org/v3 IPPool): a range and the rules for taking from it. Immutable.</summary>
public sealed record IPPool
{
    /// <summary>Annotation: <c>true</c> or <c>false</c> overrides the cluster's strict affinity for this pool.</summary>
    public const string StrictAffinityAnnotation = "calico-ipam/strict-affinity";

    /// <summary>Annotation: addresses, prefixes and ranges (<c>a-b</c>), separated by commas, that are never assigned automatically.</summary>
    public const string ExclusionsAnnotation = "calico-ipam/exclude";

    /// <summary>The pool's name; pools are tried in ordinal order of names.</summary>
    public required string Name { get; init; }

    /// <summary>The range, without host bits.</summary>
    public required IPNetwork Cidr { get; init; }

    /// <summary>The prefix length of a block: 20 to 32 for IPv4 (default 26), 116 to 128 for IPv6 (default 122).</summary>
    public int BlockSize
    {
        get => field != 0 ? field : Cidr.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 122 : 26;
        init;
    }

    /// <summary>No new addresses; those in use stay and can be released.</summary>
    public bool Disabled { get; init; }

    /// <summary>Which nodes may take addresses and blocks; empty means all.</summary>
    public string NodeSelector { get; init; } = "";

    /// <summary>Pods of which namespaces may take addresses; empty means any.</summary>
    public string NamespaceSelector { get; init; } = "";

    /// <summary>What the addresses may be used for.</summary>
    public AllowedUses AllowedUses { get; init; } = AllowedUses.Workload | AllowedUses.Tunnel;

    /// <summary>Whether the pool must be asked for.</summary>
    public AssignmentMode AssignmentMode { get; init; }

    /// <summary>IPIP encapsulation; IPv4 only.</summary>
    public EncapsulationMode IpipMode { get; init; }

    /// <summary>VXLAN encapsulation; never together with IPIP.</summary>
    public EncapsulationMode VxlanMode { get; init; }

    /// <summary>Masquerade traffic that leaves all pools.</summary>
    public bool NatOutgoing { get; init; }

    /// <summary>Keep the pool's routes from BGP peers.</summary>
    public bool DisableBgpExport { get; init; }

    /// <summary>Whether the condition <c>Allocatable</c> is absent or true; a pool of which it is false gives no addresses.</summary>
    public bool IsAllocatable { get; init; } = true;

    /// <summary>Why the condition <c>Allocatable</c> is false: PoolDisabled, CIDROverlap, Terminating; else null.</summary>
    public string? NotAllocatableReason { get; init; }

    /// <summary>Strict affinity for this pool alone; null follows the cluster's setting.</summary>
    public bool? StrictAffinity { get; init; }

    /// <summary>What is never assigned automatically, as it was written.</summary>
    public IReadOnlyList<string> Exclusions { get; init; } = [];

    /// <summary>4 or 6.</summary>
    public int IpVersion => Range.IsIPv6 ? 6 : 4;

    internal IpPrefix Range => IpPrefix.From(Cidr);

    /// <summary>The document names its uses itself; the defaults are laxer.</summary>
    internal bool UsesAreStated { get; init; }

    internal bool IsUsable => !Disabled && IsAllocatable;

    /// <summary>The range as its author wrote it, perhaps with host bits.</summary>
    internal string CidrText
    {
        get => field ?? Range.ToString();
        init;
    }

    /// <summary>The document that this was read from; fields that this version does not know come back from it.</summary>
    internal JsonObject? Source { get; init; }

    /// <summary>Its key in the store.</summary>
    public string Key => IpamKeys.Pool(Name);

    /// <summary>The pool's blocks in the order in which a host tries them, Calico's bit for bit. Blocks of a single address have no such order in Calico.</summary>
    /// <param name="host">The host's name.</param>
    public IEnumerable<IPNetwork> BlocksFor(string host) =>
        BlockWalk.From(host, new PoolEntry(this), singleAddressSeed: 0, AddressFilter.Nothing).Select(block => block.ToIPNetwork());

    /// <summary>Reads a projectcalico.org/v3 IPPool.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="name">What to call it in errors, usually its key.</param>
    /// <exception cref="IpamDataException">It is no readable pool. Rules beyond readability: validation.</exception>
    public static IPPool Decode(ReadOnlyMemory<byte> json, string name = "IPPool") => IPPoolDocument.Read(json.Span, name);

    /// <summary>The pool's JSON; fields of the document it was read from that this version does not know are kept.</summary>
    public byte[] Encode() => IPPoolDocument.Write(this);
}
