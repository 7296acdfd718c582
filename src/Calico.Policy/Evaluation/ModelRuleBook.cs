using System.Net;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Selectors;

namespace Calico.Policy.Evaluation;

/// <summary>Rules tested term by term on the objects themselves: slow, and as the semantics are told.</summary>
internal sealed class ModelRuleBook(ClusterState state, EvaluatorOptions options) : RuleBook
{
    public override int RuleCount(PolicyId policy, PolicyTypes direction) => Rules(state.Policies[policy], direction).Count;

    public override RuleMatch Match(PolicyId policy, PolicyTypes direction, int index, in Packet packet) =>
        Match(Rules(state.Policies[policy], direction)[index], packet);

    public override int RuleCount(string profile, PolicyTypes direction) =>
        state.Profiles.TryGetValue(profile, out ProfileModel? model) ? Rules(model, direction).Count : -1;

    public override RuleMatch Match(string profile, PolicyTypes direction, int index, in Packet packet) =>
        Match(Rules(state.Profiles[profile], direction)[index], packet);

    private static EquatableArray<RuleModel> Rules(PolicyModel policy, PolicyTypes direction) =>
        (policy.Types & direction) == 0 ? [] : direction == PolicyTypes.Ingress ? policy.Ingress : policy.Egress;

    private static EquatableArray<RuleModel> Rules(ProfileModel profile, PolicyTypes direction) =>
        direction == PolicyTypes.Ingress ? profile.Ingress : profile.Egress;

    private RuleMatch Match(RuleModel rule, Packet packet)
    {
        RuleAction action = rule.Action;
        if (Unreadable(rule) is { } unreadable)
        {
            if (action is RuleAction.Allow or RuleAction.Log) return RuleMatch.No(action, unreadable);
            action = RuleAction.Deny;
        }

        string? failing = FailingTerm(rule, packet);
        return failing is not null ? RuleMatch.No(action, failing) : new RuleMatch(true, action, Describe(rule));
    }

    private string? Unreadable(RuleModel rule)
    {
        foreach (string? text in new[] { rule.Source.Selector, rule.Source.NotSelector, rule.Source.NodeSelector, rule.Destination.Selector, rule.Destination.NotSelector, rule.Destination.NodeSelector })
        {
            if (state.Parse(text) is null) return $"the selector '{text}' cannot be read";
        }

        return null;
    }

    private string? FailingTerm(RuleModel rule, Packet packet)
    {
        if (rule.IpVersion != IpVersion.Any && rule.IpVersion != packet.IpVersion) return $"the rule is for {rule.IpVersion}";
        if (rule.Protocol is { } protocol)
        {
            if (protocol != packet.Protocol) return $"protocol is not {protocol}";
            if (protocol == IpProtocol.Icmp && packet.Source.IsIPv6) return "ICMP is IPv4's";
            if (protocol == IpProtocol.IcmpV6 && !packet.Source.IsIPv6) return "ICMPv6 is IPv6's";
        }

        if (rule.NotProtocol == packet.Protocol) return $"protocol is {rule.NotProtocol}";
        if (rule.Icmp is { } icmp && !(packet.IsIcmp && icmp.Matches(packet.IcmpType, packet.IcmpCode))) return $"ICMP is not {Text(icmp)}";
        if (rule.NotIcmp is { } notIcmp && !(packet.IsIcmp && !notIcmp.Matches(packet.IcmpType, packet.IcmpCode))) return $"not ICMP other than {Text(notIcmp)}";
        return FailingTerm(rule, rule.Source, "source", packet.Source, packet.SourcePort, packet, isDestination: false)
            ?? FailingTerm(rule, rule.Destination, "destination", packet.Destination, packet.DestinationPort, packet, isDestination: true);
    }

