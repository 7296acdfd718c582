using System.Net;
using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

namespace Calico.Policy.Analysis;

/// <summary>A cluster taken apart for analysis: rules, the distinct questions they ask of addresses, and the endpoints with what applies to them.</summary>
internal sealed class CompiledCluster
{
    private readonly Dictionary<(EntityMatch, bool, bool, IpProtocol?), Side> _sides = [];
    private readonly Dictionary<LabelMap, int> _labels = [];
    private readonly Dictionary<EndpointPolicies, int> _policyKeys = [];
    private readonly Dictionary<(LabelMap, EquatableArray<string>, bool), EndpointPolicies> _selected = [];
    private readonly Dictionary<string, int> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<AddressPorts, int> _portLists = [];
    private readonly Dictionary<IPAddress, string> _nodeAddresses = [];
    private readonly HashSet<IPNetwork> _failsafeNets = [];

    public CompiledCluster(ClusterState state, EvaluatorOptions options)
    {
        (State, Options) = (state, options);
        HashSet<PolicyId>? judging = options.OnlyNode is { } only ? PoliciesOn(only) : null;
        foreach (PolicyModel policy in state.Policies.Values)
        {
            if (judging?.Contains(policy.Id) == false) continue;
            Rules[(policy.Id, PolicyTypes.Ingress)] = Compile(policy.Id, null, PolicyTypes.Ingress, (policy.Types & PolicyTypes.Ingress) == 0 ? [] : policy.Ingress);
            Rules[(policy.Id, PolicyTypes.Egress)] = Compile(policy.Id, null, PolicyTypes.Egress, (policy.Types & PolicyTypes.Egress) == 0 ? [] : policy.Egress);
        }

        foreach (ProfileModel profile in state.Profiles.Values)
        {
            ProfileRules[(profile.Name, PolicyTypes.Ingress)] = Compile(null, profile.Name, PolicyTypes.Ingress, profile.Ingress);
            ProfileRules[(profile.Name, PolicyTypes.Egress)] = Compile(null, profile.Name, PolicyTypes.Egress, profile.Egress);
        }

        foreach (FailsafePort port in options.FailsafeInbound.Concat(options.FailsafeOutbound))
        {
            if (port.Net is { } net) _failsafeNets.Add(net);
        }

        foreach (NodeModel node in state.Nodes.Values)
        {
            foreach (IPAddress address in node.Addresses) _nodeAddresses.TryAdd(address, node.Name);
        }

        foreach (HostEndpointModel host in state.Hosts.Values.OrderBy(h => h.Id.Name, StringComparer.Ordinal))
        {
            foreach (IPAddress address in host.ExpectedIPs) _nodeAddresses.TryAdd(address, host.Id.Node);
        }
    }

    public ClusterState State { get; }

    public EvaluatorOptions Options { get; }

    public Dictionary<(PolicyId, PolicyTypes), CompiledRule[]> Rules { get; } = [];

    public Dictionary<(string, PolicyTypes), CompiledRule[]> ProfileRules { get; } = [];

    public IReadOnlyCollection<Side> Sides => _sides.Values;

    public IEnumerable<CompiledRule> AllRules => Rules.Values.Concat(ProfileRules.Values).SelectMany(r => r);

    /// <summary>Every prefix that means something to the cluster.</summary>
    public IEnumerable<IpPrefix> Prefixes =>
        _sides.Values.SelectMany(s => s.Nets.Concat(s.NotNets))
            .Concat(State.Workloads.Values.SelectMany(w => w.Nets).Select(n => IpPrefix.From(n)))
            .Concat(State.NetworkSets.Values.SelectMany(s => s.Nets).Select(n => IpPrefix.From(n)))
            .Concat(State.EndpointSlices.Values.SelectMany(s => s.Addresses).Select(a => IpPrefix.From(a)))
            .Concat(_nodeAddresses.Keys.Select(a => IpPrefix.From(a)))
            .Concat(_failsafeNets.Select(n => IpPrefix.From(n)));

