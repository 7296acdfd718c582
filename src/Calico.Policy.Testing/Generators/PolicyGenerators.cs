using System.Net;
using System.Net.Sockets;
using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Policy.Testing;

/// <summary>Generators of rules and policies of every kind, in backend form, with shrinkers.</summary>
public static class PolicyGenerators
{
    /// <summary>Tiers that policies name; the last never exists.</summary>
    public static IReadOnlyList<string> TierNames { get; } = ["default", "first", "second", "missing"];

    private static readonly Gen<string?> OptionalSelector = Gen.Frequency((3, Gen.Constant<string?>(null)), (2, LabelGenerators.Selector.Select(s => (string?)s)));

    /// <summary>A rule that an API server would accept: one family in all its nets, ports with a protocol that has them.</summary>
    public static Gen<RuleModel> Rule { get; } =
        from action in Gen.Frequency((4, Gen.Constant(RuleAction.Allow)), (3, Gen.Constant(RuleAction.Deny)), (2, Gen.Constant(RuleAction.Pass)), (1, Gen.Constant(RuleAction.Log)))
        from protocol in Gen.Frequency((2, Gen.Constant<IpProtocol?>(null)), (3, Gen.Elements(NetworkGenerators.Protocols.Select(p => (IpProtocol?)p))))
        from notProtocol in Gen.Frequency((6, Gen.Constant<IpProtocol?>(null)), (1, Gen.Elements(NetworkGenerators.Protocols.Select(p => (IpProtocol?)p))))
        from family in Gen.Frequency((5, Gen.Constant(IpVersion.Any)), (1, Gen.Constant(IpVersion.IPv4)), (1, Gen.Constant(IpVersion.IPv6)))
        from netFamily in Gen.Elements(AddressFamily.InterNetwork, AddressFamily.InterNetworkV6)
        from icmp in Icmp(protocol)
        from notIcmp in Icmp(protocol)
        from source in Entity(protocol, netFamily)
        from destination in Entity(protocol, netFamily)
        select new RuleModel
        {
            Action = action,
            Protocol = protocol,
            NotProtocol = notProtocol,
            IpVersion = family,
            Icmp = icmp,
            NotIcmp = notIcmp,
            Source = source,
            Destination = destination,
        };

