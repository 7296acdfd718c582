namespace Calico.Bgp;

/// <summary>Builds a filter out of rules: the first whose tests all hold, and that has a verdict, decides.</summary>
/// <param name="name">A name for logs.</param>
public sealed class RoutePolicyBuilder(string name)
{
    private readonly List<RoutePolicyRule> _rules = [];

    /// <summary>Adds a rule.</summary>
    /// <returns>The rule, to be filled.</returns>
    public RoutePolicyRule Rule()
    {
        var rule = new RoutePolicyRule();
        _rules.Add(rule);
        return rule;
    }

    /// <summary>The filter.</summary>
    /// <param name="otherwise">When no rule decides.</param>
    /// <returns>A filter that no longer depends on this builder.</returns>
    public RouteFilter Build(FilterVerdict otherwise = FilterVerdict.Pass) => new RoutePolicy(name, [.. _rules.Select(r => r.Compile())], otherwise);
}

/// <summary>One rule of a policy.</summary>
public sealed class RoutePolicyRule
{
    private readonly List<RouteAction> _actions = [];
    private RouteCondition? _condition;
    private FilterVerdict _verdict = FilterVerdict.Pass;

    internal RoutePolicyRule()
    {
    }

    /// <summary>Adds a test; all tests of a rule have to hold.</summary>
    /// <param name="condition">The test.</param>
    /// <returns>This rule.</returns>
    public RoutePolicyRule When(RouteCondition condition)
    {
        _condition = _condition is null ? condition : _condition & condition;
        return this;
    }

    /// <summary>Adds a change, made when the tests hold, also when the rule has no verdict and later rules decide.</summary>
    /// <param name="action">The change.</param>
    /// <returns>This rule.</returns>
    public RoutePolicyRule Then(RouteAction action)
    {
        _actions.Add(action);
        return this;
    }

    /// <summary>The route goes on.</summary>
    public void Accept() => _verdict = FilterVerdict.Accept;

    /// <summary>The route stops.</summary>
    public void Reject() => _verdict = FilterVerdict.Reject;

    internal CompiledRule Compile() => new(_condition ?? RouteMatch.Any, [.. _actions], _verdict);
}

internal sealed record CompiledRule(RouteCondition Condition, RouteAction[] Actions, FilterVerdict Verdict);

internal sealed class RoutePolicy(string name, CompiledRule[] rules, FilterVerdict otherwise) : RouteFilter
{
    public override bool DependsOnPrefix { get; } = Array.Exists(rules, r => r.Condition.DependsOnPrefix);

    public override bool DependsOnNeighbor { get; } = Array.Exists(rules, r => r.Condition.DependsOnNeighbor);

    public override FilterVerdict Apply(ref RouteContext route)
    {
        foreach (CompiledRule rule in rules)
        {
            if (!rule.Condition.Test(ref route)) continue;
            foreach (RouteAction action in rule.Actions) action(ref route);
            if (rule.Verdict != FilterVerdict.Pass) return rule.Verdict;
        }

        return otherwise;
    }

    public override string ToString() => name;
}
