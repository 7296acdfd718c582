using System.Net;
using System.Net.Sockets;
using Calico.Policy.Engine.Sets;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Policies;

/// <summary>A set as one rule uses it: whether a further member lets more or less through.</summary>
internal readonly record struct SetUse(SetEntry Set, bool Opens, bool Closes);

/// <summary>Turns rules into their active form: selectors, named ports and services become sets.</summary>
internal sealed class RuleScanner(SelectorCache selectors, SetRegistry sets)
{
    /// <summary>Resolves rules and counts the sets they use.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="isEnforced">False for staged policies, whose sets open and close nothing.</param>
    /// <param name="uses">Receives every use of a set.</param>
    /// <param name="subject">The owner, for faults.</param>
    /// <param name="place"><c>ingress</c> or <c>egress</c>, for faults.</param>
    /// <param name="faults">Receives what could not be read.</param>
    public EquatableArray<ActiveRule> Scan(EquatableArray<RuleModel> rules, bool isEnforced, List<SetUse> uses, string subject, string place, List<PolicyFault> faults)
    {
        if (rules.IsEmpty) return [];
        ActiveRule[] active = new ActiveRule[rules.Count];
        for (int i = 0; i < active.Length; i++)
        {
            Scope scope = new(this, rules[i], isEnforced, uses, $"{place}[{i}]", subject, faults);
            active[i] = scope.Resolve();
        }

        return [.. active];
    }

    /// <summary>Gives back what a scan counted.</summary>
    public void Release(List<SetUse> uses)
    {
        foreach (SetUse use in uses)
        {
            if (use.Opens) use.Set.OpeningUses--;
            if (use.Closes) use.Set.ClosingUses--;
            sets.Release(use.Set);
        }

        uses.Clear();
    }

    private sealed class Scope(RuleScanner scanner, RuleModel rule, bool isEnforced, List<SetUse> uses, string place, string subject, List<PolicyFault> faults)
    {
        private RuleAction _action = rule.Action;
        private bool _never;

        public ActiveRule Resolve()
        {
            // A fault decides the action, and the action decides what a set opens: so selectors are read first.
            Side source = Read(rule.Source, "source"), destination = Read(rule.Destination, "destination");
            IpVersion version = FamilyOf(rule, out bool impossible);
            _never |= impossible;
            return new ActiveRule
            {
                Action = _action,
                NeverMatches = _never,
                IpVersion = version,
                Protocol = rule.Protocol,
                NotProtocol = rule.NotProtocol,
                Icmp = rule.Icmp,
                NotIcmp = rule.NotIcmp,
                Source = Resolve(rule.Source, source, serviceHasPorts: false),
                Destination = Resolve(rule.Destination, destination, serviceHasPorts: true),
                Http = rule.Http,
                Annotations = rule.Annotations,
            };
        }

        private Side Read(EntityMatch entity, string side)
        {
            Selector? positive = Parse(entity.Selector, $"{side}.selector");
            Selector? negative = Parse(entity.NotSelector, $"{side}.notSelector");
            Selector? nodes = Parse(entity.NodeSelector, $"{side}.nodeSelector");
            return positive is not null && negative is not null
                ? new Side(Selector.And(positive, Selector.Not(negative)), null, nodes)
                : new Side(positive, negative, nodes);
        }

        private Selector? Parse(string? text, string where)
        {
            if (string.IsNullOrWhiteSpace(text)) return null;
            if (scanner.Selectors.TryGet(text, out Selector? selector, out SelectorError error)) return selector;
            bool denies = _action is RuleAction.Deny or RuleAction.Pass;
            faults.Add(new PolicyFault(subject, $"{place}.{where}", $"{error}; {(denies ? "the rule denies whatever its other terms match" : "the rule matches nothing")}"));
            if (denies) _action = RuleAction.Deny;
            else _never = true;
            return null;
        }

