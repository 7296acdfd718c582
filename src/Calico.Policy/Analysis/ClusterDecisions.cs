using System.Runtime.InteropServices;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Analysis;

/// <summary>
/// What a cluster does with every new connection of one family: for a pair of address classes the set of packet classes that arrive.
/// The same walk as the evaluator's, over all packet classes at once.
/// </summary>
internal sealed class ClusterDecisions
{
    private readonly CompiledCluster _cluster;
    private readonly PacketSpace _packets;
    private readonly bool _v6;
    private readonly ClassFacts[] _classes;
    private readonly Dictionary<(HostEndpointId, PolicyHook, PolicyTypes), WalkProgram> _programs = [];
    private readonly Dictionary<(CompiledRule, int, bool), ulong[]> _sidePorts = [];
    private readonly Dictionary<(string, bool), HostEndpointModel?> _hosts = [];
    private readonly Dictionary<(bool Inbound, bool ByDestination, int Other), ulong[]> _failsafe = [];
    private readonly List<CompiledRule> _deciding = [];
    private CompiledRule? _without;
    private bool _visiting;
    private readonly ulong[] _remaining, _passed, _hit, _forbidden, _discovery;

    public ClusterDecisions(CompiledCluster cluster, FlowSpace space, bool v6)
    {
        _cluster = cluster;
        _v6 = v6;
        _packets = space.Packets(v6);
        int words = _packets.Words;
        (_remaining, _passed, _hit) = (new ulong[words], new ulong[words], new ulong[words]);
        EvaluatorOptions options = cluster.Options;
        _forbidden = _packets.Where(p => (!options.AllowVxlanFromWorkloads && p.Protocol == IpProtocol.Udp && p.DestinationPorts.Contains(options.VxlanPort)) || (!options.AllowIpipFromWorkloads && p.Protocol?.Number == 4));
        _discovery = _packets.Where(p => v6 && p.Protocol == IpProtocol.IcmpV6 && p.SourcePorts.First is (>= 130 and <= 133) or 135 or 136);
        foreach (CompiledRule rule in cluster.AllRules)
        {
            if (v6) rule.Packets6 = rule.Compile(_packets, v6);
            else rule.Packets4 = rule.Compile(_packets, v6);
        }

        _classes = [.. space.Addresses(v6).Classes.Select(c => new ClassFacts(cluster, c))];
    }

    /// <summary>The packet classes that arrive from one address class at another.</summary>
    public void Decide(int source, int destination, Span<ulong> allowed)
    {
        ClassFacts from = _classes[source], to = _classes[destination];
        _packets.All.CopyTo(allowed);
        if (from.Workload is not null && ReferenceEquals(from.Workload, to.Workload) && from.IsSingle && to.IsSingle) return;
        bool sameNode = from.Node is not null && from.Node == to.Node;
        if (from.Workload is null && sameNode && to.Workload is not null) return;
        if (from.Workload is { } sender)
        {
            Walk(from.Egress!, source, destination, allowed, sender.IsActive);
            Bits.AndNot(allowed, _forbidden);
            if (sameNode && to.Workload is null)
            {
                if (_cluster.Options.EndpointToHostAction == EndpointToHostAction.Drop) allowed.Clear();
                Bits.Or(allowed, _discovery);
                return;
            }
        }

        if (from.Node is { } node && Host(node, sameNode) is { } outgoing)
        {
            if (from.Workload is null) HostOwn(outgoing, PolicyTypes.Egress, source, destination, sameNode, allowed);
            else if (!sameNode) Forward(outgoing, PolicyTypes.Egress, source, destination, allowed);
        }

        if (to.Node is { } toNode && (from.Workload is null || !sameNode) && Host(toNode, sameNode) is { } incoming)
            Arrive(incoming, to, source, destination, sameNode, allowed);
        if (to.Workload is { } receiver && !Bits.IsEmpty(allowed))
            Walk(to.Ingress!, source, destination, allowed, receiver.IsActive);
    }

    /// <summary>Walks every endpoint's policies over all packets, whether or not they get that far, so that rules note what they see.</summary>
    public void VisitAll()
    {
        _visiting = true;
        for (int own = 0; own < _classes.Length; own++)
        {
            for (int peer = 0; peer < _classes.Length; peer++)
            {
                if (_classes[own].Workload is { IsActive: true })
                {
                    Visit(_classes[own].Ingress!, peer, own);
                    Visit(_classes[own].Egress!, own, peer);
                }

                foreach (HostEndpointModel host in _cluster.State.Hosts.Values) VisitHost(host, peer, own);
            }
        }

        _visiting = false;
    }

