using System.Net;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>
/// The chains hooked into the kernel and the stages they lead through. A new flow between two workloads walks forward → from-workload → the sender's
/// egress walk → to-workload → the receiver's ingress walk; a packet of an established connection leaves at the first rule.
/// Stages that nobody needs (host endpoints, preDNAT, doNotTrack) are not there.
/// </summary>
internal sealed class BaseChains(RulesetState ruleset, DataplaneOptions options, WorkloadTable workloads, HostTable hosts)
{
    public IReadOnlyList<TunnelDevice> Tunnels { get; set; } = [];

    public IReadOnlyList<DataplanePool> Pools { get; set; } = [];

    private uint Bit => Marks.HostAccepted(options);

    private bool UsesMarks => Has(WalkKind.PreDnat) || Has(WalkKind.UntrackedIngress) || Has(WalkKind.UntrackedEgress);

    public void Write()
    {
        WriteStages();
        WriteFailsafe();
        Base(Names.RawPrerouting, NftHook.Prerouting, NftPriority.Raw, RawPrerouting());
        Base(Names.RawOutput, NftHook.Output, NftPriority.Raw, RawOutput());
        Base(Names.ManglePrerouting, NftHook.Prerouting, NftPriority.Mangle, ManglePrerouting());
        Base(Names.ManglePostrouting, NftHook.Postrouting, NftPriority.Mangle, ManglePostrouting());
        Base(Names.Input, NftHook.Input, NftPriority.Filter, Input());
        Base(Names.Forward, NftHook.Forward, NftPriority.Filter, Forward());
        Base(Names.Output, NftHook.Output, NftPriority.Filter, Output());
    }

    private void WriteStages()
    {
        Chain(Names.EndpointDown, [Rule().Count().Verdict(NftVerdict.Drop).Build("endpoint is administratively down")]);
        Chain(Names.Reject,
        [
            Rule().Protocol(6).Count().Add(new RejectExpression(NftRejectType.TcpReset, 0)).Build(null),
            Rule().Count().Add(new RejectExpression(NftRejectType.IcmpxUnreachable, 3)).Build(null), // NFT_REJECT_ICMPX_ADMIN_PROHIBITED
        ]);
        Chain(Names.FromWorkload, FromWorkload());
        Chain(Names.ToWorkload, ToWorkload());
        Chain(Names.WorkloadToHost, WorkloadToHost());
        if (options.AntiSpoofing) Chain(Names.AntiSpoofing, AntiSpoofing());
        else ruleset.RemoveChain(Names.AntiSpoofing);
    }

    private List<NftRule> FromWorkload()
    {
        List<NftRule> rules = [.. DropInvalid()];
        if (!options.AllowVxlanPacketsFromWorkloads)
            rules.Add(Rule().Protocol(17).Ports(Side.Destination, [new PortRange(options.VxlanPort)]).Count().Verdict(NftVerdict.Drop).Build("VXLAN from a workload"));
        if (!options.AllowIpIpPacketsFromWorkloads)
            rules.Add(Rule().Protocol(4).Count().Verdict(NftVerdict.Drop).Build("IP in IP from a workload"));
        rules.Add(Rule().InterfaceVerdict(Names.FromWorkloadMap).Build(null));
        rules.Add(Rule().Count().Verdict(NftVerdict.Drop).Build("unknown workload egress deny"));
        return rules;
    }

    private List<NftRule> ToWorkload() =>
    [
        .. DropInvalid(),
        Rule().InterfaceVerdict(Names.ToWorkloadMap, output: true).Build(null),
        Rule().Count().Verdict(NftVerdict.Drop).Build("unknown workload ingress deny"),
    ];

