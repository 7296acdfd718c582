using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Policy.Testing;

/// <summary>
/// The semantics once more, written down as plainly as possible and sharing no code with the evaluator or the engine: the truth that both are tested against.
/// For each hook it says what the policies of an endpoint make of a packet; <see cref="Allows"/> puts the hooks in order.
/// </summary>
public sealed class NaiveModel
{
    private readonly IReadOnlyList<ModelObject> _objects;
    private readonly EvaluatorOptions _options;

    /// <summary>A model of some objects; of two with the same identity the later counts.</summary>
    public NaiveModel(IEnumerable<ModelObject> objects, EvaluatorOptions? options = null)
    {
        _objects = [.. Latest(objects)];
        _options = options ?? new EvaluatorOptions();
    }

    private enum Decision
    {
        None,
        Allow,
        Deny,
    }

    /// <summary>Whether a flow arrives. Destinations behind DNAT on a third node are beyond this model.</summary>
    public bool Allows(Flow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        WorkloadEndpointModel? sender = WorkloadAt(flow.Source), receiver = WorkloadAt(flow.Destination);
        string? senderNode = sender?.Id.Node ?? NodeAt(flow.Source), receiverNode = receiver?.Id.Node ?? NodeAt(flow.Destination);
        bool sameNode = senderNode is not null && senderNode == receiverNode;
        if (sender is not null && sender.Id == receiver?.Id) return true;
        if (sameNode && sender is null && receiver is not null) return true;

        if (sender is not null)
        {
            bool toItsHost = sameNode && receiver is null;
            bool discovery = flow is { Protocol.Number: 58, IcmpType: 130 or 131 or 132 or 133 or 135 or 136 } && flow.IpVersion == IpVersion.IPv6;
            if (toItsHost && discovery) return true;
            if (!PassesWorkload(sender, flow, ingress: false)) return false;
            if (toItsHost) return _options.EndpointToHostAction != EndpointToHostAction.Drop || flow.State is ConntrackState.Established or ConntrackState.Related;
        }

        if (senderNode is not null && InterfaceOf(senderNode, loopback: sameNode) is { } outgoing)
        {
            if (sender is null && !PassesHostOwn(outgoing, flow, ingress: false, loopback: sameNode)) return false;
            if (sender is not null && !sameNode && !PassesForward(outgoing, flow, ingress: false)) return false;
        }

        bool untracked = false;
        if (receiverNode is not null && InterfaceOf(receiverNode, loopback: sameNode) is { } incoming && (sender is null || !sameNode))
        {
            Decision early = sameNode ? Decision.None : BeforeRouting(incoming, flow, out untracked);
            if (early == Decision.Deny) return false;
            if (early == Decision.None)
            {
                if (receiver is null && !PassesHostOwn(incoming, flow, ingress: true, loopback: sameNode)) return false;
                if (receiver is not null && !PassesForward(incoming, flow, ingress: true)) return false;
            }
        }

        return receiver is null || PassesWorkload(receiver, flow, ingress: true, untracked);
    }

    private bool PassesWorkload(WorkloadEndpointModel workload, Flow flow, bool ingress, bool untracked = false)
    {
        if (!workload.IsActive) return false;
        if (!untracked && flow.State is ConntrackState.Established or ConntrackState.Related && !untracked) return true;
        if (!untracked && flow.State == ConntrackState.Invalid && !_options.DisableConntrackInvalidCheck) return false;
        if (!ingress && flow.Protocol.Number == 17 && flow.DestinationPort == _options.VxlanPort && !_options.AllowVxlanFromWorkloads) return false;
        if (!ingress && flow.Protocol.Number == 4 && !_options.AllowIpipFromWorkloads) return false;
        return PassesTiersAndProfiles(workload, flow, ingress);
    }

    private bool PassesHostOwn(HostEndpointModel host, Flow flow, bool ingress, bool loopback)
    {
        bool failsafe = Failsafe(ingress ? _options.FailsafeInbound : _options.FailsafeOutbound, flow, flow.DestinationPort, ingress ? flow.Source : flow.Destination);
        if (!ingress && !loopback && host.InterfaceName != "*" && !failsafe && !ReplyOfFailsafe(_options.FailsafeInbound, flow))
        {
            Decision raw = Tiers(host, flow, ingress, p => p.DoNotTrack, endsPass: true);
            if (raw != Decision.None) return raw == Decision.Allow;
        }

        if (flow.State is ConntrackState.Established or ConntrackState.Related) return true;
        if (flow.State == ConntrackState.Invalid && !_options.DisableConntrackInvalidCheck) return false;
        return failsafe || PassesTiersAndProfiles(host, flow, ingress);
    }