    private void VisitHost(HostEndpointModel host, int source, int destination)
    {
        foreach (PolicyTypes direction in new[] { PolicyTypes.Ingress, PolicyTypes.Egress })
        {
            Visit(Program(host, PolicyHook.HostUntracked, direction), source, destination);
            Visit(Program(host, PolicyHook.HostPreDnat, direction), source, destination);
            Visit(Program(host, PolicyHook.HostNormal, direction), source, destination);
            Visit(Program(host, PolicyHook.HostForward, direction), source, destination);
        }
    }

    // A rule is needed as soon as one walk without it ends differently; only rules not yet known to be are tried.
    private void Visit(WalkProgram program, int source, int destination)
    {
        if (program.Tiers.Length + program.Profiles.Length == 0) return;
        _deciding.Clear();
        (ulong[] allowed, ulong[] undecided) = WalkAll(program, source, destination);
        if (_deciding.Count == 0) return;
        foreach (CompiledRule rule in _deciding.ToArray())
        {
            _without = rule;
            (ulong[] allowedWithout, ulong[] undecidedWithout) = WalkAll(program, source, destination);
            rule.IsNeeded = !allowed.AsSpan().SequenceEqual(allowedWithout) || !undecided.AsSpan().SequenceEqual(undecidedWithout);
            _without = null;
        }
    }

    private (ulong[] Allowed, ulong[] Undecided) WalkAll(WalkProgram program, int source, int destination)
    {
        ulong[] allowed = [.. _packets.All];
        Walk(program, source, destination, allowed, isActive: true);
        return (allowed, [.. _remaining]);
    }

    private void Arrive(HostEndpointModel host, ClassFacts to, int source, int destination, bool sameNode, Span<ulong> allowed)
    {
        ulong[] accepted = new ulong[_packets.Words], undecided = allowed.ToArray();
        if (!sameNode)
        {
            ulong[] failsafe = Failsafe(inbound: true, byDestination: true, source);
            if (!host.IsAllInterfaces)
            {
                ulong[] exempt = [.. failsafe];
                Bits.Or(exempt, Failsafe(inbound: false, byDestination: false, source));
                Before(Program(host, PolicyHook.HostUntracked, PolicyTypes.Ingress), source, destination, exempt, accepted, undecided);
            }

            Before(Program(host, PolicyHook.HostPreDnat, PolicyTypes.Ingress), source, destination, failsafe, accepted, undecided);
        }

        if (to.Workload is null) HostOwn(host, PolicyTypes.Ingress, source, destination, sameNode, undecided);
        else Forward(host, PolicyTypes.Ingress, source, destination, undecided);
        Bits.Or(undecided, accepted);
        Bits.And(allowed, undecided);
    }

    // Untracked and preDNAT: what they allow is done with the host, what they deny is gone, the rest goes on.
    private void Before(WalkProgram program, int source, int destination, ulong[] exempt, ulong[] accepted, ulong[] undecided)
    {
        ulong[] judged = [.. undecided];
        Bits.AndNot(judged, exempt);
        ulong[] allowed = [.. judged];
        WalkTiers(program, source, destination, allowed, out ulong[] rest);
        Bits.Or(accepted, allowed);
        Bits.And(undecided, exempt);
        Bits.Or(undecided, rest);
    }

    private void HostOwn(HostEndpointModel host, PolicyTypes direction, int source, int destination, bool loopback, Span<ulong> allowed)
    {
        bool inbound = direction == PolicyTypes.Ingress;
        ulong[] failsafe = Failsafe(inbound, byDestination: true, inbound ? source : destination);
        ulong[] accepted = new ulong[_packets.Words], undecided = allowed.ToArray();
        if (!inbound && !loopback && !host.IsAllInterfaces)
        {
            ulong[] exempt = [.. failsafe];
            Bits.Or(exempt, Failsafe(inbound: true, byDestination: false, source));
            Before(Program(host, PolicyHook.HostUntracked, direction), source, destination, exempt, accepted, undecided);
        }

        ulong[] safe = [.. undecided];
        Bits.And(safe, failsafe);
        Walk(Program(host, PolicyHook.HostNormal, direction), source, destination, undecided, isActive: true);
        Bits.Or(undecided, safe);
        Bits.Or(undecided, accepted);
        Bits.And(allowed, undecided);
    }

    private void Forward(HostEndpointModel host, PolicyTypes direction, int source, int destination, Span<ulong> allowed)
    {
        WalkProgram program = Program(host, PolicyHook.HostForward, direction);
        if (program.Tiers.Length == 0) return;
        WalkTiers(program, source, destination, allowed, out ulong[] rest);
        Bits.Or(allowed, rest);
    }