    private List<NftRule> WorkloadToHost()
    {
        List<NftRule> rules =
        [
            Rule().IcmpTypes(v6: true, 130, 131, 132, 133, 135, 136).Accept().Build("neighbour and multicast listener discovery"),
            Rule().Verdict(NftVerdict.Jump(Names.FromWorkload)).Build(null),
        ];
        rules.Add(options.DefaultEndpointToHostAction == EndpointToHostAction.Drop
            ? Rule().Count().Verdict(NftVerdict.Drop).Build("workload to host egress deny")
            : Rule().Count().Accept().Build("workload to host egress allow"));
        return rules;
    }

    private List<NftRule> AntiSpoofing()
    {
        List<NftRule> rules =
        [
            Rule().InterfaceAndAddressInSet(v6: false, Names.SourcesV4).Verdict(NftVerdict.Return).Build(null),
            Rule().InterfaceAndAddressInSet(v6: true, Names.SourcesV6).Verdict(NftVerdict.Return).Build(null),
            Rule().Nets(Side.Source, [IpPrefix.Parse("fe80::/10")], negated: false).Verdict(NftVerdict.Return).Build("link-local"),
            Rule().Nets(Side.Source, [IpPrefix.Parse("::/128")], negated: false).Verdict(NftVerdict.Return).Build("duplicate address detection"),
            Rule().Nets(Side.Source, [IpPrefix.Parse("0.0.0.0/32")], negated: false).Nets(Side.Destination, [IpPrefix.Parse("255.255.255.255/32")], negated: false).Verdict(NftVerdict.Return).Build("DHCP"),
        ];
        foreach ((string name, EquatableArray<IPNetwork> prefixes) in workloads.Spoofers)
        {
            foreach (IGrouping<bool, IpPrefix> family in prefixes.Select(IpPrefix.From).GroupBy(p => p.IsIPv6))
            {
                rules.Add(Rule().Interface(name).Nets(Side.Source, Prefixes.Outermost(family), negated: false).Verdict(NftVerdict.Return).Build("allowed source prefixes"));
            }
        }

        rules.Add(Rule().Count().Verdict(NftVerdict.Drop).Build("source address is not the workload's"));
        return rules;
    }

    private List<NftRule> RawPrerouting()
    {
        List<NftRule> rules = [];
        if (UsesMarks) rules.Add(Rule().ClearMark(Bit).Build(null));
        rules.AddRange(LeaveOverlayUntracked());
        if (options.AntiSpoofing) rules.AddRange(ForWorkloads(output: false, NftVerdict.Jump(Names.AntiSpoofing)));
        rules.AddRange(HostStage(WalkKind.UntrackedIngress, output: false));
        return rules;
    }

    private List<NftRule> RawOutput()
    {
        List<NftRule> rules = [];
        if (UsesMarks) rules.Add(Rule().ClearMark(Bit).Build(null));
        rules.AddRange(LeaveOverlayUntracked());
        rules.AddRange(HostStage(WalkKind.UntrackedEgress, output: true));
        return rules;
    }

    private List<NftRule> ManglePrerouting()
    {
        if (!Has(WalkKind.PreDnat)) return [];
        return [AcceptEstablished(), .. ForWorkloads(output: false, NftVerdict.Accept), Rule().Mark(Bit).Accept().Build(null), .. HostStage(WalkKind.PreDnat, output: false)];
    }

    /// <summary>The host's own packets to a service: their true destination is known only now.</summary>
    private List<NftRule> ManglePostrouting()
    {
        List<NftRule> rules = [.. DscpChain.Rules(workloads.Active.Select(w => w.Model), Pools, options.Ipv6Support)];
        if (!Has(WalkKind.HostEgress)) return rules;
        rules.AddRange([AcceptEstablished(), .. ForWorkloads(output: true, NftVerdict.Accept)]);
        if (UsesMarks) rules.Add(Rule().Mark(Bit).Accept().Build(null));
        foreach (Func<RuleWriter, RuleWriter> stage in HostDispatch(WalkKind.HostEgress, output: true))
            rules.Add(stage(Rule().NoInputInterface().DestinationNatted()).Build(null));
        return rules;
    }

