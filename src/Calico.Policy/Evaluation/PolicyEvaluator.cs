using System.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>
/// The reference meaning of policy: follows a flow through every place where a node judges it, and says what becomes of it and why.
/// Made to be obvious, not fast; the engine, the analysis and the dataplane are checked against it.
/// </summary>
/// <remarks>
/// The model of the network: nodes reach each other and the world over one interface each (<see cref="EvaluatorOptions.FabricInterface"/>), without encapsulation;
/// an address of no workload and no node is outside the cluster. A packet from a pod to itself never leaves the pod. A packet that only crosses the outside world meets no policy.
/// The evaluator reads the state at each call, so it may change in between.
/// </remarks>
public sealed class PolicyEvaluator
{
    private readonly ClusterState _state;
    private readonly EvaluatorOptions _options;
    private readonly ModelRuleBook _rules;

    /// <summary>An evaluator over a state.</summary>
    public PolicyEvaluator(ClusterState state, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
        _options = options ?? EvaluatorOptions.Default;
        _rules = new ModelRuleBook(_state, _options);
    }

    /// <summary>What becomes of a flow.</summary>
    /// <exception cref="ArgumentException">Source and destination are of different families.</exception>
    public FlowVerdict Evaluate(Flow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        if (flow.Source.AddressFamily != flow.Destination.AddressFamily) throw new ArgumentException($"{flow}: source and destination are of different IP versions.", nameof(flow));
        FlowPath actual = new(this, flow, withStaged: false);
        bool isAllowed = actual.Run();
        if (!_state.Policies.Values.Any(p => p.IsStaged))
            return new FlowVerdict { IsAllowed = isAllowed, Trace = actual.Trace, IsAllowedWithStaged = isAllowed, StagedTrace = actual.Trace };
        FlowPath staged = new(this, flow, withStaged: true);
        bool isAllowedWithStaged = staged.Run();
        return new FlowVerdict { IsAllowed = isAllowed, Trace = actual.Trace, IsAllowedWithStaged = isAllowedWithStaged, StagedTrace = staged.Trace };
    }

    /// <summary>The policies and profiles that apply to an endpoint, in order: what the engine tells of it.</summary>
    public EndpointPolicies PoliciesOf(EndpointModel endpoint) => PolicySelection.Of(_state, endpoint, withStaged: false);

