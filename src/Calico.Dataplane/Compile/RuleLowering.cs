using System.Net;
using System.Net.Sockets;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Compile;

/// <summary>
/// A policy rule as kernel rules: each alternative is a list of terms that must all hold, and the rule matches when one alternative does.
/// Alternatives are disjoint, so a rule that only counts or logs does so once.
/// </summary>
internal static class RuleLowering
{
    private const byte Icmp = 1, IcmpV6 = 58;

    /// <param name="rule">The rule.</param>
    /// <param name="ipv6">Whether IPv6 is wanted at all.</param>
    /// <param name="domainsKnown">Whether someone tells which addresses domain names have. If not, a rule with domains matches nobody when it allows and everybody when it denies.</param>
    public static List<List<PacketTerm>> Lower(ActiveRule rule, bool ipv6 = true, bool domainsKnown = false)
    {
        List<List<PacketTerm>> alternatives = [];
        if (rule.NeverMatches) return alternatives;
        if (!domainsKnown && !(rule.Source.Domains.IsEmpty && rule.Destination.Domains.IsEmpty))
        {
            if (rule.Action is RuleAction.Allow or RuleAction.Log) return alternatives;
            rule = rule with { Source = rule.Source with { Domains = default }, Destination = rule.Destination with { Domains = default } };
        }

        if (!IsFamilySpecific(rule))
        {
            LowerFamily(rule, v6: null, alternatives);
            return alternatives;
        }

        if (rule.IpVersion != IpVersion.IPv6) LowerFamily(rule, v6: false, alternatives);
        if (rule.IpVersion != IpVersion.IPv4 && ipv6) LowerFamily(rule, v6: true, alternatives);
        return alternatives;
    }

    private static bool IsFamilySpecific(ActiveRule rule) =>
        rule.IpVersion != IpVersion.Any || rule.Icmp is not null || rule.NotIcmp is not null || LooksAtAddress(rule.Source) || LooksAtAddress(rule.Destination);

    private static bool LooksAtAddress(ActiveMatch match) =>
        !(match.Nets.IsEmpty && match.NotNets.IsEmpty && match.IpSets.IsEmpty && match.NotIpSets.IsEmpty && match.AddressPortSets.IsEmpty
            && match.NamedPortSets.IsEmpty && match.NotNamedPortSets.IsEmpty && match.Domains.IsEmpty);

    private static void LowerFamily(ActiveRule rule, bool? v6, List<List<PacketTerm>> alternatives)
    {
        List<PacketTerm> common = [];
        if (v6 is { } family && !AddAddresses(rule.Source, Side.Source, family, common)) return;
        if (v6 is { } same && !AddAddresses(rule.Destination, Side.Destination, same, common)) return;
        if (v6 is { } named && !common.Exists(t => t is NetsTerm { Negated: false } or AddressSetTerm { Negated: false }))
            common.Insert(0, new FamilyTerm(named));

        if (rule.Protocol is { } protocol) common.Add(new ProtocolTerm(protocol.Number, Negated: false));
        if (rule.NotProtocol is { } notProtocol) common.Add(new ProtocolTerm(notProtocol.Number, Negated: true));

        List<List<PacketTerm>> lists = [common];
        if (v6 is { } icmpFamily)
        {
            if (rule.Icmp is { } icmp) AddIcmp(lists, icmpFamily, icmp);
            if (rule.NotIcmp is { } notIcmp) lists = ExceptIcmp(lists, icmpFamily, notIcmp);
        }

        lists = AddPorts(lists, rule, rule.Source, Side.Source, v6);
        lists = AddPorts(lists, rule, rule.Destination, Side.Destination, v6);
        alternatives.AddRange(lists);
    }

    /// <returns>False when no packet of the family can match.</returns>
    private static bool AddAddresses(ActiveMatch match, Side side, bool v6, List<PacketTerm> terms)
    {
        if (!match.Nets.IsEmpty)
        {
            EquatableArray<IpPrefix> nets = OfFamily(match.Nets, v6);
            if (nets.IsEmpty) return false;
            if (nets[0].Length > 0) terms.Add(new NetsTerm(side, nets, Negated: false));
        }

        if (!match.NotNets.IsEmpty)
        {
            EquatableArray<IpPrefix> notNets = OfFamily(match.NotNets, v6);
            if (notNets.IsEmpty || notNets[0].Length == 0) return false;
            terms.Add(new NetsTerm(side, notNets, Negated: true));
        }

        foreach (string id in match.IpSets) terms.Add(new AddressSetTerm(side, id, v6, Negated: false));
        if (!match.Domains.IsEmpty) terms.Add(new AddressSetTerm(side, DomainSets.IdOf(match.Domains), v6, Negated: false));
        foreach (string id in match.NotIpSets) terms.Add(new AddressSetTerm(side, id, v6, Negated: true));
        return true;
    }