    private List<NftRule> Input()
    {
        List<NftRule> rules = [];
        if (workloads.AnyDown)
            rules.Add(Rule().ConnectionState(RuleWriter.CtEstablished | RuleWriter.CtRelated).InterfaceInSet(Names.DownInterfaces).Count().Verdict(NftVerdict.Drop).Build("endpoint is administratively down"));
        rules.AddRange([AcceptEstablished(), .. ForWorkloads(output: false, NftVerdict.Goto(Names.WorkloadToHost))]);
        rules.AddRange(Overlay(Side.Source));
        if (UsesMarks) rules.Add(Rule().Mark(Bit).Accept().Build("accepted by preDNAT or doNotTrack policy"));
        rules.AddRange(HostStage(WalkKind.HostIngress, output: false));
        return rules;
    }

    private List<NftRule> Forward()
    {
        List<NftRule> rules = [.. DropDown(), AcceptEstablished()];
        if (Has(WalkKind.ForwardIngress)) rules.Add(HostForward(WalkKind.ForwardIngress, Names.HostForwardIn, output: false));
        else ruleset.RemoveChain(Names.HostForwardIn);
        rules.AddRange(ForWorkloads(output: false, NftVerdict.Jump(Names.FromWorkload)));
        rules.AddRange(ForWorkloads(output: true, NftVerdict.Jump(Names.ToWorkload)));
        if (Has(WalkKind.ForwardEgress)) rules.Add(HostForward(WalkKind.ForwardEgress, Names.HostForwardOut, output: true));
        else ruleset.RemoveChain(Names.HostForwardOut);
        return rules;
    }

    private NftRule HostForward(WalkKind kind, string chain, bool output)
    {
        Chain(chain, [.. ForWorkloads(output, NftVerdict.Return), .. HostStage(kind, output)]);
        RuleWriter rule = Rule();
        if (UsesMarks && !output) rule.NoMark(Bit);
        return rule.Verdict(NftVerdict.Jump(chain)).Build(null);
    }

    private List<NftRule> Output()
    {
        List<NftRule> rules = [AcceptEstablished(), .. ForWorkloads(output: true, NftVerdict.Accept)];
        rules.AddRange(Overlay(Side.Destination));
        if (UsesMarks) rules.Add(Rule().Mark(Bit).Accept().Build("accepted by doNotTrack policy"));
        if (Has(WalkKind.HostEgress)) rules.Add(Rule().DestinationNatted().Accept().Build("policed after routing, where the true destination is known"));
        rules.AddRange(HostStage(WalkKind.HostEgress, output: true));
        return rules;
    }

    private IEnumerable<NftRule> LeaveOverlayUntracked() => Tunnels.Any(t => t.Kind == TunnelKind.Vxlan)
        ? [VxlanPort().Add(new NotrackExpression()).Build("the overlay's packets need no connection")]
        : [];

    /// <summary>The overlay's packets between nodes pass, and from anyone else they do not: who can send them can send into every pod.</summary>
    private IEnumerable<NftRule> Overlay(Side peer)
    {
        foreach (TunnelDevice tunnel in Tunnels)
        {
            EquatableArray<IpPrefix> peers = Prefixes.Outermost(tunnel.Peers.Select(p => IpPrefix.From(p.Outer)));
            RuleWriter of() => tunnel.Kind == TunnelKind.Vxlan ? VxlanPort(tunnel.IsIPv6) : Rule().Family(v6: false).Protocol(4);
            if (!peers.IsEmpty) yield return of().Nets(peer, peers, negated: false).Count().Accept().Build($"{tunnel.Name} between nodes");
            else if (tunnel.Kind == TunnelKind.IpIp) continue;
            if (peer == Side.Source) yield return of().Count().Verdict(NftVerdict.Drop).Build($"{tunnel.Name} from elsewhere ingress deny");
        }
    }