    /// <summary>What the policies of one endpoint make of a packet at one hook: policy alone, without connection tracking, failsafe ports and the like.</summary>
    public HookVerdict Judge(EndpointModel endpoint, PolicyHook hook, PolicyTypes direction, Flow flow)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(flow);
        return HookWalk.Judge(_rules, [], hook, direction, "", PoliciesOf(endpoint), flow, enforceStaged: false);
    }

    /// <summary>One flow on its way.</summary>
    private sealed class FlowPath(PolicyEvaluator owner, Flow flow, bool withStaged)
    {
        private readonly ClusterState _state = owner._state;
        private readonly EvaluatorOptions _options = owner._options;
        private readonly Packet _packet = Packet.Of(flow);
        private bool _isUntracked;

        public List<TraceStep> Trace { get; } = [];

        public bool Run()
        {
            WorkloadEndpointModel? from = _state.WorkloadAt(flow.Source), to = _state.WorkloadAt(flow.Destination);
            string? fromNode = from?.Id.Node ?? _state.NodeAt(flow.Source), toNode = to?.Id.Node ?? _state.NodeAt(flow.Destination);
            if (from is not null && from == to && flow.OriginalDestination is null) return true;
            bool staysOnNode = fromNode is not null && fromNode == toNode;
            string? dnatNode = flow.OriginalDestination is { } original ? _state.NodeAt(original.Address) : null;

            if (fromNode is not null && Judges(fromNode) && !Leave(from, fromNode, to, toNode, staysOnNode)) return false;
            if (dnatNode is not null && dnatNode != fromNode && dnatNode != toNode && Judges(dnatNode) && !CrossDnatNode(dnatNode)) return false;
            if (toNode is null || !Judges(toNode)) return true;
            return staysOnNode ? ArriveLocally(from, to) : Arrive(to, toNode, sawDnat: dnatNode == toNode);
        }

        private bool Judges(string node) => _options.OnlyNode is not { } only || only == node;

        // On the sender's node, up to the point where the packet leaves it or is about to be delivered.
        private bool Leave(WorkloadEndpointModel? from, string node, WorkloadEndpointModel? to, string? toNode, bool staysOnNode)
        {
            HostEndpointModel? host = staysOnNode ? AllInterfaces(node) : HostEndpoint(node);
            if (from is null)
            {
                // The host's own packet. To its own workloads it is never policed, to itself only by an endpoint on every interface.
                if (staysOnNode && to is not null) return true;
                return host is null || HostOwn(host, PolicyTypes.Egress, staysOnNode);
            }

            bool toOwnHost = staysOnNode && to is null;
            if (toOwnHost && IsNeighbourDiscovery()) return true;
            if (!WorkloadWalk(from, PolicyTypes.Egress)) return false;
            if (toOwnHost)
            {
                if (_options.EndpointToHostAction != EndpointToHostAction.Drop || IsEstablished()) return true;
                Add(PolicyHook.Workload, PolicyTypes.Egress, from.Id.ToString(), TraceOutcome.DenyWithoutRule, "workload to own host: the default endpoint-to-host action is Drop");
                return false;
            }

            return staysOnNode || host is null || Forward(host, PolicyTypes.Egress);
        }

        // Both ends on one node: no interface of the host is crossed.
        private bool ArriveLocally(WorkloadEndpointModel? from, WorkloadEndpointModel? to)
        {
            if (to is not null) return from is null || WorkloadWalk(to, PolicyTypes.Ingress);
            return from is not null || AllInterfaces(_state.NodeAt(flow.Destination)!) is not { } host || HostOwn(host, PolicyTypes.Ingress, isLoopback: true);
        }

        private bool Arrive(WorkloadEndpointModel? to, string node, bool sawDnat)
        {
            if (HostEndpoint(node) is { } host)
            {
                HostResult early = BeforeRouting(host, sawDnat);
                if (early == HostResult.Denied) return false;
                if (early == HostResult.Undecided && !(to is null ? HostOwn(host, PolicyTypes.Ingress, isLoopback: false) : Forward(host, PolicyTypes.Ingress))) return false;
            }

            return to is null || WorkloadWalk(to, PolicyTypes.Ingress);
        }

        // A node port on one node with the backend on another: the first node forwards.
        private bool CrossDnatNode(string node)
        {
            if (HostEndpoint(node) is not { } host) return true;
            HostResult early = BeforeRouting(host, sawDnat: true);
            if (early != HostResult.Undecided) return early == HostResult.Allowed;
            return Forward(host, PolicyTypes.Ingress) && Forward(host, PolicyTypes.Egress);
        }

        private enum HostResult
        {
            Undecided,
            Allowed,
            Denied,
        }

        private HostResult BeforeRouting(HostEndpointModel host, bool sawDnat)
        {
            EndpointPolicies policies = PolicySelection.Of(_state, host, withStaged);
            Packet packet = sawDnat ? Packet.BeforeDnat(flow) : _packet;
            if (!host.IsAllInterfaces && !IsFailsafe(_options.FailsafeInbound, packet, inbound: true) && !IsFailsafeReply(_options.FailsafeOutbound, packet))
            {
                PolicyWalk raw = Walk(PolicyHook.HostUntracked, PolicyTypes.Ingress, host.Id.ToString());
                HookVerdict result = raw.Tiers(policies.UntrackedTiers, in packet, withStaged, endsPass: true);
                if (result == HookVerdict.Deny) return HostResult.Denied;
                if (result == HookVerdict.Allow)
                {
                    _isUntracked = true;
                    return HostResult.Allowed;
                }
            }

            if (!policies.PreDnatTiers.Any(t => !t.Ingress.IsEmpty)) return HostResult.Undecided;
            PolicyWalk mangle = Walk(PolicyHook.HostPreDnat, PolicyTypes.Ingress, host.Id.ToString());
            if (ByConntrack(mangle) is { } decided) return decided ? HostResult.Undecided : HostResult.Denied;
            if (IsFailsafe(_options.FailsafeInbound, packet, inbound: true)) return HostResult.Undecided;
            return mangle.Tiers(policies.PreDnatTiers, in packet, withStaged, endsPass: true) switch
            {
                HookVerdict.Deny => HostResult.Denied,
                HookVerdict.Allow => HostResult.Allowed,
                _ => HostResult.Undecided,
            };
        }

        private bool HostOwn(HostEndpointModel host, PolicyTypes direction, bool isLoopback)
        {
            string name = host.Id.ToString();
            EndpointPolicies policies = PolicySelection.Of(_state, host, withStaged);
            bool inbound = direction == PolicyTypes.Ingress;
            EquatableArray<FailsafePort> failsafe = inbound ? _options.FailsafeInbound : _options.FailsafeOutbound;
            if (!inbound && !host.IsAllInterfaces && !isLoopback
                && !IsFailsafe(failsafe, _packet, inbound) && !IsFailsafeReply(_options.FailsafeInbound, _packet))
            {
                HookVerdict raw = Walk(PolicyHook.HostUntracked, direction, name).Tiers(policies.UntrackedTiers, in _packet, withStaged, endsPass: true);
                if (raw != HookVerdict.NoMatch) return raw == HookVerdict.Allow;
            }

            PolicyWalk walk = Walk(PolicyHook.HostNormal, direction, name);
            if (ByConntrack(walk) is { } decided) return decided;
            if (IsFailsafe(failsafe, _packet, inbound))
            {
                walk.Add(TraceOutcome.AllowWithoutRule, "failsafe port");
                return true;
            }

            return TiersThenProfiles(walk, policies);
        }

        private bool Forward(HostEndpointModel host, PolicyTypes direction)
        {
            EndpointPolicies policies = PolicySelection.Of(_state, host, withStaged);
            PolicyWalk walk = Walk(PolicyHook.HostForward, direction, host.Id.ToString());
            bool any = policies.ForwardTiers.Any(t => !(direction == PolicyTypes.Ingress ? t.Ingress : t.Egress).IsEmpty);
            if (!any) return true;
            if (ByConntrack(walk) is { } decided) return decided;

            // Forwarded traffic that every tier passed is nobody's to drop: profiles are not consulted.
            return walk.Tiers(policies.ForwardTiers, in _packet, withStaged) != HookVerdict.Deny;
        }

        private bool WorkloadWalk(WorkloadEndpointModel workload, PolicyTypes direction)
        {
            PolicyWalk walk = Walk(PolicyHook.Workload, direction, workload.Id.ToString());
            if (!workload.IsActive)
            {
                walk.Add(TraceOutcome.DenyWithoutRule, "the endpoint is administratively down");
                return false;
            }

            if (ByConntrack(walk) is { } decided) return decided;
            if (direction == PolicyTypes.Egress && ForbiddenEncapsulation() is { } encapsulation)
            {
                walk.Add(TraceOutcome.DenyWithoutRule, encapsulation);
                return false;
            }

            return TiersThenProfiles(walk, PolicySelection.Of(_state, workload, withStaged));
        }

        private bool TiersThenProfiles(PolicyWalk walk, EndpointPolicies policies)
        {
            HookVerdict result = walk.Tiers(policies.Tiers, in _packet, withStaged);
            if (result == HookVerdict.NoMatch) result = walk.Profiles(policies.Profiles, in _packet);
            return result == HookVerdict.Allow;
        }

        private bool? ByConntrack(PolicyWalk walk)
        {
            if (IsEstablished())
            {
                walk.Add(TraceOutcome.AllowWithoutRule, $"connection tracking: {flow.State}");
                return true;
            }

            if (flow.State != ConntrackState.Invalid || _isUntracked || _options.DisableConntrackInvalidCheck) return null;
            walk.Add(TraceOutcome.DenyWithoutRule, "connection tracking: Invalid");
            return false;
        }

        private bool IsEstablished() => !_isUntracked && flow.State is ConntrackState.Established or ConntrackState.Related;

        private string? ForbiddenEncapsulation()
        {
            if (!_options.AllowVxlanFromWorkloads && flow.Protocol == IpProtocol.Udp && flow.DestinationPort == _options.VxlanPort) return "workloads may not send VXLAN";
            if (!_options.AllowIpipFromWorkloads && flow.Protocol.Number == 4) return "workloads may not send IP-in-IP";
            return null;
        }

        // MLD and neighbour discovery to the host: types 130–133, 135, 136.
        private bool IsNeighbourDiscovery() => _packet.Source.IsIPv6 && _packet.IsIcmp && flow.IcmpType is (>= 130 and <= 133) or 135 or 136;

        private static bool IsFailsafe(EquatableArray<FailsafePort> ports, in Packet packet, bool inbound)
        {
            foreach (FailsafePort port in ports)
            {
                IPAddress other = (inbound ? packet.Source : packet.Destination).ToAddress();
                if (port.Protocol == packet.Protocol && port.Port == packet.DestinationPort && (port.Net is not { } net || net.Contains(other))) return true;
            }

            return false;
        }

        // Before connection tracking the replies of failsafe connections are let through by their source port.
        private static bool IsFailsafeReply(EquatableArray<FailsafePort> ports, in Packet packet)
        {
            foreach (FailsafePort port in ports)
            {
                if (port.Protocol == packet.Protocol && port.Port == packet.SourcePort && port.Net is null) return true;
            }

            return false;
        }

        private HostEndpointModel? HostEndpoint(string node)
        {
            IEnumerable<HostEndpointModel> all = _state.Hosts.Values.Where(h => h.Id.Node == node).OrderBy(h => h.Id.Name, StringComparer.Ordinal);
            EquatableArray<IPAddress> addresses = _state.Nodes.TryGetValue(node, out NodeModel? known) ? known.Addresses : [];
            return all.FirstOrDefault(h => h.InterfaceName == _options.FabricInterface
                    || (h.InterfaceName.Length == 0 && (known is null || h.ExpectedIPs.Any(addresses.Contains))))
                ?? AllInterfaces(node);
        }

        private HostEndpointModel? AllInterfaces(string node) =>
            _state.Hosts.Values.Where(h => h.Id.Node == node && h.IsAllInterfaces).MinBy(h => h.Id.Name, StringComparer.Ordinal);

        private PolicyWalk Walk(PolicyHook hook, PolicyTypes direction, string endpoint) => new(owner._rules, Trace, hook, direction, endpoint);

        private void Add(PolicyHook hook, PolicyTypes direction, string endpoint, TraceOutcome outcome, string reason) =>
            Walk(hook, direction, endpoint).Add(outcome, reason);
    }
}
