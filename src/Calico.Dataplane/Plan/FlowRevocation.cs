using Calico.Dataplane.Compile;
using Calico.Net;
using Calico.Netlink;

namespace Calico.Dataplane.Plan;

/// <summary>Tells which tracked connections the policy in force would not let begin: those of local workloads whose first packet would be denied now.</summary>
internal sealed class FlowRevocation(WalkTable walks, WorkloadTable workloads, IReadOnlySet<System.Net.IPAddress> hostAddresses)
{
    private readonly Dictionary<IpPrefix, (Walk Egress, Walk Ingress)> _local = workloads.WalksByAddress();

    public bool IsForbidden(TrackedFlow flow)
    {
        // The reply's source is the destination after DNAT, which is what workload policy sees.
        IpPrefix source = IpPrefix.From(flow.Original.Source), destination = IpPrefix.From(flow.Reply.Source);
        FlowKey key = new(source, destination, flow.Original.Protocol, flow.Original.SourcePort, flow.Reply.SourcePort, flow.Original.IcmpType, flow.Original.IcmpCode);
        bool from = _local.TryGetValue(source, out (Walk Egress, Walk Ingress) sender), to = _local.TryGetValue(destination, out (Walk Egress, Walk Ingress) receiver);
        if (from && IsDenied(sender.Egress, key)) return true;
        return to && IsPoliced(flow, from) && IsDenied(receiver.Ingress, key);
    }

    // The host's own connections to its workloads are never policed; they come from no workload and were not routed through.
    private bool IsPoliced(TrackedFlow flow, bool fromWorkload) => fromWorkload || !hostAddresses.Contains(flow.Original.Source);

    private bool IsDenied(Walk walk, in FlowKey key) => walks.Decide(walk, key) is { Owner.Action: Policy.Model.RuleAction.Deny };
}