    private void Walk(WalkProgram program, int source, int destination, Span<ulong> allowed, bool isActive)
    {
        if (!isActive)
        {
            allowed.Clear();
            return;
        }

        WalkTiers(program, source, destination, allowed, out ulong[] rest);
        foreach (CompiledRule[]? profile in program.Profiles)
        {
            if (profile is null || (!_visiting && Bits.IsEmpty(rest))) break;
            Array.Clear(_passed);
            foreach (CompiledRule rule in profile)
            {
                if (!Hits(rule, source, destination, rest) || rule.Action == RuleAction.Log) continue;
                if (rule.Action == RuleAction.Allow) Bits.Or(allowed, _hit);
                if (rule.Action == RuleAction.Pass) Bits.Or(_passed, _hit);
                Bits.AndNot(rest, _hit);
            }

            Bits.Or(rest, _passed);
        }
    }

    /// <summary>Leaves in <paramref name="allowed"/> what a rule allows of it, and in <paramref name="rest"/> what nothing decided.</summary>
    private void WalkTiers(WalkProgram program, int source, int destination, Span<ulong> allowed, out ulong[] rest)
    {
        rest = _remaining;
        allowed.CopyTo(rest);
        allowed.Clear();
        foreach (WalkProgram.TierStep tier in program.Tiers)
        {
            Array.Clear(_passed);
            foreach (CompiledRule rule in tier.Rules)
            {
                if (!Hits(rule, source, destination, rest) || rule.Action == RuleAction.Log) continue;
                if (rule.Action == RuleAction.Allow) Bits.Or(allowed, _hit);
                if (rule.Action == RuleAction.Pass) Bits.Or(_passed, _hit);
                Bits.AndNot(rest, _hit);
            }

            if (!tier.EndPasses) Array.Clear(rest);
            Bits.Or(rest, _passed);
            if (!_visiting && Bits.IsEmpty(rest)) return;
        }
    }

    private bool Hits(CompiledRule rule, int source, int destination, ulong[] rest)
    {
        if (rule == _without || !_classes[source].Matches(rule.Source) || !_classes[destination].Matches(rule.Destination)) return false;
        if (!rule.EverMatched) rule.EverMatched = MatchesAny(rule, source, destination);
        Bits.Intersect(_hit, rest, rule.Packets(_v6));
        if (rule.HasNames)
        {
            Bits.And(_hit, SidePorts(rule, source, isDestination: false));
            Bits.And(_hit, SidePorts(rule, destination, isDestination: true));
        }

        if (Bits.IsEmpty(_hit)) return false;
        if (_without is not null) return true;
        rule.EverDecided = true;
        if (_visiting && !rule.IsNeeded && rule.Action != RuleAction.Log) _deciding.Add(rule);
        return true;
    }

    private bool MatchesAny(CompiledRule rule, int source, int destination)
    {
        Bits.Intersect(_hit, _packets.All, rule.Packets(_v6));
        if (rule.HasNames)
        {
            Bits.And(_hit, SidePorts(rule, source, isDestination: false));
            Bits.And(_hit, SidePorts(rule, destination, isDestination: true));
        }

        return !Bits.IsEmpty(_hit);
    }

    private ulong[] SidePorts(CompiledRule rule, int classIndex, bool isDestination)
    {
        ref ulong[]? bits = ref CollectionsMarshal.GetValueRefOrAddDefault(_sidePorts, (rule, classIndex, isDestination), out _);
        if (bits is not null) return bits;
        Side side = isDestination ? rule.Destination : rule.Source;
        EntityMatch entity = isDestination ? rule.Model.Destination : rule.Model.Source;
        AddressPorts ports = _cluster.Ports(side, _classes[classIndex].Facts);
        return bits = _packets.Where(packet =>
        {
            ushort port = (isDestination ? packet.DestinationPorts : packet.SourcePorts).First;
            if (!entity.NamedPorts.IsEmpty && !CompiledRule.InAny(entity.Ports, port) && !Has(ports.Named, packet, port)) return false;
            if (Has(ports.NotNamed, packet, port)) return false;
            return !(isDestination && entity.Service is not null) || Has(ports.Service, packet, port);
        });

        static bool Has(EquatableArray<EndpointPort> ports, PacketClass packet, ushort port) =>
            packet.Protocol is { } protocol && ports.Contains(new EndpointPort("", protocol, port));
    }