        private ActiveMatch Resolve(EntityMatch entity, Side side, bool serviceHasPorts)
        {
            if (ReferenceEquals(entity, EntityMatch.Any)) return ActiveMatch.Any;
            List<string> named = NamedPorts(entity.NamedPorts, side.Positive, isPositive: true);
            List<string> notNamed = NamedPorts(entity.NotNamedPorts, side.Positive, isPositive: false);
            if (named.Count == 0 && !entity.NamedPorts.IsEmpty && entity.Ports.IsEmpty) _never = true;

            // A named-port set is already limited to what the selector matches; only numeric ports need the selector's own set beside it.
            bool needsSelectorSet = side.Positive is not null && (entity.NamedPorts.IsEmpty || !entity.Ports.IsEmpty);
            List<string> sets = [], notSets = [], services = [];
            if (needsSelectorSet) sets.Add(Use(scanner.Sets.AcquireSelector(side.Positive!), isPositive: true));
            if (side.Nodes is not null) sets.Add(Use(scanner.Sets.AcquireNodes(side.Nodes), isPositive: true));
            if (side.Negative is not null) notSets.Add(Use(scanner.Sets.AcquireSelector(side.Negative), isPositive: false));
            if (entity.Service is { } service)
                (serviceHasPorts ? services : sets).Add(Use(scanner.Sets.AcquireService(service, serviceHasPorts), isPositive: true));
            return new ActiveMatch
            {
                Nets = entity.Nets,
                NotNets = entity.NotNets,
                IpSets = sets.ToEquatableArray(),
                NotIpSets = notSets.ToEquatableArray(),
                AddressPortSets = services.ToEquatableArray(),
                Ports = entity.Ports,
                NamedPortSets = named.ToEquatableArray(),
                NotPorts = entity.NotPorts,
                NotNamedPortSets = notNamed.ToEquatableArray(),
                Domains = entity.Domains,
                Selector = side.Positive?.CanonicalText ?? "",
                NotSelector = side.Negative?.CanonicalText ?? "",
            };
        }

        private List<string> NamedPorts(EquatableArray<string> names, Selector? positive, bool isPositive)
        {
            List<string> ids = [];
            if (rule.Protocol is { } protocol && protocol != IpProtocol.Tcp && protocol != IpProtocol.Udp && protocol != IpProtocol.Sctp) return ids;
            foreach (string name in names)
            {
                string id = Use(scanner.Sets.AcquireNamedPort(positive ?? Selector.All, name, rule.Protocol), isPositive);
                if (!ids.Contains(id)) ids.Add(id);
            }

            return ids;
        }

        private string Use(SetEntry set, bool isPositive)
        {
            bool matters = isEnforced && !_never;
            bool opens = matters && (_action == RuleAction.Pass || (_action == RuleAction.Allow && isPositive) || (_action == RuleAction.Deny && !isPositive));
            bool closes = matters && (_action == RuleAction.Pass || (_action == RuleAction.Allow && !isPositive) || (_action == RuleAction.Deny && isPositive));
            if (opens) set.OpeningUses++;
            if (closes) set.ClosingUses++;
            uses.Add(new SetUse(set, opens, closes));
            return set.Id;
        }
    }

    private readonly record struct Side(Selector? Positive, Selector? Negative, Selector? Nodes);

    private SetRegistry Sets => sets;

    private SelectorCache Selectors => selectors;

    // A rule is for a family only if every term that has one agrees: nets, negated nets too, and the two ICMPs.
    private static IpVersion FamilyOf(RuleModel rule, out bool impossible)
    {
        bool v4 = rule.IpVersion != IpVersion.IPv6, v6 = rule.IpVersion != IpVersion.IPv4;
        if (rule.Protocol == IpProtocol.Icmp) v6 = false;
        if (rule.Protocol == IpProtocol.IcmpV6) v4 = false;
        Limit(rule.Source.Nets, ref v4, ref v6);
        Limit(rule.Source.NotNets, ref v4, ref v6);
        Limit(rule.Destination.Nets, ref v4, ref v6);
        Limit(rule.Destination.NotNets, ref v4, ref v6);
        impossible = !v4 && !v6;
        return v4 == v6 ? IpVersion.Any : v4 ? IpVersion.IPv4 : IpVersion.IPv6;
    }

    private static void Limit(EquatableArray<IPNetwork> nets, ref bool v4, ref bool v6)
    {
        if (nets.IsEmpty) return;
        bool any4 = false, any6 = false;
        foreach (IPNetwork net in nets)
        {
            if (net.BaseAddress.AddressFamily == AddressFamily.InterNetwork) any4 = true;
            else any6 = true;
        }

        v4 &= any4;
        v6 &= any6;
    }
}
