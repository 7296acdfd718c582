using System.Net.Sockets;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>NAT outgoing: packets from a pool that asks for it to anywhere outside all pools get the node's address.</summary>
internal static class NatChain
{
    // After kube-proxy's, as Calico places it.
    private const int Priority = NftPriority.SourceNat + 10;

    public static void Write(RulesetState ruleset, DataplaneOptions options, IReadOnlyCollection<DataplanePool> pools, IReadOnlyCollection<DataplaneNode> nodes)
    {
        List<NftRule> rules = [];
        foreach (bool v6 in (bool[])[false, true])
        {
            EquatableArray<IpPrefix> all = Of(pools, v6), outgoing = Of(pools.Where(p => p.NatOutgoing), v6);
            if (outgoing.IsEmpty || (v6 && !options.Ipv6Support)) continue;
            RuleWriter rule = new RuleWriter().Nets(Side.Source, outgoing, negated: false).Nets(Side.Destination, all, negated: true);
            if (options.NatOutgoingExclusions == NatOutgoingExclusions.IPPoolsAndHostIPs)
            {
                EquatableArray<IpPrefix> hosts = Prefixes.Outermost(nodes.Select(n => v6 ? n.IPv6Address : n.IPv4Address).OfType<System.Net.IPAddress>().Select(a => IpPrefix.From(a)));
                if (!hosts.IsEmpty) rule.Nets(Side.Destination, hosts, negated: true);
            }

            AddTranslation(rules, rule, options, v6);
        }

        if (rules.Count == 0) ruleset.RemoveChain(Names.NatPostrouting);
        else ruleset.Put(new NftChain(Names.NatPostrouting) { Base = new NftBaseChain("nat", NftHook.Postrouting, Priority), Rules = rules.ToValueList() });
    }

    private static EquatableArray<IpPrefix> Of(IEnumerable<DataplanePool> pools, bool v6) =>
        Prefixes.Outermost(pools.Select(p => IpPrefix.From(p.Cidr)).Where(p => p.IsIPv6 == v6));

    /// <summary>A port range applies to protocols with ports only; the others need a rule of their own.</summary>
    private static void AddTranslation(List<NftRule> rules, RuleWriter match, DataplaneOptions options, bool v6)
    {
        const string comment = "NAT outgoing";
        if (options.NatPortRange is { } range)
            rules.Add(Translate(match.Copy().HasPorts(negated: false), options, v6, range).Build(comment));
        rules.Add(Translate(match, options, v6, null).Build(comment));
    }

    private static RuleWriter Translate(RuleWriter rule, DataplaneOptions options, bool v6, (ushort First, ushort Last)? range)
    {
        const NftRegister address = NftRegister.R1, first = NftRegister.R2, last = NftRegister.R3;
        AddressFamily family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        rule.Count();
        if (range is { } ports)
            rule.Add(new ImmediateExpression(first, RuleWriter.Port(ports.First))).Add(new ImmediateExpression(last, RuleWriter.Port(ports.Last)));
        NftRegister? min = range is null ? null : first, max = range is null ? null : last;
        NftNatFlags flags = NftNatFlags.FullyRandom;
        if (options.NatOutgoingAddress is { } to && to.AddressFamily == family)
        {
            rule.Add(new ImmediateExpression(address, NftValue.Address(to)));
            return rule.Add(new NatExpression(Destination: false, v6 ? NftFamily.Ip6 : NftFamily.Ip) { AddressMin = address, PortMin = min, PortMax = max, Flags = flags });
        }

        return rule.Add(new MasqueradeExpression { PortMin = min, PortMax = max, Flags = flags });
    }
}
