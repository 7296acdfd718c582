using System.Net;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Selectors;

namespace Calico.Policy.Conversion;

/// <summary>
/// v3 rules → backend rules. A rule that cannot be read fails closed: Allow and Log rules are dropped, Deny and Pass rules deny everything;
/// Calico takes an unreadable selector or a list of only bad CIDRs for "no restriction".
/// </summary>
internal sealed class RuleFlattener(string ns, bool podsOnly, List<ConversionProblem> problems)
{
    /// <summary>Every rule that is left, in order.</summary>
    public EquatableArray<RuleModel> Flatten(EquatableArray<Rule> rules, string path, IReadOnlySet<int>? refused = null)
    {
        List<RuleModel> flat = [];
        for (int i = 0; i < rules.Count; i++)
        {
            string at = FormattableString.Invariant($"{path}[{i}]");
            RuleModel? rule;
            if (refused is not null && refused.Contains(i)) rule = Closed(rules[i].Action);
            else
            {
                try
                {
                    rule = Flatten(rules[i], at);
                }
                catch (FormatException e)
                {
                    rule = Closed(rules[i].Action);
                    problems.Add(new(at, $"{e.Message}; the rule {(rule is null ? "is dropped" : "denies everything instead")}"));
                }
            }

            if (rule is not null) flat.Add(rule);
        }

        return flat.ToEquatableArray();
    }

    private static RuleModel? Closed(string? action) => action is "Allow" or "Log" ? null : new RuleModel { Action = RuleAction.Deny };

    /// <exception cref="FormatException">A part of the rule cannot be read.</exception>
    public RuleModel Flatten(Rule rule, string path) => new()
    {
        Action = Enum.TryParse(rule.Action, out RuleAction action) && char.IsAsciiLetterUpper(rule.Action![0])
            ? action
            : throw new FormatException($"'{rule.Action}' is not Allow, Deny, Log or Pass"),
        IpVersion = rule.IpVersion switch
        {
            null => IpVersion.Any,
            4 => IpVersion.IPv4,
            6 => IpVersion.IPv6,
            _ => throw new FormatException($"ipVersion is 4 or 6, not {rule.IpVersion}"),
        },
        Protocol = Resolve(rule.Protocol),
        NotProtocol = Resolve(rule.NotProtocol),
        Icmp = Icmp(rule.Icmp),
        NotIcmp = Icmp(rule.NotIcmp),
        Source = Side(rule.Source, $"{path}.source"),
        Destination = Side(rule.Destination, $"{path}.destination"),
        Http = rule.Http is { } http
            ? new HttpMatch { Methods = http.Methods, Paths = http.Paths.Select(static p => new HttpPathMatch(p.Exact ?? p.Prefix ?? "", p.Exact is null)).ToEquatableArray() }
            : null,
        Annotations = rule.Metadata?.Annotations ?? LabelMap.Empty,
    };

    private EntityMatch Side(EntityRule entity, string path)
    {
        if (entity == EntityRule.Any) return EntityMatch.Any;
        if (entity.NotSelector is { Length: > 0 } negated) Selector.Parse(negated);
        if (entity.NodeSelector is { Length: > 0 } nodes) Selector.Parse(nodes);
        string? selector = EntitySelectors.ForRule(entity, ns);
        // The cluster policies' peers are pods; a namespace selector alone would match network sets too.
        if (podsOnly && string.IsNullOrEmpty(entity.Selector) && entity.NamespaceSelector is { Length: > 0 })
            selector = $"({selector}) && ({CalicoNames.OrchestratorLabel} == '{CalicoNames.KubernetesOrchestrator}')";
        return new EntityMatch
        {
            Nets = Nets(entity.Nets, $"{path}.nets"),
            NotNets = Nets(entity.NotNets, $"{path}.notNets"),
            Selector = selector,
            NotSelector = string.IsNullOrEmpty(entity.NotSelector) ? null : entity.NotSelector,
            NodeSelector = string.IsNullOrEmpty(entity.NodeSelector) ? null : entity.NodeSelector,
            Ports = Numbers(entity.Ports),
            NamedPorts = Names(entity.Ports),
            NotPorts = Numbers(entity.NotPorts),
            NotNamedPorts = Names(entity.NotPorts),
            Service = entity.Services is { } service ? Service(service) : null,
            Domains = entity.Domains,
        };
    }

    private NamespacedName Service(ServiceMatch service)
    {
        if (string.IsNullOrEmpty(service.Name)) throw new FormatException("services needs a name");
        string where = string.IsNullOrEmpty(service.Namespace) ? ns : service.Namespace;
        return where.Length == 0 ? throw new FormatException("services needs a namespace in a global policy") : new NamespacedName(where, service.Name);
    }

    private EquatableArray<IPNetwork> Nets(EquatableArray<string> texts, string path)
    {
        if (texts.IsEmpty) return [];
        List<IPNetwork> nets = [];
        for (int i = 0; i < texts.Count; i++)
        {
            if (IpPrefix.TryParse(texts[i], out IpPrefix prefix)) nets.Add(prefix.ToIPNetwork());
            else problems.Add(new(FormattableString.Invariant($"{path}[{i}]"), $"'{texts[i]}' is not a CIDR; it is left out"));
        }

        return nets.Count == 0 ? throw new FormatException("none of the CIDRs can be read") : nets.ToEquatableArray();
    }

    private static IpProtocol? Resolve(Protocol? protocol) =>
        protocol is not { } given ? null : given.Resolve() ?? throw new FormatException($"'{given}' is not a protocol");

    private static IcmpMatch? Icmp(IcmpFields? fields) =>
        fields is null or { Type: null, Code: null } ? null :
        fields is { Type: null or >= 0 and <= 255, Code: null or >= 0 and <= 255 } ? new IcmpMatch((byte?)fields.Type, (byte?)fields.Code) :
        throw new FormatException("ICMP types and codes are 0–255");

    private static EquatableArray<PortRange> Numbers(EquatableArray<Port> ports) =>
        ports.Where(static p => p.Name is null).Select(static p => new PortRange(p.First, p.Last)).ToEquatableArray();

    private static EquatableArray<string> Names(EquatableArray<Port> ports) =>
        ports.Where(static p => p.Name is not null).Select(static p => p.Name!).ToEquatableArray();
}