    private bool PassesForward(HostEndpointModel host, Flow flow, bool ingress)
    {
        Func<PolicyModel, bool> forward = p => p is { ApplyOnForward: true, DoNotTrack: false, PreDnat: false };
        if (!Selected(host).Any(p => forward(p) && Governs(p, ingress))) return true;
        if (flow.State is ConntrackState.Established or ConntrackState.Related) return true;
        if (flow.State == ConntrackState.Invalid && !_options.DisableConntrackInvalidCheck) return false;
        return Tiers(host, flow, ingress, forward, endsPass: false) != Decision.Deny;
    }

    private Decision BeforeRouting(HostEndpointModel host, Flow flow, out bool untracked)
    {
        untracked = false;
        bool failsafe = Failsafe(_options.FailsafeInbound, flow, flow.DestinationPort, flow.Source);
        if (host.InterfaceName != "*" && !failsafe && !ReplyOfFailsafe(_options.FailsafeOutbound, flow))
        {
            Decision raw = Tiers(host, flow, ingress: true, p => p.DoNotTrack, endsPass: true);
            untracked = raw == Decision.Allow;
            if (raw != Decision.None) return raw;
        }

        Func<PolicyModel, bool> early = p => p is { PreDnat: true, DoNotTrack: false };
        if (!Selected(host).Any(p => early(p) && Governs(p, ingress: true)) || flow.State is ConntrackState.Established or ConntrackState.Related) return Decision.None;
        if (flow.State == ConntrackState.Invalid && !_options.DisableConntrackInvalidCheck) return Decision.Deny;
        return failsafe ? Decision.None : Tiers(host, flow, ingress: true, early, endsPass: true);
    }

    private bool PassesTiersAndProfiles(EndpointModel endpoint, Flow flow, bool ingress)
    {
        Decision tiers = Tiers(endpoint, flow, ingress, p => p is { DoNotTrack: false, PreDnat: false }, endsPass: false);
        if (tiers != Decision.None) return tiers == Decision.Allow;
        foreach (string name in endpoint.Profiles)
        {
            if (Find<ProfileModel>(p => p.Name == name) is not { } profile) return false;
            foreach (RuleModel rule in ingress ? profile.Ingress : profile.Egress)
            {
                if (rule.Action == RuleAction.Log || !Matches(rule, flow)) continue;
                if (rule.Action == RuleAction.Pass) break;
                return rule.Action == RuleAction.Allow;
            }
        }

        return false;
    }

    private Decision Tiers(EndpointModel endpoint, Flow flow, bool ingress, Func<PolicyModel, bool> atThisHook, bool endsPass)
    {
        IEnumerable<IGrouping<string, PolicyModel>> tiers = Selected(endpoint).Where(p => !p.IsStaged && atThisHook(p) && Governs(p, ingress))
            .GroupBy(p => p.Tier)
            .OrderBy(t => Find<TierModel>(o => o.Name == t.Key) is null ? 1 : 0)
            .ThenBy(t => Find<TierModel>(o => o.Name == t.Key)?.Order ?? double.MaxValue)
            .ThenBy(t => t.Key, StringComparer.Ordinal);
        foreach (IGrouping<string, PolicyModel> tier in tiers)
        {
            RuleAction? decision = tier
                .OrderBy(p => p.Order ?? double.MaxValue)
                .ThenBy(p => string.Join('/', p.Id.Name, p.Id.Namespace, p.Id.Kind.ToString()), StringComparer.Ordinal)
                .SelectMany(p => ingress ? p.Ingress : p.Egress)
                .Where(rule => rule.Action != RuleAction.Log && Matches(rule, flow))
                .Select(rule => (RuleAction?)rule.Action)
                .FirstOrDefault();
            if (decision == RuleAction.Allow) return Decision.Allow;
            if (decision == RuleAction.Deny) return Decision.Deny;
            bool passes = decision == RuleAction.Pass || endsPass || Find<TierModel>(o => o.Name == tier.Key)?.DefaultAction == TierDefaultAction.Pass;
            if (!passes) return Decision.Deny;
        }

        return Decision.None;
    }

