using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Lab.Probes;

/// <summary>What the evaluator says about a probe.</summary>
internal sealed class Expectation(ClusterState state)
{
    private readonly PolicyEvaluator _evaluator = new(state);

    public bool Allows(Probe probe) => _evaluator.Evaluate(FlowOf(probe)).IsAllowed;

    public string Explain(Probe probe) => _evaluator.Evaluate(FlowOf(probe)).ToString();

    private static Flow FlowOf(Probe probe)
    {
        bool v4 = ProbePlan.IsIPv4(probe);
        return new Flow
        {
            Source = probe.FromAddress,
            Destination = probe.ToAddress,
            Protocol = probe.Protocol switch
            {
                ProbeProtocol.Tcp => IpProtocol.Tcp,
                ProbeProtocol.Udp => IpProtocol.Udp,
                _ => v4 ? IpProtocol.Icmp : IpProtocol.IcmpV6,
            },
            DestinationPort = (ushort)probe.Port,
            IcmpType = (byte)(v4 ? 8 : 128),
        };
    }

    /// <summary>The ports that the rules of the cluster speak of; named ports by the endpoints that have them.</summary>
    public static IEnumerable<(bool Udp, int First, int Last)> MentionedPorts(ClusterState state)
    {
        foreach (RuleModel rule in state.Policies.Values.SelectMany(p => p.Ingress.Concat(p.Egress)))
        {
            bool udp = rule.Protocol == IpProtocol.Udp;
            foreach (PortRange range in rule.Destination.Ports.Concat(rule.Destination.NotPorts)) yield return (udp, range.First, range.Last);
        }

        foreach (EndpointPort port in state.Workloads.Values.SelectMany(w => w.Ports)) yield return (port.Protocol == IpProtocol.Udp, port.Port, port.Port);
    }
}
