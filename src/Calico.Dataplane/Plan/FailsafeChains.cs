using Calico.Dataplane.Compile;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

internal static class FailsafeChains
{
    /// <param name="ports">What must stay open.</param>
    /// <param name="remote">The side of the packet that an entry's net is about.</param>
    /// <param name="reply">Match the port as the packet's source: replies, before connection tracking can tell.</param>
    public static List<NftRule> Rules(IReadOnlyList<FailsafePort> ports, Side remote, bool reply)
    {
        List<NftRule> rules = [];
        foreach (IGrouping<(byte Protocol, System.Net.IPNetwork? Net), FailsafePort> group in ports.GroupBy(p => (p.Protocol, p.Net)))
        {
            RuleWriter rule = new();
            if (group.Key.Net is { } net && net.PrefixLength > 0) rule.Nets(remote, [IpPrefix.From(net)], negated: false);
            else if (group.Key.Net is { } any) rule.Family(any.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
            EquatableArray<PortRange> ranges = PortRanges.Normalize(group.Select(p => new PortRange(p.Port)).ToEquatableArray());
            rule.Protocol(group.Key.Protocol).Ports(reply ? Side.Source : Side.Destination, ranges).Count();
            rules.Add(rule.Accept().Build(reply ? "failsafe reply" : "failsafe"));
        }

        return rules;
    }
}