    private string? FailingTerm(RuleModel rule, EntityMatch entity, string side, IpPrefix address, ushort port, Packet packet, bool isDestination)
    {
        if (!entity.Nets.IsEmpty && !Packet.InAny(entity.Nets, address)) return $"{side} {address.ToAddress()} is in none of {entity.Nets}";
        if (!entity.NotNets.IsEmpty)
        {
            if (!Packet.HasFamily(entity.NotNets, address.IsIPv6)) return $"{side} notNets are for the other IP version";
            if (Packet.InAny(entity.NotNets, address)) return $"{side} {address.ToAddress()} is in {entity.NotNets}";
        }

        Selector? positive = string.IsNullOrWhiteSpace(entity.Selector) ? null : state.Parse(entity.Selector);
        Selector? negative = string.IsNullOrWhiteSpace(entity.NotSelector) ? null : state.Parse(entity.NotSelector);
        if (positive is not null && negative is not null)
        {
            if (!state.OwnersOf(address).Any(o => positive.Matches(o.Labels) && !negative.Matches(o.Labels)))
                return $"{side} {address.ToAddress()} belongs to nothing that matches '{positive}' and not '{negative}'";
        }
        else if (positive is not null && !state.AnyOwnerMatches(address, positive))
            return $"{side} {address.ToAddress()} belongs to nothing that matches '{positive}'";
        else if (negative is not null && state.AnyOwnerMatches(address, negative))
            return $"{side} {address.ToAddress()} belongs to something that matches '{negative}'";

        if (!string.IsNullOrWhiteSpace(entity.NodeSelector) && !state.AnyNodeMatches(address, state.Parse(entity.NodeSelector)!))
            return $"{side} {address.ToAddress()} belongs to no node that matches '{entity.NodeSelector}'";

        if (!entity.Ports.IsEmpty || !entity.NamedPorts.IsEmpty)
        {
            if (!packet.Protocol.HasPorts) return $"protocol {packet.Protocol} has no ports";
            if (!entity.Ports.Any(r => r.Contains(port)) && !entity.NamedPorts.Any(n => HasNamedPort(rule, address, port, packet.Protocol, n, positive, negative)))
                return $"{side} port {port} is none of {string.Join(", ", entity.Ports.Select(r => r.ToString()).Concat(entity.NamedPorts))}";
        }

        if (!entity.NotPorts.IsEmpty || !entity.NotNamedPorts.IsEmpty)
        {
            if (!entity.NotPorts.IsEmpty && !packet.Protocol.HasPorts) return $"protocol {packet.Protocol} has no ports";
            if (entity.NotPorts.Any(r => r.Contains(port)) || entity.NotNamedPorts.Any(n => HasNamedPort(rule, address, port, packet.Protocol, n, positive, negative)))
                return $"{side} port {port} is one of {string.Join(", ", entity.NotPorts.Select(r => r.ToString()).Concat(entity.NotNamedPorts))}";
        }

        if (entity.Service is { } service && !IsServiceEndpoint(service, address, port, packet.Protocol, isDestination)) return $"{side} is no endpoint of service {service}";
        if (!entity.Domains.IsEmpty && !IsInDomains(rule.Action, entity.Domains, address)) return $"{side} is none of {entity.Domains}";
        return null;
    }

    // A named port is looked up at the endpoints that have the address and that the side's selector matches.
    private bool HasNamedPort(RuleModel rule, IpPrefix address, ushort port, IpProtocol protocol, string name, Selector? positive, Selector? negative)
    {
        if (rule.Protocol is { } limited && limited != IpProtocol.Tcp && limited != IpProtocol.Udp && limited != IpProtocol.Sctp) return false;
        foreach (ClusterState.Owner owner in state.OwnersOf(address))
        {
            if (!owner.Prefix.IsHost || (positive is not null && !positive.Matches(owner.Labels)) || (positive is not null && negative is not null && negative.Matches(owner.Labels))) continue;
            foreach (EndpointPort own in owner.Ports)
            {
                if (own.Name == name && own.Protocol == protocol && own.Port == port) return true;
            }
        }

        return false;
    }

    private bool IsServiceEndpoint(NamespacedName service, IpPrefix address, ushort port, IpProtocol protocol, bool withPorts)
    {
        IPAddress wanted = address.ToAddress();
        return state.EndpointSlices.Values.Any(slice =>
            slice.Service == service && slice.Addresses.Contains(wanted) && (!withPorts || slice.Ports.Contains(new ServicePort(protocol, port))));
    }

    private bool IsInDomains(RuleAction action, EquatableArray<string> domains, IpPrefix address)
    {
        if (options.DomainsOf is null) return action is RuleAction.Deny or RuleAction.Pass;
        return options.DomainsOf(address.ToAddress()).Any(name => domains.Any(pattern => DomainPattern.Matches(pattern, name)));
    }

    private static string Text(IcmpMatch icmp) => icmp.Code is null ? $"type {icmp.Type}" : $"type {icmp.Type} code {icmp.Code}";

    private static string Describe(RuleModel rule)
    {
        List<string> terms = [];
        if (rule.Protocol is { } protocol) terms.Add(protocol.ToString());
        if (rule.NotProtocol is { } notProtocol) terms.Add($"not {notProtocol}");
        if (rule.Icmp is { } icmp) terms.Add(Text(icmp));
        if (rule.NotIcmp is { } notIcmp) terms.Add($"not {Text(notIcmp)}");
        Describe(terms, rule.Source, "from");
        Describe(terms, rule.Destination, "to");
        return terms.Count == 0 ? "matches everything" : string.Join(", ", terms);
    }

    private static void Describe(List<string> terms, EntityMatch entity, string word)
    {
        if (!entity.Nets.IsEmpty) terms.Add($"{word} {entity.Nets}");
        if (!entity.NotNets.IsEmpty) terms.Add($"{word} outside {entity.NotNets}");
        if (!string.IsNullOrWhiteSpace(entity.Selector)) terms.Add($"{word} '{entity.Selector}'");
        if (!string.IsNullOrWhiteSpace(entity.NotSelector)) terms.Add($"{word} not '{entity.NotSelector}'");
        if (!string.IsNullOrWhiteSpace(entity.NodeSelector)) terms.Add($"{word} nodes '{entity.NodeSelector}'");
        if (!entity.Ports.IsEmpty || !entity.NamedPorts.IsEmpty) terms.Add($"{word} port {string.Join(", ", entity.Ports.Select(p => p.ToString()).Concat(entity.NamedPorts))}");
        if (!entity.NotPorts.IsEmpty || !entity.NotNamedPorts.IsEmpty) terms.Add($"{word} port other than {string.Join(", ", entity.NotPorts.Select(p => p.ToString()).Concat(entity.NotNamedPorts))}");
        if (entity.Service is { } service) terms.Add($"{word} service {service}");
        if (!entity.Domains.IsEmpty) terms.Add($"{word} {entity.Domains}");
    }
}
