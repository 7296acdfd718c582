using Calico.Dataplane.Sets;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Compile;

/// <summary>Chains of a walk to kernel chains: what Allow, Deny and Log are at the walk's hook.</summary>
internal sealed class WalkWriter(ISetNames sets, DataplaneOptions options)
{
    private readonly TermWriter _terms = new(sets);

    public List<NftChain> Write(Walk walk, IEnumerable<WalkChain> chains) => [.. chains.Select((chain, i) => Write(walk, chain, first: i == 0))];

    public NftChain Write(Walk walk, WalkChain chain, bool first)
    {
        List<NftRule> rules = first ? PreludeOf(walk.Kind) : [];
        foreach (WalkRule rule in chain.Rules) rules.Add(Write(walk.Kind, rule));
        return new NftChain(chain.Name) { Rules = rules.ToValueList(), Comment = ChainComment(chain.Comment) };
    }

    private static string? ChainComment(string text) => text.Length == 0 ? null : text.Length <= 120 ? text : text[..119] + "…";

    /// <summary>What comes before the first tier at a hook: connection state and failsafe ports of hosts.</summary>
    public List<NftRule> PreludeOf(WalkKind kind)
    {
        List<NftRule> rules = [];
        bool host = kind is WalkKind.HostIngress or WalkKind.HostEgress or WalkKind.ForwardIngress or WalkKind.ForwardEgress or WalkKind.PreDnat;
        if (host && !options.DisableConntrackInvalidCheck)
            rules.Add(new RuleWriter().ConnectionState(RuleWriter.CtInvalid).Count().Verdict(NftVerdict.Drop).Build("invalid connection state"));
        string? failsafe = kind switch
        {
            WalkKind.HostIngress => Names.FailsafeIn,
            WalkKind.HostEgress => Names.FailsafeOut,
            WalkKind.PreDnat => Names.FailsafeIn,
            WalkKind.UntrackedIngress => Names.FailsafeRawIn,
            WalkKind.UntrackedEgress => Names.FailsafeRawOut,
            _ => null,
        };
        if (failsafe is not null) rules.Add(new RuleWriter().Verdict(NftVerdict.Jump(failsafe)).Build(null));
        return rules;
    }

    public NftRule Write(WalkKind kind, WalkRule rule)
    {
        RuleWriter writer = _terms.Write(new RuleWriter(), rule.Terms);
        if (rule.Verdict == WalkVerdict.Log) return WriteLog(writer, rule);
        writer.Count();
        if (options.FlowLogs && rule.Verdict is WalkVerdict.Allow or WalkVerdict.Deny || options.FlowLogs && rule.Staged)
            writer.Add(new LogExpression { Group = kind.IsIngress ? FlowLogGroups.Ingress : FlowLogGroups.Egress, Prefix = FlowLogGroups.PrefixOf(rule) });
        switch (rule.Verdict)
        {
            case WalkVerdict.Allow: Allow(writer, kind); break;
            case WalkVerdict.Deny: writer.Verdict(DenyVerdict(kind)); break;
            case WalkVerdict.Goto: writer.Verdict(NftVerdict.Goto(rule.Target!)); break;
            case WalkVerdict.Jump: writer.Verdict(NftVerdict.Jump(rule.Target!)); break;
            default: writer.Verdict(NftVerdict.Return); break;
        }

        return writer.Build(rule.Staged ? $"staged {rule.Owner}" : rule.Owner.ToString());
    }

    private void Allow(RuleWriter writer, WalkKind kind)
    {
        uint bit = Marks.HostAccepted(options);
        switch (kind)
        {
            case WalkKind.UntrackedIngress or WalkKind.UntrackedEgress:
                writer.Add(new NotrackExpression()).SetMark(bit).Accept();
                break;
            case WalkKind.PreDnat:
                writer.SetMark(bit).Accept();
                break;
            default:
                writer.Verdict(NftVerdict.Return);
                break;
        }
    }

    /// <summary>Rejecting needs the packet's connection and is possible in input, forward and output only.</summary>
    private NftVerdict DenyVerdict(WalkKind kind) =>
        options.DenyAction == DenyAction.Reject && kind is not (WalkKind.PreDnat or WalkKind.UntrackedIngress or WalkKind.UntrackedEgress)
            ? NftVerdict.Goto(Names.Reject)
            : NftVerdict.Drop;

    private NftRule WriteLog(RuleWriter writer, WalkRule rule)
    {
        if (options.LogActionRateLimit is { } limit)
            writer.Add(new LimitExpression(limit.Rate, (ulong)limit.Unit.TotalSeconds, limit.Burst));
        writer.Count().Add(new LogExpression { Prefix = LogPrefixes.Of(options.LogPrefix, rule.Owner) });
        return writer.Build(rule.Staged ? $"staged {rule.Owner}" : rule.Owner.ToString());
    }
}
