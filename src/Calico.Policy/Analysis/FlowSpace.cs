using System.Net;
using Calico.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Policy.Analysis;

/// <summary>
/// All packets there can be, cut into classes that nothing in some clusters tells apart: to know what happens to one packet of a class is to know it of all.
/// So a finite check over examples is a proof.
/// </summary>
public sealed class FlowSpace
{
    internal FlowSpace(AddressSpace v4, AddressSpace v6, PacketSpace packets4, PacketSpace packets6)
    {
        (Addresses4, Addresses6, Packets4, Packets6) = (v4, v6, packets4, packets6);
    }

    internal AddressSpace Addresses4 { get; }

    internal AddressSpace Addresses6 { get; }

    internal PacketSpace Packets4 { get; }

    internal PacketSpace Packets6 { get; }

    /// <summary>The address classes of a family.</summary>
    public IReadOnlyList<AddressClass> AddressClasses(IpVersion version) => Addresses(version == IpVersion.IPv6).Classes;

    /// <summary>The packet classes of a family.</summary>
    public IReadOnlyList<PacketClass> PacketClasses(IpVersion version) => Packets(version == IpVersion.IPv6).Classes;

    /// <summary>One packet for every class of packets there is, new connections only.</summary>
    public IEnumerable<Flow> Examples()
    {
        foreach (bool v6 in new[] { false, true })
        {
            foreach (AddressClass source in Addresses(v6).Classes)
            {
                foreach (AddressClass destination in Addresses(v6).Classes)
                {
                    foreach (PacketClass packet in Packets(v6).Classes) yield return packet.Example(source.Example, destination.Example);
                }
            }
        }
    }

    internal AddressSpace Addresses(bool v6) => v6 ? Addresses6 : Addresses4;

    internal PacketSpace Packets(bool v6) => v6 ? Packets6 : Packets4;
}

/// <summary>Collects what tells packets apart and cuts the space accordingly.</summary>
public sealed class FlowSpaceBuilder
{
    private readonly List<CompiledCluster> _clusters = [];
    private readonly PacketBoundaries _packets = new();
    private readonly List<IpPrefix[]> _groups = [];

    /// <summary>Adds everything a cluster's policies, endpoints and settings tell apart.</summary>
    public FlowSpaceBuilder Add(ClusterState cluster, EvaluatorOptions? options = null)
    {
        Add(new CompiledCluster(cluster, options ?? EvaluatorOptions.Default));
        return this;
    }

    /// <summary>Adds a prefix from elsewhere, for example from a ruleset: addresses inside and outside come into different classes.</summary>
    public FlowSpaceBuilder AddPrefix(IPNetwork prefix) => AddAddresses([prefix]);

    /// <summary>Adds a group of addresses from elsewhere, for example the members of a ruleset's set: those inside and outside come into different classes, those inside are not told apart.</summary>
    public FlowSpaceBuilder AddAddresses(IEnumerable<IPNetwork> prefixes)
    {
        ArgumentNullException.ThrowIfNull(prefixes);
        _groups.Add([.. prefixes.Select(p => IpPrefix.From(p))]);
        return this;
    }

    /// <summary>Adds a protocol from elsewhere.</summary>
    public FlowSpaceBuilder AddProtocol(IpProtocol protocol)
    {
        _packets.Protocols.Add(protocol.Number);
        return this;
    }

    /// <summary>Adds a range of source ports from elsewhere.</summary>
    public FlowSpaceBuilder AddSourcePorts(PortRange ports)
    {
        PacketBoundaries.Add(_packets.SourcePorts, ports);
        return this;
    }

    /// <summary>Adds a range of destination ports from elsewhere.</summary>
    public FlowSpaceBuilder AddDestinationPorts(PortRange ports)
    {
        PacketBoundaries.Add(_packets.DestinationPorts, ports);
        return this;
    }

    /// <summary>Adds an ICMP type or type and code from elsewhere.</summary>
    public FlowSpaceBuilder AddIcmp(IcmpMatch icmp)
    {
        _packets.Add(icmp);
        return this;
    }

    /// <summary>Cuts the space.</summary>
    public FlowSpace Build() => new(
        new AddressSpace(_clusters, _groups, v6: false),
        new AddressSpace(_clusters, _groups, v6: true),
        new PacketSpace(_packets, v6: false),
        new PacketSpace(_packets, v6: true));

    internal void Add(CompiledCluster cluster)
    {
        _clusters.Add(cluster);
        cluster.AddBoundaries(_packets);
    }
}