    public void AddBoundaries(PacketBoundaries boundaries)
    {
        foreach (CompiledRule rule in AllRules)
        {
            RuleModel model = rule.Model;
            if (model.Protocol is { } protocol) boundaries.Protocols.Add(protocol.Number);
            if (model.NotProtocol is { } notProtocol) boundaries.Protocols.Add(notProtocol.Number);
            if (model.Icmp is { } icmp) boundaries.Add(icmp);
            if (model.NotIcmp is { } notIcmp) boundaries.Add(notIcmp);
            foreach (PortRange range in model.Source.Ports.Concat(model.Source.NotPorts)) PacketBoundaries.Add(boundaries.SourcePorts, range);
            foreach (PortRange range in model.Destination.Ports.Concat(model.Destination.NotPorts)) PacketBoundaries.Add(boundaries.DestinationPorts, range);
        }

        bool namedSources = AllRules.Any(r => !r.Model.Source.NamedPorts.IsEmpty || !r.Model.Source.NotNamedPorts.IsEmpty);
        foreach (EndpointModel endpoint in State.Workloads.Values.Cast<EndpointModel>().Concat(State.Hosts.Values))
        {
            foreach (EndpointPort port in endpoint.Ports)
            {
                PacketBoundaries.Add(boundaries.DestinationPorts, new PortRange(port.Port));
                if (namedSources) PacketBoundaries.Add(boundaries.SourcePorts, new PortRange(port.Port));
            }
        }

        foreach (ServicePort port in State.EndpointSlices.Values.SelectMany(s => s.Ports)) PacketBoundaries.Add(boundaries.DestinationPorts, new PortRange(port.Port));
        PacketBoundaries.Add(boundaries.DestinationPorts, new PortRange(Options.VxlanPort));
        if (State.Hosts.Count > 0)
        {
            foreach (FailsafePort port in Options.FailsafeInbound.Concat(Options.FailsafeOutbound))
            {
                PacketBoundaries.Add(boundaries.DestinationPorts, new PortRange(port.Port));
                PacketBoundaries.Add(boundaries.SourcePorts, new PortRange(port.Port));
            }
        }

        foreach (byte type in new byte[] { 130, 131, 132, 133, 135, 136 }) PacketBoundaries.Add(boundaries.IcmpTypes, new PortRange(type));
    }

    public AddressFacts Facts(IpPrefix address)
    {
        List<AddressOwner> owners = [];
        foreach (ClusterState.Owner owner in State.OwnersOf(address))
        {
            ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, owner.Labels, out bool known);
            if (!known) index = _labels.Count - 1;
            owners.Add(new AddressOwner(owner, index));
        }