    /// <summary>A policy of any kind, staged ones included, for workloads and hosts.</summary>
    public static Gen<PolicyModel> Policy { get; } =
        from kind in Gen.Elements(Enum.GetValues<PolicyKind>())
        from number in Gen.Choose(0, 5)
        from tier in Gen.Elements(TierNames.AsEnumerable())
        from order in Gen.Elements<double?>(null, 1, 1.5, 2, 1000)
        from selector in LabelGenerators.Selector
        from types in Gen.Elements(PolicyTypes.Ingress, PolicyTypes.Egress, PolicyTypes.Both)
        from ingressCount in Gen.Choose(0, 3)
        from egressCount in Gen.Choose(0, 3)
        from ingress in Rule.ArrayOf(ingressCount)
        from egress in Rule.ArrayOf(egressCount)
        from host in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(1, 3)))
        from staged in Gen.Frequency((4, Gen.Constant(StagedAction.Set)), (1, Gen.Elements(Enum.GetValues<StagedAction>())))
        from everywhere in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new PolicyModel
        {
            Id = new PolicyId(kind, IsNamespaced(kind) ? $"ns{(number % 2) + 1}" : "", $"p{number}"),
            Tier = tier,
            Order = order,
            Selector = selector,
            Types = host == 2 ? PolicyTypes.Ingress : types,
            Ingress = ingress.ToEquatableArray(),
            Egress = host == 2 ? [] : egress.ToEquatableArray(),
            ApplyOnForward = host > 0,
            PreDnat = host == 2,
            DoNotTrack = host == 3,
            StagedAction = staged,
            AssumeNeededOnEveryNode = everywhere,
        };

    /// <summary>Simpler policies: without rules, with simpler rules, with a simpler selector, in the default tier.</summary>
    public static IEnumerable<PolicyModel> Shrink(PolicyModel policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        foreach (EquatableArray<RuleModel> fewer in ShrinkRules(policy.Ingress)) yield return policy with { Ingress = fewer };
        foreach (EquatableArray<RuleModel> fewer in ShrinkRules(policy.Egress)) yield return policy with { Egress = fewer };
        foreach (string selector in LabelGenerators.ShrinkSelector(policy.Selector)) yield return policy with { Selector = selector };
        if (policy.Tier != TierModel.DefaultTier) yield return policy with { Tier = TierModel.DefaultTier };
        if (policy.Order is not null) yield return policy with { Order = null };
        if (policy is { ApplyOnForward: true, PreDnat: false, DoNotTrack: false }) yield return policy with { ApplyOnForward = false };
    }

    /// <summary>Simpler rules: one term less.</summary>
    public static IEnumerable<RuleModel> Shrink(RuleModel rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (rule.Source != EntityMatch.Any) yield return rule with { Source = EntityMatch.Any };
        if (rule.Destination != EntityMatch.Any) yield return rule with { Destination = EntityMatch.Any };
        foreach (EntityMatch source in Shrink(rule.Source)) yield return rule with { Source = source };
        foreach (EntityMatch destination in Shrink(rule.Destination)) yield return rule with { Destination = destination };
        if (rule.NotProtocol is not null) yield return rule with { NotProtocol = null };
        if (rule.Icmp is not null) yield return rule with { Icmp = null };
        if (rule.NotIcmp is not null) yield return rule with { NotIcmp = null };
        if (rule.IpVersion != IpVersion.Any) yield return rule with { IpVersion = IpVersion.Any };
        if (rule is { Protocol: not null, Icmp: null, NotIcmp: null }) yield return rule with { Protocol = null };
        if (rule.Action != RuleAction.Allow) yield return rule with { Action = RuleAction.Allow };
    }

    private static IEnumerable<EntityMatch> Shrink(EntityMatch entity)
    {
        if (!entity.Nets.IsEmpty) yield return entity with { Nets = [] };
        if (!entity.NotNets.IsEmpty) yield return entity with { NotNets = [] };
        if (entity.Selector is not null) yield return entity with { Selector = null };
        if (entity.NotSelector is not null) yield return entity with { NotSelector = null };
        if (!entity.Ports.IsEmpty) yield return entity with { Ports = [] };
        if (!entity.NamedPorts.IsEmpty) yield return entity with { NamedPorts = [] };
        if (!entity.NotPorts.IsEmpty) yield return entity with { NotPorts = [] };
        if (!entity.NotNamedPorts.IsEmpty) yield return entity with { NotNamedPorts = [] };
        if (entity.Service is not null) yield return entity with { Service = null };
        if (entity.NodeSelector is not null) yield return entity with { NodeSelector = null };
    }

    private static IEnumerable<EquatableArray<RuleModel>> ShrinkRules(EquatableArray<RuleModel> rules)
    {
        for (int i = 0; i < rules.Count; i++)
        {
            yield return rules.Without(i);
            foreach (RuleModel simpler in Shrink(rules[i])) yield return rules.With(i, simpler);
        }
    }

    private static Gen<IcmpMatch?> Icmp(IpProtocol? protocol) => protocol is not { IsIcmp: true }
        ? Gen.Constant<IcmpMatch?>(null)
        : Gen.Frequency(
            (2, Gen.Constant<IcmpMatch?>(null)),
            (1, from type in Gen.Elements<byte>(0, 8, 128) from code in Gen.Elements<byte?>(null, 0, 1) select (IcmpMatch?)new IcmpMatch(type, code)));

    private static Gen<EntityMatch> Entity(IpProtocol? protocol, AddressFamily family)
    {
        IEnumerable<IPNetwork> nets = NetworkGenerators.Prefixes.Where(n => n.BaseAddress.AddressFamily == family);
        bool ports = protocol is { HasPorts: true };
        bool names = protocol is null || ports;
        return Gen.Frequency(
            (1, Gen.Constant(EntityMatch.Any)),
            (2, from selector in OptionalSelector
                from notSelector in Gen.Frequency((3, Gen.Constant<string?>(null)), (1, OptionalSelector))
                from inNets in Sometimes(NetworkGenerators.Some(nets, 2))
                from notNets in Sometimes(NetworkGenerators.Some(nets.Where(n => n.PrefixLength > 0), 2))
                from numbers in ports ? Sometimes(NetworkGenerators.Some(NetworkGenerators.PortRanges, 2)) : Gen.Constant<EquatableArray<PortRange>>([])
                from notNumbers in ports ? Sometimes(NetworkGenerators.Some(NetworkGenerators.PortRanges.Where(r => r.First > 1), 2)) : Gen.Constant<EquatableArray<PortRange>>([])
                from named in names ? Sometimes(NetworkGenerators.Some(NetworkGenerators.PortNames, 2)) : Gen.Constant<EquatableArray<string>>([])
                from notNamed in names ? Sometimes(NetworkGenerators.Some(NetworkGenerators.PortNames, 1)) : Gen.Constant<EquatableArray<string>>([])
                from nodes in Gen.Frequency((6, Gen.Constant<string?>(null)), (1, OptionalSelector))
                from service in Gen.Frequency((9, Gen.Constant<NamespacedName?>(null)), (1, Gen.Constant<NamespacedName?>(ClusterGenerators.Service)))
                select service is not null
                    ? new EntityMatch { Service = service }
                    : new EntityMatch
                    {
                        Selector = selector,
                        NotSelector = notSelector,
                        NodeSelector = nodes,
                        Nets = inNets,
                        NotNets = notNets,
                        Ports = numbers,
                        NotPorts = notNumbers,
                        NamedPorts = named,
                        NotNamedPorts = notNamed,
                    }));
    }

    private static Gen<EquatableArray<T>> Sometimes<T>(Gen<EquatableArray<T>> items) => Gen.Frequency((2, Gen.Constant<EquatableArray<T>>([])), (1, items));

    private static bool IsNamespaced(PolicyKind kind) => kind is PolicyKind.NetworkPolicy or PolicyKind.StagedNetworkPolicy or PolicyKind.KubernetesNetworkPolicy or PolicyKind.StagedKubernetesNetworkPolicy;
}