    private ulong[] Failsafe(bool inbound, bool byDestination, int other)
    {
        ref ulong[]? bits = ref CollectionsMarshal.GetValueRefOrAddDefault(_failsafe, (inbound, byDestination, other), out _);
        if (bits is not null) return bits;
        EquatableArray<FailsafePort> ports = inbound ? _cluster.Options.FailsafeInbound : _cluster.Options.FailsafeOutbound;
        System.Net.IPAddress address = _classes[other].Facts.Address.ToAddress();
        return bits = _packets.Where(packet => ports.Any(f => packet.Protocol == f.Protocol
            && (byDestination ? packet.DestinationPorts : packet.SourcePorts).First == f.Port
            && (byDestination ? f.Net is not { } net || net.Contains(address) : f.Net is null)));
    }

    private WalkProgram Program(HostEndpointModel host, PolicyHook hook, PolicyTypes direction)
    {
        ref WalkProgram? program = ref CollectionsMarshal.GetValueRefOrAddDefault(_programs, (host.Id, hook, direction), out _);
        if (program is not null) return program;
        EndpointPolicies policies = _cluster.PoliciesOf(host);
        return program = hook switch
        {
            PolicyHook.HostUntracked => WalkProgram.Of(_cluster, policies.UntrackedTiers, [], direction, endsPass: true),
            PolicyHook.HostPreDnat => WalkProgram.Of(_cluster, policies.PreDnatTiers, [], direction, endsPass: true),
            PolicyHook.HostForward => WalkProgram.Of(_cluster, policies.ForwardTiers, [], direction, endsPass: false),
            _ => WalkProgram.Of(_cluster, policies.Tiers, policies.Profiles, direction, endsPass: false),
        };
    }

    private HostEndpointModel? Host(string node, bool loopback)
    {
        if (_cluster.State.Hosts.Count == 0) return null;
        ref HostEndpointModel? host = ref CollectionsMarshal.GetValueRefOrAddDefault(_hosts, (node, loopback), out bool known);
        if (!known) host = FindHost(node, loopback);
        return host;
    }

    private HostEndpointModel? FindHost(string node, bool loopback)
    {
        IEnumerable<HostEndpointModel> mine = _cluster.State.Hosts.Values.Where(h => h.Id.Node == node).OrderBy(h => h.Id.Name, StringComparer.Ordinal);
        EquatableArray<System.Net.IPAddress> addresses = _cluster.State.Nodes.TryGetValue(node, out NodeModel? known) ? known.Addresses : [];
        HostEndpointModel? named = loopback ? null : mine.FirstOrDefault(h => h.InterfaceName == _cluster.Options.FabricInterface
            || (h.InterfaceName.Length == 0 && (known is null || h.ExpectedIPs.Any(addresses.Contains))));
        return named ?? mine.FirstOrDefault(h => h.IsAllInterfaces);
    }

    /// <summary>What the cluster knows of an address class.</summary>
    private sealed class ClassFacts
    {
        private readonly ulong[] _sides;

        public ClassFacts(CompiledCluster cluster, AddressClass addresses)
        {
            Facts = cluster.Facts(addresses.Address);
            Workload = CompiledCluster.WorkloadOf(Facts);
            Node = cluster.NodeOf(addresses.Address, Workload);
            if (cluster.Options.OnlyNode is { } only && Node != only) (Workload, Node) = (null, null);
            if (Workload is not null && cluster.PoliciesOf(Workload) is { } policies)
            {
                Ingress = WalkProgram.Of(cluster, policies.Tiers, policies.Profiles, PolicyTypes.Ingress, endsPass: false);
                Egress = WalkProgram.Of(cluster, policies.Tiers, policies.Profiles, PolicyTypes.Egress, endsPass: false);
            }

            IsSingle = addresses.Endpoints.Count == 1;
            _sides = new ulong[(cluster.Sides.Count + 63) / 64];
            foreach (Side side in cluster.Sides)
            {
                if (side.Matches(Facts, cluster.State, cluster.Options)) _sides[side.Index >> 6] |= 1UL << (side.Index & 63);
            }
        }

        public AddressFacts Facts { get; }

        public WorkloadEndpointModel? Workload { get; }

        public string? Node { get; }

        /// <summary>The walk to the workload.</summary>
        public WalkProgram? Ingress { get; }

        /// <summary>The walk from the workload.</summary>
        public WalkProgram? Egress { get; }

        public bool IsSingle { get; }

        public bool Matches(Side side) => (_sides[side.Index >> 6] & 1UL << (side.Index & 63)) != 0;
    }
}