    private RuleWriter VxlanPort(bool? v6 = null)
    {
        RuleWriter rule = Rule();
        if (v6 is { } family) rule.Family(family);
        return rule.Protocol(17).Ports(Side.Destination, [new PortRange(options.VxlanPort)]);
    }

    private void WriteFailsafe()
    {
        if (!hosts.Any)
        {
            foreach (string name in (string[])[Names.FailsafeIn, Names.FailsafeOut, Names.FailsafeRawIn, Names.FailsafeRawOut]) ruleset.RemoveChain(name);
            return;
        }

        Chain(Names.FailsafeIn, FailsafeChains.Rules(options.FailsafeInboundHostPorts, Side.Source, reply: false));
        Chain(Names.FailsafeOut, FailsafeChains.Rules(options.FailsafeOutboundHostPorts, Side.Destination, reply: false));
        Chain(Names.FailsafeRawIn,
        [
            .. FailsafeChains.Rules(options.FailsafeInboundHostPorts, Side.Source, reply: false),
            .. FailsafeChains.Rules(options.FailsafeOutboundHostPorts, Side.Source, reply: true),
        ]);
        Chain(Names.FailsafeRawOut,
        [
            .. FailsafeChains.Rules(options.FailsafeOutboundHostPorts, Side.Destination, reply: false),
            .. FailsafeChains.Rules(options.FailsafeInboundHostPorts, Side.Destination, reply: true),
        ]);
    }

    private List<NftRule> HostStage(WalkKind kind, bool output) => [.. HostDispatch(kind, output).Select(stage => stage(Rule()).Build(null))];

    /// <summary>First the interfaces that have a host endpoint, then, if there is an endpoint for all, the rest.</summary>
    private List<Func<RuleWriter, RuleWriter>> HostDispatch(WalkKind kind, bool output)
    {
        List<Func<RuleWriter, RuleWriter>> stages = [];
        if (hosts.MapOf(kind) is { } map) stages.Add(rule => rule.InterfaceVerdict(map, output));
        if (hosts.WildcardOf(kind) is { } chain) stages.Add(rule => rule.Verdict(NftVerdict.Goto(chain)));
        return stages;
    }

    private bool Has(WalkKind kind) => hosts.MapOf(kind) is not null || hosts.WildcardOf(kind) is not null;

    private IEnumerable<NftRule> ForWorkloads(bool output, NftVerdict verdict) =>
        options.InterfacePrefixes.Select(prefix => Rule().Interface(prefix + "*", output).Verdict(verdict).Build(null));

    private IEnumerable<NftRule> DropInvalid() => options.DisableConntrackInvalidCheck
        ? []
        : [Rule().ConnectionState(RuleWriter.CtInvalid).Count().Verdict(NftVerdict.Drop).Build("invalid connection state")];

    /// <summary>An endpoint that is down loses its established connections too.</summary>
    private IEnumerable<NftRule> DropDown() => !workloads.AnyDown
        ? []
        :
        [
            Rule().InterfaceInSet(Names.DownInterfaces).Count().Verdict(NftVerdict.Drop).Build("endpoint is administratively down"),
            Rule().InterfaceInSet(Names.DownInterfaces, output: true).Count().Verdict(NftVerdict.Drop).Build("endpoint is administratively down"),
        ];

    private static NftRule AcceptEstablished() => Rule().ConnectionState(RuleWriter.CtEstablished | RuleWriter.CtRelated).Accept().Build(null);

    private static RuleWriter Rule() => new();

    private void Chain(string name, List<NftRule> rules) => ruleset.Put(new NftChain(name) { Rules = rules.ToValueList() });

    private void Base(string name, NftHook hook, int priority, List<NftRule> rules)
    {
        if (rules.Count == 0) ruleset.RemoveChain(name);
        else ruleset.Put(new NftChain(name) { Base = new NftBaseChain("filter", hook, priority), Rules = rules.ToValueList() });
    }
}
