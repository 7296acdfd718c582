using Calico.Dataplane.Sets;

namespace Calico.Dataplane.Compile;

/// <summary>Terms to kernel expressions.</summary>
/// <param name="names">Says what the kernel calls a set.</param>
internal sealed class TermWriter(ISetNames names)
{
    public RuleWriter Write(RuleWriter rule, IReadOnlyList<PacketTerm> terms)
    {
        foreach (PacketTerm term in terms) Write(rule, term);
        return rule;
    }

    private void Write(RuleWriter rule, PacketTerm term)
    {
        switch (term)
        {
            case FamilyTerm t: rule.Family(t.V6); break;
            case ProtocolTerm t: rule.Protocol(t.Protocol, t.Negated); break;
            case HasPortsTerm t: rule.HasPorts(t.Negated); break;
            case PortsTerm t: rule.Ports(t.Side, t.Ports, t.Negated); break;
            case NetsTerm t: rule.Nets(t.Side, t.Nets, t.Negated); break;
            case AddressSetTerm t: rule.AddressInSet(t.Side, t.V6, names.KernelName(t.SetId, t.V6), t.Negated); break;
            case AddressPortSetTerm t: rule.AddressAndPortInSet(t.Side, t.V6, names.KernelName(t.SetId, t.V6), t.Negated); break;
            case IcmpTerm t: rule.Icmp(t.IsCode, t.Value, t.Negated); break;
            default: throw new ArgumentOutOfRangeException(nameof(term), term, "A kind of term that no expression tests.");
        }
    }
}