    private static EquatableArray<IpPrefix> OfFamily(EquatableArray<IPNetwork> nets, bool v6)
    {
        AddressFamily family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return Prefixes.Outermost(nets.Where(n => n.BaseAddress.AddressFamily == family).Select(IpPrefix.From));
    }

    private static void AddIcmp(List<List<PacketTerm>> lists, bool v6, IcmpMatch icmp)
    {
        foreach (List<PacketTerm> terms in lists)
        {
            RequireIcmp(terms, v6);
            if (icmp.Type is { } type) terms.Add(new IcmpTerm(v6, IsCode: false, type, Negated: false));
            if (icmp.Code is { } code) terms.Add(new IcmpTerm(v6, IsCode: true, code, Negated: false));
        }
    }

    /// <summary>Everything but the pair: another type, or this type with another code.</summary>
    private static List<List<PacketTerm>> ExceptIcmp(List<List<PacketTerm>> lists, bool v6, IcmpMatch icmp)
    {
        List<List<PacketTerm>> result = [];
        foreach (List<PacketTerm> terms in lists)
        {
            RequireIcmp(terms, v6);
            if (icmp.Type is { } type)
            {
                result.Add([.. terms, new IcmpTerm(v6, IsCode: false, type, Negated: true)]);
                if (icmp.Code is { } code)
                    result.Add([.. terms, new IcmpTerm(v6, IsCode: false, type, Negated: false), new IcmpTerm(v6, IsCode: true, code, Negated: true)]);
            }
            else if (icmp.Code is { } onlyCode) result.Add([.. terms, new IcmpTerm(v6, IsCode: true, onlyCode, Negated: true)]);
        }

        return result;
    }

    /// <summary>ICMP of the packet's own family: ICMPv6 in an IPv4 packet is just a protocol number.</summary>
    private static void RequireIcmp(List<PacketTerm> terms, bool v6)
    {
        ProtocolTerm icmp = new(v6 ? IcmpV6 : Icmp, Negated: false);
        if (!terms.Contains(icmp)) terms.Add(icmp);
    }

    private static List<List<PacketTerm>> AddPorts(List<List<PacketTerm>> lists, ActiveRule rule, ActiveMatch match, Side side, bool? v6)
    {
        if (!match.NotPorts.IsEmpty)
        {
            foreach (List<PacketTerm> terms in lists)
                terms.AddRange([.. PortsGuard(rule), new PortsTerm(side, PortRanges.Normalize(match.NotPorts), Negated: true)]);
        }

        if (v6 is { } family)
        {
            foreach (List<PacketTerm> terms in lists)
            {
                foreach (string id in match.NotNamedPortSets) terms.Add(new AddressPortSetTerm(side, id, family, Negated: true));
                foreach (string id in match.AddressPortSets) terms.Add(new AddressPortSetTerm(side, id, family, Negated: false));
            }
        }

        return match.Ports.IsEmpty && match.NamedPortSets.IsEmpty ? lists : AddPortAlternatives(lists, rule, match, side, v6);
    }

    private static List<List<PacketTerm>> AddPortAlternatives(List<List<PacketTerm>> lists, ActiveRule rule, ActiveMatch match, Side side, bool? v6)
    {
        List<List<PacketTerm>> result = [];
        foreach (List<PacketTerm> terms in lists)
        {
            List<PacketTerm> notBefore = [];
            if (!match.Ports.IsEmpty)
            {
                EquatableArray<PortRange> ports = PortRanges.Normalize(match.Ports);
                result.Add([.. terms, .. PortsGuard(rule), new PortsTerm(side, ports, Negated: false)]);
                notBefore.Add(new PortsTerm(side, ports, Negated: true));
            }

            foreach (string id in match.NamedPortSets)
            {
                result.Add([.. terms, new AddressPortSetTerm(side, id, v6!.Value, Negated: false), .. notBefore]);
                notBefore.Add(new AddressPortSetTerm(side, id, v6.Value, Negated: true));
            }
        }

        return result;
    }

    private static IEnumerable<PacketTerm> PortsGuard(ActiveRule rule) =>
        rule.Protocol is { HasPorts: true } ? [] : [new HasPortsTerm(Negated: false)];
}
