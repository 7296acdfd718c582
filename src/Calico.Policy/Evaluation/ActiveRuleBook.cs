using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>Rules as an engine resolved them, tested against the sets it told of.</summary>
internal sealed class ActiveRuleBook(ActiveState state) : RuleBook
{
    public override int RuleCount(PolicyId policy, PolicyTypes direction) => Rules(state.Policies[policy], direction).Count;

    public override RuleMatch Match(PolicyId policy, PolicyTypes direction, int index, in Packet packet) =>
        Match(Rules(state.Policies[policy], direction)[index], packet);

    public override int RuleCount(string profile, PolicyTypes direction) => Rules(state.Profiles[profile], direction).Count;

    public override RuleMatch Match(string profile, PolicyTypes direction, int index, in Packet packet) =>
        Match(Rules(state.Profiles[profile], direction)[index], packet);

    private static EquatableArray<ActiveRule> Rules(ActivePolicy policy, PolicyTypes direction) =>
        direction == PolicyTypes.Ingress ? policy.Ingress : policy.Egress;

    private static EquatableArray<ActiveRule> Rules(ActiveProfile profile, PolicyTypes direction) =>
        direction == PolicyTypes.Ingress ? profile.Ingress : profile.Egress;

    private RuleMatch Match(ActiveRule rule, Packet packet)
    {
        bool matches = !rule.NeverMatches
            && (rule.IpVersion == IpVersion.Any || rule.IpVersion == packet.IpVersion)
            && (rule.Protocol is not { } protocol || protocol == packet.Protocol)
            && rule.NotProtocol != packet.Protocol
            && (rule.Icmp is not { } icmp || (packet.IsIcmp && icmp.Matches(packet.IcmpType, packet.IcmpCode)))
            && (rule.NotIcmp is not { } notIcmp || (packet.IsIcmp && !notIcmp.Matches(packet.IcmpType, packet.IcmpCode)))
            && Matches(rule.Source, rule.Action, packet.Source, packet.SourcePort, packet.Protocol)
            && Matches(rule.Destination, rule.Action, packet.Destination, packet.DestinationPort, packet.Protocol);
        return new RuleMatch(matches, rule.Action, matches ? "matches" : "does not match");
    }

    private bool Matches(ActiveMatch match, RuleAction action, IpPrefix address, ushort port, IpProtocol protocol) =>
        (match.Nets.IsEmpty || Packet.InAny(match.Nets, address))
        && (match.NotNets.IsEmpty || (Packet.HasFamily(match.NotNets, address.IsIPv6) && !Packet.InAny(match.NotNets, address)))
        && match.IpSets.All(id => HasNet(id, address))
        && !match.NotIpSets.Any(id => HasNet(id, address))
        && match.AddressPortSets.All(id => HasPort(id, address, port, protocol))
        && (match.Ports.IsEmpty && match.NamedPortSets.IsEmpty
            || (protocol.HasPorts && (match.Ports.Any(r => r.Contains(port)) || match.NamedPortSets.Any(id => HasPort(id, address, port, protocol)))))
        && (match.NotPorts.IsEmpty || (protocol.HasPorts && !match.NotPorts.Any(r => r.Contains(port))))
        && !match.NotNamedPortSets.Any(id => HasPort(id, address, port, protocol))
        && (match.Domains.IsEmpty || action is RuleAction.Deny or RuleAction.Pass);

    private bool HasNet(string id, IpPrefix address) => state.Sets[id].ContainsAddress(address);

    private bool HasPort(string id, IpPrefix address, ushort port, IpProtocol protocol) =>
        state.Sets[id].ContainsMember(new SetMember(address, protocol.Number, port));
}
