using System.Net;
using Calico.Dataplane.Compile;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Interpreter;

namespace Calico.Dataplane.Inspect;

/// <summary>A packet through the hooks of a node: before conntrack knows it, then as the first of its connection.</summary>
internal sealed class PacketWalk(NftTable table)
{
    private readonly NftInterpreter _raw = new([OnlyAt(table, raw: true)]), _rest = new([OnlyAt(table, raw: false)]);

    public NodeExplanation Explain(NodeFlow flow)
    {
        NftPacket packet = PacketOf(flow);
        List<ExplainedStep> steps = [];
        return new NodeExplanation(flow, Passes(flow, packet, steps), steps);
    }

    private bool Passes(NodeFlow flow, NftPacket packet, List<ExplainedStep> steps)
    {
        NftInterface? input = Interface(flow.Input), output = Interface(flow.Output);
        NftHook entry = input is null ? NftHook.Output : NftHook.Prerouting;
        (packet.Input, packet.Output) = (input, input is null ? output : null);
        if (!Run(_raw, packet, entry, steps)) return false;
        if (!packet.IsUntracked) packet.Connection = new NftConnection();
        if (!Run(_rest, packet, entry, steps)) return false;
        packet.Output = output;
        if (input is not null && !Run(_rest, packet, output is null ? NftHook.Input : NftHook.Forward, steps)) return false;
        return output is null || Run(_rest, packet, NftHook.Postrouting, steps);
    }

    private static bool Run(NftInterpreter kernel, NftPacket packet, NftHook hook, List<ExplainedStep> steps)
    {
        NftEvaluation evaluation = kernel.Evaluate(packet, hook);
        foreach (NftTraceStep step in evaluation.Trace)
        {
            if (step.RuleIndex < 0 && step.Verdict.Code == NftVerdictCode.Accept) continue;
            string comment = step.Rule?.Comment ?? "";
            steps.Add(new ExplainedStep(hook.ToString().ToLowerInvariant(), step.Chain, step.RuleIndex, step.Rule?.Handle ?? 0, comment, step.Verdict.ToString(), Decides(step, comment)));
        }

        return evaluation.IsAccepted;
    }

    private static bool Decides(NftTraceStep step, string comment) =>
        step.Verdict switch
        {
            { Code: NftVerdictCode.Drop } => step.Chain != Names.Reject,
            { Code: NftVerdictCode.Accept } => comment.Length > 0,
            { Code: NftVerdictCode.Return } or { Code: NftVerdictCode.Goto, Chain: Names.Reject } => RuleOwner.TryParse(comment, out _),
            _ => false,
        };

    private static NftInterface? Interface(string? name) => name is null ? null : new NftInterface(name, 1);

    private static NftPacket PacketOf(NodeFlow flow)
    {
        IPEndPoint source = new(flow.Source, flow.SourcePort), destination = new(flow.Destination, flow.DestinationPort);
        return flow.Protocol switch
        {
            6 => NftPacket.Tcp(source, destination),
            17 => NftPacket.Udp(source, destination),
            132 => NftPacket.Sctp(source, destination),
            1 or 58 => NftPacket.Icmp(flow.Source, flow.Destination, flow.IcmpType, flow.IcmpCode),
            136 => NftPacket.Ip(136, flow.Source, flow.Destination, NftPacket.Udp(source, destination).Data.AsSpan()[^8..]),
            _ => NftPacket.Ip(flow.Protocol, flow.Source, flow.Destination, new byte[8]),
        };
    }

    // Raw comes before connection tracking. NAT is not followed.
    private static NftTable OnlyAt(NftTable table, bool raw) => table with
    {
        Chains = table.Chains.Select(c => c.Base is { } at && ((at.Priority <= NftPriority.Raw) != raw || at.Type == "nat") ? c with { Base = null } : c).ToValueList(),
    };
}