        return new AddressFacts(address, owners);
    }

    /// <summary>Appends everything that tells this address from others.</summary>
    public void Describe(IpPrefix address, List<ulong> seen)
    {
        AddressFacts facts = Facts(address);
        ulong word = 0;
        int count = 0;
        foreach (Side side in _sides.Values)
        {
            if (side.Matches(facts, State, Options)) word |= 1UL << count;
            if (++count < 64) continue;
            seen.Add(word);
            (word, count) = (0, 0);
        }

        seen.Add(word);
        foreach (Side side in _sides.Values)
        {
            if (NamesPorts(side)) seen.Add((ulong)Number(_portLists, Ports(side, facts)));
        }

        foreach (IPNetwork net in _failsafeNets) seen.Add(IpPrefix.From(net).Contains(address) ? 1UL : 0);
        WorkloadEndpointModel? workload = WorkloadOf(facts);
        string? node = NodeOf(address, workload);
        if (Options.OnlyNode is { } only && node != only) (workload, node) = (null, null);
        seen.Add(workload is null ? 0 : (ulong)Number(_policyKeys, PoliciesOf(workload)) + 1);
        seen.Add(workload is null ? 0UL : workload.IsActive ? 1UL : 2UL);
        seen.Add(node is null ? 0 : (ulong)Number(_nodes, node) + 1);
    }

    public (string? Name, string? Node) Name(IpPrefix address)
    {
        WorkloadEndpointModel? workload = WorkloadOf(Facts(address));
        string? node = NodeOf(address, workload);
        if (Options.OnlyNode is { } only && node != only) return (null, null);
        return (workload is not null ? workload.Id.Workload : node is not null ? $"node {node}" : null, workload?.Id.Node ?? node);
    }

    public static WorkloadEndpointModel? WorkloadOf(AddressFacts facts) =>
        facts.Owners.Select(o => o.Owner.Workload).OfType<WorkloadEndpointModel>().MinBy(w => $"{w.Id} {w.Id.Node}", StringComparer.Ordinal);

    public string? NodeOf(IpPrefix address, WorkloadEndpointModel? workload) =>
        workload is not null ? (_nodeAddresses.Count > 0 || Options.OnlyNode is not null ? workload.Id.Node : null)
        : _nodeAddresses.Count > 0 ? _nodeAddresses.GetValueOrDefault(address.ToAddress()) : null;

    public EndpointPolicies PoliciesOf(EndpointModel endpoint)
    {
        (LabelMap, EquatableArray<string>, bool) key = (endpoint.Labels, endpoint.Profiles, endpoint is HostEndpointModel);
        ref EndpointPolicies? policies = ref CollectionsMarshal.GetValueRefOrAddDefault(_selected, key, out _);
        return policies ??= PolicySelection.Of(State, endpoint, withStaged: false);
    }

    private HashSet<PolicyId> PoliciesOn(string node)
    {
        HashSet<PolicyId> policies = [];
        foreach (EndpointModel endpoint in State.Workloads.Values.Where(w => w.Id.Node == node).Cast<EndpointModel>().Concat(State.Hosts.Values.Where(h => h.Id.Node == node)))
        {
            EndpointPolicies applied = PoliciesOf(endpoint);
            foreach (EndpointTier tier in applied.Tiers.Concat(applied.ForwardTiers).Concat(applied.PreDnatTiers).Concat(applied.UntrackedTiers))
            {
                policies.UnionWith(tier.Ingress);
                policies.UnionWith(tier.Egress);
            }
        }

        return policies;
    }

    /// <summary>The ports that a side's names, negated names and service stand for at an address.</summary>
    public AddressPorts Ports(Side side, AddressFacts facts)
    {
        EquatableArray<EndpointPort> service = side is { IsDestination: true, Entity.Service: { } name } ? ServicePorts(name, facts) : [];
        if (side.Protocol is { } limited && limited != IpProtocol.Tcp && limited != IpProtocol.Udp && limited != IpProtocol.Sctp) return new([], [], service);
        List<EndpointPort> named = [], notNamed = [];
        foreach (AddressOwner owner in facts.Owners)
        {
            if (!owner.Owner.Prefix.IsHost || !side.Fits(owner)) continue;
            foreach (EndpointPort port in owner.Owner.Ports)
            {
                if (side.Entity.NamedPorts.Contains(port.Name)) named.Add(port with { Name = "" });
                if (side.Entity.NotNamedPorts.Contains(port.Name)) notNamed.Add(port with { Name = "" });
            }
        }

        return new(Sorted(named), Sorted(notNamed), service);
    }

    private EquatableArray<EndpointPort> ServicePorts(NamespacedName service, AddressFacts facts)
    {
        IPAddress wanted = facts.Address.ToAddress();
        return Sorted(State.EndpointSlices.Values.Where(s => s.Service == service && s.Addresses.Contains(wanted)).SelectMany(s => s.Ports).Select(p => new EndpointPort("", p.Protocol, p.Port)));
    }

    private static EquatableArray<EndpointPort> Sorted(IEnumerable<EndpointPort> ports) =>
        ports.Distinct().OrderBy(p => p.Protocol.Number).ThenBy(p => p.Port).ToEquatableArray();

    public static bool NamesPorts(Side side) => !side.Entity.NamedPorts.IsEmpty || !side.Entity.NotNamedPorts.IsEmpty || (side.Entity.Service is not null && side.IsDestination);

    private CompiledRule[] Compile(PolicyId? policy, string? profile, PolicyTypes direction, EquatableArray<RuleModel> rules)
    {
        CompiledRule[] compiled = new CompiledRule[rules.Count];
        for (int i = 0; i < compiled.Length; i++)
        {
            RuleModel rule = rules[i];
            bool unreadable = IsUnreadable(rule.Source) || IsUnreadable(rule.Destination);
            RuleAction action = unreadable && rule.Action == RuleAction.Pass ? RuleAction.Deny : rule.Action;
            bool denies = rule.Action is RuleAction.Deny or RuleAction.Pass;
            compiled[i] = new CompiledRule(new RulePlace(policy, profile, direction, i), rule, action, unreadable,
                SideOf(rule.Source, false, denies, rule.Protocol), SideOf(rule.Destination, true, denies, rule.Protocol));
        }

        return compiled;
    }

    private bool IsUnreadable(EntityMatch entity) =>
        State.Parse(entity.Selector) is null || State.Parse(entity.NotSelector) is null || State.Parse(entity.NodeSelector) is null;

    private Side SideOf(EntityMatch entity, bool isDestination, bool denies, IpProtocol? protocol)
    {
        // Numeric ports are no question to an address; sides that differ in nothing else are one.
        EntityMatch question = entity with { Ports = [], NotPorts = [] };
        bool named = !entity.NamedPorts.IsEmpty || !entity.NotNamedPorts.IsEmpty;
        (EntityMatch, bool, bool, IpProtocol?) key = (question, isDestination && entity.Service is not null, denies && !entity.Domains.IsEmpty, named ? protocol : null);
        ref Side? side = ref CollectionsMarshal.GetValueRefOrAddDefault(_sides, key, out bool known);
        if (known) return side!;
        Selector? positive = string.IsNullOrWhiteSpace(entity.Selector) ? null : State.Parse(entity.Selector);
        Selector? negative = string.IsNullOrWhiteSpace(entity.NotSelector) ? null : State.Parse(entity.NotSelector);
        Selector? nodes = string.IsNullOrWhiteSpace(entity.NodeSelector) ? null : State.Parse(entity.NodeSelector);
        return side = new Side(_sides.Count - 1, question, positive, negative, nodes, isDestination, denies, named ? protocol : null);
    }

    private static int Number<TKey>(Dictionary<TKey, int> numbers, TKey key) where TKey : notnull
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, key, out bool known);
        if (!known) number = numbers.Count - 1;
        return number;
    }
}

/// <summary>Ports with their protocols that mean something at one address.</summary>
internal readonly record struct AddressPorts(EquatableArray<EndpointPort> Named, EquatableArray<EndpointPort> NotNamed, EquatableArray<EndpointPort> Service);
