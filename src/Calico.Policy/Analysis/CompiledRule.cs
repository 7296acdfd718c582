using Calico.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Selectors;

namespace Calico.Policy.Analysis;

/// <summary>Where a rule stands in the objects a person wrote.</summary>
internal readonly record struct RulePlace(PolicyId? Policy, string? Profile, PolicyTypes Direction, int Index);

/// <summary>A rule taken apart: what it asks of either address, and which packet classes it matches apart from that.</summary>
internal sealed class CompiledRule(RulePlace place, RuleModel model, RuleAction action, bool isUnreadable, Side source, Side destination)
{
    public RulePlace Place { get; } = place;
    public RuleModel Model { get; } = model;

    /// <summary>The action in effect: of a rule that cannot be read, Deny if it denies or passes.</summary>
    public RuleAction Action { get; } = action;

    /// <summary>True for an allowing rule that cannot be read: it matches nothing.</summary>
    public bool NeverMatches { get; } = isUnreadable && action is RuleAction.Allow or RuleAction.Log && isUnreadable;

    public Side Source { get; } = source;
    public Side Destination { get; } = destination;

    /// <summary>Terms that do not depend on an address, for each family.</summary>
    public ulong[] Packets4 = [];
    public ulong[] Packets6 = [];

    /// <summary>True when which ports match depends on the address: named ports, services.</summary>
    public bool HasNames { get; } = CompiledCluster.NamesPorts(source) || CompiledCluster.NamesPorts(destination);

    /// <summary>Noted by the walks: whether any packet has matched, and whether any was still undecided when it did.</summary>
    public bool EverMatched;
    public bool EverDecided;

    /// <summary>Noted by the walks: true once some packet fares differently without the rule.</summary>
    public bool IsNeeded;

    public ulong[] Packets(bool v6) => v6 ? Packets6 : Packets4;

    /// <summary>Prepares the packet classes of a family.</summary>
    public ulong[] Compile(PacketSpace space, bool v6)
    {
        RuleModel rule = Model;
        if (NeverMatches || (rule.IpVersion == IpVersion.IPv4 && v6) || (rule.IpVersion == IpVersion.IPv6 && !v6)
            || (rule.Protocol is { IsIcmp: true } icmpProtocol && icmpProtocol != space.OwnIcmp)) return new ulong[space.Words];
        return space.Where(packet =>
            (rule.Protocol is not { } protocol || packet.Protocol == protocol)
            && (rule.NotProtocol is not { } notProtocol || packet.Protocol != notProtocol)
            && (rule.Icmp is not { } icmp || (packet.Protocol == space.OwnIcmp && icmp.Matches((byte)packet.SourcePorts.First, (byte)packet.DestinationPorts.First)))
            && (rule.NotIcmp is not { } notIcmp || (packet.Protocol == space.OwnIcmp && !notIcmp.Matches((byte)packet.SourcePorts.First, (byte)packet.DestinationPorts.First)))
            && NumbersMatch(rule.Source, packet, packet.SourcePorts.First)
            && NumbersMatch(rule.Destination, packet, packet.DestinationPorts.First));
    }

    // Named ports depend on the address; here they only keep a rule's numeric ports from deciding alone.
    private static bool NumbersMatch(EntityMatch entity, PacketClass packet, ushort port)
    {
        bool hasPorts = packet.ExampleProtocol.HasPorts;
        if (!entity.Ports.IsEmpty || !entity.NamedPorts.IsEmpty)
        {
            if (!hasPorts || (entity.NamedPorts.IsEmpty && !InAny(entity.Ports, port))) return false;
        }

        return entity.NotPorts.IsEmpty || (hasPorts && !InAny(entity.NotPorts, port));
    }

    public static bool InAny(EquatableArray<PortRange> ranges, ushort port)
    {
        foreach (PortRange range in ranges)
        {
            if (range.Contains(port)) return true;
        }

        return false;
    }
}

/// <summary>What a rule asks of the address on one side; rules that ask the same share it.</summary>
internal sealed class Side(int index, EntityMatch entity, Selector? positive, Selector? negative, Selector? nodes, bool isDestination, bool deniesUnknownDomains, IpProtocol? protocol)
{
    private readonly List<bool?> _positive = [];
    private readonly List<bool?> _negative = [];

    public int Index { get; } = index;
    public EntityMatch Entity { get; } = entity;
    public Selector? Positive { get; } = positive;
    public bool IsDestination { get; } = isDestination;
    public IpPrefix[] Nets { get; } = [.. entity.Nets.Select(n => IpPrefix.From(n))];
    public IpPrefix[] NotNets { get; } = [.. entity.NotNets.Select(n => IpPrefix.From(n))];
    public IpProtocol? Protocol { get; } = protocol;

    /// <summary>True when nothing is asked.</summary>
    public bool IsAny { get; } = entity.Nets.IsEmpty && entity.NotNets.IsEmpty && positive is null && negative is null && nodes is null && entity.Service is null && entity.Domains.IsEmpty;

    public bool Matches(AddressFacts address, ClusterState cluster, EvaluatorOptions options)
    {
        if (IsAny) return true;
        if (Nets.Length > 0 && !Contains(Nets, address.Address)) return false;
        if (NotNets.Length > 0 && (!Array.Exists(NotNets, n => n.IsIPv6 == address.Address.IsIPv6) || Contains(NotNets, address.Address))) return false;
        if (Positive is not null && !address.Owners.Exists(Fits)) return false;
        if (Positive is null && negative is not null && address.Owners.Exists(o => Test(_negative, negative, o))) return false;
        if (nodes is not null && !cluster.AnyNodeMatches(address.Address, nodes)) return false;
        if (Entity.Service is { } service && !address.IsServiceEndpoint(cluster, service)) return false;
        if (Entity.Domains.IsEmpty) return true;
        return options.DomainsOf is null
            ? deniesUnknownDomains
            : options.DomainsOf(address.Address.ToAddress()).Any(name => Entity.Domains.Any(pattern => DomainPattern.Matches(pattern, name)));
    }

    /// <summary>Whether an owner of the address is one of those that the side's selector means.</summary>
    public bool Fits(AddressOwner owner) =>
        (Positive is null || Test(_positive, Positive, owner)) && (Positive is null || negative is null || !Test(_negative, negative, owner));

    private static bool Test(List<bool?> known, Selector selector, AddressOwner owner)
    {
        while (known.Count <= owner.LabelsIndex) known.Add(null);
        return known[owner.LabelsIndex] ??= selector.Matches(owner.Owner.Labels);
    }

    private static bool Contains(IpPrefix[] prefixes, IpPrefix address)
    {
        foreach (IpPrefix prefix in prefixes)
        {
            if (prefix.Contains(address)) return true;
        }

        return false;
    }
}

/// <summary>Something that has an address, with the number of its label set.</summary>
internal readonly record struct AddressOwner(ClusterState.Owner Owner, int LabelsIndex);

/// <summary>What a cluster knows of an address.</summary>
internal sealed class AddressFacts(IpPrefix address, List<AddressOwner> owners)
{
    public IpPrefix Address { get; } = address;
    public List<AddressOwner> Owners { get; } = owners;

    public bool IsServiceEndpoint(ClusterState cluster, NamespacedName service)
    {
        System.Net.IPAddress wanted = Address.ToAddress();
        return cluster.EndpointSlices.Values.Any(slice => slice.Service == service && slice.Addresses.Contains(wanted));
    }
}
