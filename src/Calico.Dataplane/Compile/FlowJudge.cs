using Calico.Dataplane.Sets;
using Calico.Net;

namespace Calico.Dataplane.Compile;

/// <summary>A connection's first packet, as rules see it.</summary>
internal readonly record struct FlowKey(IpPrefix Source, IpPrefix Destination, byte Protocol, ushort SourcePort, ushort DestinationPort, byte IcmpType = 0, byte IcmpCode = 0)
{
    public bool HasPorts => Protocol is 6 or 17 or 132 or 136;

    public IpPrefix Address(Side side) => side == Side.Source ? Source : Destination;

    public ushort Port(Side side) => side == Side.Source ? SourcePort : DestinationPort;
}

/// <summary>Walks compiled chains for one flow in user space: what the kernel would say of a new connection with this tuple.</summary>
internal sealed class FlowJudge(IpSetTable sets)
{
    /// <returns>The rule that decides, or null when the walk ends without one: the packet then goes on.</returns>
    public WalkRule? Decide(IReadOnlyList<WalkChain> chains, in FlowKey flow)
    {
        WalkChain? chain = chains.Count > 0 ? chains[0] : null;
        while (chain is not null)
        {
            WalkChain? next = null;
            foreach (WalkRule rule in chain.Rules)
            {
                if (rule.Verdict is WalkVerdict.Jump or WalkVerdict.Log or WalkVerdict.Return || !Holds(rule.Terms, flow)) continue;
                if (rule.Verdict != WalkVerdict.Goto) return rule;
                next = chains.FirstOrDefault(c => c.Name == rule.Target);
                break;
            }

            chain = next;
        }

        return null;
    }

    private bool Holds(IReadOnlyList<PacketTerm> terms, in FlowKey flow)
    {
        foreach (PacketTerm term in terms)
        {
            if (!Holds(term, flow)) return false;
        }

        return true;
    }

    private bool Holds(PacketTerm term, in FlowKey flow)
    {
        FlowKey f = flow;
        return term switch
        {
            FamilyTerm t => t.V6 == f.Source.IsIPv6,
            ProtocolTerm t => t.Protocol == f.Protocol != t.Negated,
            HasPortsTerm t => f.HasPorts != t.Negated,
            PortsTerm t => f.HasPorts && t.Ports.Any(r => r.Contains(f.Port(t.Side))) != t.Negated,
            NetsTerm t => t.V6 == f.Source.IsIPv6 && t.Nets.Any(n => n.Contains(f.Address(t.Side))) != t.Negated,
            AddressSetTerm t => t.V6 == f.Source.IsIPv6 && (sets.Addresses(t.SetId, t.V6)?.Contains(f.Address(t.Side)) == true) != t.Negated,
            AddressPortSetTerm t => t.V6 == f.Source.IsIPv6 && (sets.Ports(t.SetId, t.V6)?.Contains(f.Address(t.Side), f.Protocol, f.Port(t.Side)) == true) != t.Negated,
            IcmpTerm t => f.Protocol == (t.V6 ? 58 : 1) && (t.IsCode ? f.IcmpCode : f.IcmpType) == t.Value != t.Negated,
            _ => false,
        };
    }
}
