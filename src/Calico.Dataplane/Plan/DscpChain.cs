using Calico.Dataplane.Compile;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>DSCP of packets that a workload sends out of the cluster: to anywhere that is in no pool.</summary>
internal static class DscpChain
{
    public static IEnumerable<NftRule> Rules(IEnumerable<WorkloadEndpointModel> workloads, IReadOnlyList<DataplanePool> pools, bool ipv6)
    {
        foreach (WorkloadEndpointModel workload in workloads.Where(w => w.Qos?.Dscp is not null).OrderBy(w => w.InterfaceName, StringComparer.Ordinal))
        {
            foreach (bool v6 in ipv6 ? (bool[])[false, true] : [false])
            {
                EquatableArray<IpPrefix> inside = Prefixes.Outermost(pools.Select(p => IpPrefix.From(p.Cidr)).Where(p => p.IsIPv6 == v6));
                RuleWriter rule = new RuleWriter().Interface(workload.InterfaceName).Family(v6);
                if (!inside.IsEmpty) rule.Nets(Side.Destination, inside, negated: true);
                yield return Set(rule, v6, workload.Qos!.Dscp!.Value).Build("DSCP of " + workload.Id);
            }
        }
    }

    /// <summary>The field lies in the first two octets of either header: IPv4 keeps ECN's two bits, IPv6 version, ECN and flow label (RFC 2474, RFC 8200).</summary>
    private static RuleWriter Set(RuleWriter rule, bool v6, byte dscp)
    {
        const NftRegister r = NftRegister.R1;
        (ushort mask, int shift) = v6 ? ((ushort)0xf03f, 6) : ((ushort)0xff03, 2);
        return rule.Add(new PayloadExpression(r, NftPayloadBase.Network, 0, 2))
            .Add(new BitwiseExpression(r, r, NftValue.NetworkOrder(mask), NftValue.NetworkOrder((ushort)(dscp << shift))))
            .Add(new PayloadWriteExpression(r, NftPayloadBase.Network, 0, 2, v6 ? NftChecksumType.None : NftChecksumType.Inet, v6 ? 0u : 10u, PseudoHeader: false));
    }
}