    private bool Matches(RuleModel rule, Flow flow)
    {
        bool v6 = flow.IpVersion == IpVersion.IPv6;
        bool isIcmp = flow.Protocol.Number == (v6 ? 58 : 1);
        if (rule.IpVersion != IpVersion.Any && rule.IpVersion != flow.IpVersion) return false;
        if (rule.Protocol is { } protocol && (protocol.Number != flow.Protocol.Number || (protocol.IsIcmp && !isIcmp))) return false;
        if (rule.NotProtocol is { } notProtocol && notProtocol.Number == flow.Protocol.Number) return false;
        if (rule.Icmp is { } icmp && !(isIcmp && IcmpIs(icmp, flow))) return false;
        if (rule.NotIcmp is { } notIcmp && !(isIcmp && !IcmpIs(notIcmp, flow))) return false;
        return Matches(rule, rule.Source, flow, flow.Source, flow.SourcePort, isDestination: false)
            && Matches(rule, rule.Destination, flow, flow.Destination, flow.DestinationPort, isDestination: true);
    }

    private bool Matches(RuleModel rule, EntityMatch entity, Flow flow, IPAddress address, ushort port, bool isDestination)
    {
        if (!entity.Nets.IsEmpty && !entity.Nets.Any(n => n.Contains(address))) return false;
        if (!entity.NotNets.IsEmpty && (entity.NotNets.All(n => n.BaseAddress.AddressFamily != address.AddressFamily) || entity.NotNets.Any(n => n.Contains(address)))) return false;

        bool wanted = !string.IsNullOrWhiteSpace(entity.Selector), unwanted = !string.IsNullOrWhiteSpace(entity.NotSelector);
        List<(IReadOnlyDictionary<string, string> Labels, EquatableArray<EndpointPort> Ports)> holders = [.. Holders(address)];
        bool Fits(IReadOnlyDictionary<string, string> labels) =>
            (!wanted || NaiveSelector.Matches(entity.Selector, labels)) && !(wanted && unwanted && NaiveSelector.Matches(entity.NotSelector, labels));
        if (wanted && !holders.Any(h => Fits(h.Labels))) return false;
        if (unwanted && !wanted && holders.Any(h => NaiveSelector.Matches(entity.NotSelector, h.Labels))) return false;

        if (!string.IsNullOrWhiteSpace(entity.NodeSelector)
            && !_objects.OfType<NodeModel>().Any(n => n.Addresses.Contains(address) && NaiveSelector.Matches(entity.NodeSelector, n.Labels))) return false;

        bool Named(string name) => flow.Protocol.Number is 6 or 17 or 132
            && holders.Any(h => Fits(h.Labels) && h.Ports.Any(p => p.Name == name && p.Protocol == flow.Protocol && p.Port == port));
        if ((!entity.Ports.IsEmpty || !entity.NamedPorts.IsEmpty)
            && !(flow.Protocol.HasPorts && (entity.Ports.Any(r => r.First <= port && port <= r.Last) || entity.NamedPorts.Any(Named)))) return false;
        if (!entity.NotPorts.IsEmpty && !flow.Protocol.HasPorts) return false;
        if (entity.NotPorts.Any(r => r.First <= port && port <= r.Last) || entity.NotNamedPorts.Any(Named)) return false;
        return entity.Service is not { } service || _objects.OfType<EndpointSliceModel>().Any(s => s.Service == service && s.Addresses.Contains(address)
            && (!isDestination || s.Ports.Any(p => p.Protocol == flow.Protocol && p.Port == port)));
    }

    // Everything that has the address, with the labels it has itself and by inheritance.
    private IEnumerable<(IReadOnlyDictionary<string, string> Labels, EquatableArray<EndpointPort> Ports)> Holders(IPAddress address) =>
        _objects.OfType<WorkloadEndpointModel>().Where(w => w.Nets.Any(n => n.Contains(address))).Select(w => ((IReadOnlyDictionary<string, string>)LabelsOf(w.Labels, w.Profiles), w.Ports))
            .Concat(_objects.OfType<HostEndpointModel>().Where(h => h.ExpectedIPs.Contains(address)).Select(h => ((IReadOnlyDictionary<string, string>)LabelsOf(h.Labels, h.Profiles), h.Ports)))
            .Concat(_objects.OfType<NetworkSetModel>().Where(s => s.Nets.Any(n => n.Contains(address))).Select(s => ((IReadOnlyDictionary<string, string>)LabelsOf(s.Labels, s.Profiles), default(EquatableArray<EndpointPort>))));

    private Dictionary<string, string> LabelsOf(LabelMap own, EquatableArray<string> profiles)
    {
        Dictionary<string, string> labels = own.ToDictionary(l => l.Key, l => l.Value);
        foreach (string name in profiles)
        {
            foreach ((string label, string value) in Find<ProfileModel>(p => p.Name == name)?.Labels ?? LabelMap.Empty) labels.TryAdd(label, value);
        }

        return labels;
    }

    private IEnumerable<PolicyModel> Selected(EndpointModel endpoint) =>
        _objects.OfType<PolicyModel>().Where(p => NaiveSelector.Matches(p.Selector, LabelsOf(endpoint.Labels, endpoint.Profiles)));

    private HostEndpointModel? InterfaceOf(string node, bool loopback)
    {
        List<HostEndpointModel> mine = [.. _objects.OfType<HostEndpointModel>().Where(h => h.Id.Node == node).OrderBy(h => h.Id.Name, StringComparer.Ordinal)];
        HostEndpointModel? named = loopback ? null : mine.Find(h => h.InterfaceName == _options.FabricInterface || (h.InterfaceName.Length == 0 && h.ExpectedIPs.Any(a => NodeAt(a) == node)));
        return named ?? mine.Find(h => h.InterfaceName == "*");
    }

    private WorkloadEndpointModel? WorkloadAt(IPAddress address) =>
        _objects.OfType<WorkloadEndpointModel>().Where(w => w.Nets.Any(n => n.Contains(address))).OrderBy(w => $"{w.Id} {w.Id.Node}", StringComparer.Ordinal).FirstOrDefault();

    private string? NodeAt(IPAddress address) => Find<NodeModel>(n => n.Addresses.Contains(address))?.Name
        ?? _objects.OfType<HostEndpointModel>().Where(h => h.ExpectedIPs.Contains(address)).OrderBy(h => h.Id.Name, StringComparer.Ordinal).FirstOrDefault()?.Id.Node;

    private T? Find<T>(Func<T, bool> which)
        where T : ModelObject => _objects.OfType<T>().FirstOrDefault(which);

    private static bool Governs(PolicyModel policy, bool ingress) => policy.Types.HasFlag(ingress ? PolicyTypes.Ingress : PolicyTypes.Egress) && (ingress || !policy.PreDnat);

    private static bool IcmpIs(IcmpMatch icmp, Flow flow) => (icmp.Type is null || icmp.Type == flow.IcmpType) && (icmp.Code is null || icmp.Code == flow.IcmpCode);

    private static bool Failsafe(EquatableArray<FailsafePort> ports, Flow flow, ushort port, IPAddress other) =>
        ports.Any(f => f.Protocol == flow.Protocol && f.Port == port && (f.Net is null || f.Net.Value.Contains(other)));

    private static bool ReplyOfFailsafe(EquatableArray<FailsafePort> ports, Flow flow) =>
        ports.Any(f => f.Protocol == flow.Protocol && f.Port == flow.SourcePort && f.Net is null);

    private static IEnumerable<ModelObject> Latest(IEnumerable<ModelObject> objects) => objects.Reverse().DistinctBy(o => o switch
    {
        PolicyModel policy => (object)policy.Id,
        WorkloadEndpointModel workload => workload.Id,
        HostEndpointModel host => host.Id,
        ProfileModel profile => ("profile", profile.Name),
        TierModel tier => ("tier", tier.Name),
        NodeModel node => ("node", node.Name),
        NetworkSetModel set => ("set", set.Id),
        EndpointSliceModel slice => ("slice", slice.Id),
        _ => o,
    });
}
