using System.Net;
using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>Names the interface that a next hop is reached through; null where it is unknown.</summary>
/// <param name="nextHop">The next hop.</param>
public delegate string? InterfaceResolver(IPAddress nextHop);

/// <summary>One direction and family of a Calico <c>BGPFilter</c>, compiled: the first rule whose conditions all hold decides; none: <see cref="FilterVerdict.Pass"/>.</summary>
/// <remarks>
/// The meaning is that of the BIRD functions Calico writes. So <c>Equal</c> and <c>NotEqual</c> together with a prefix length never and always match
/// (BIRD compares a prefix with a set there), a prefix length without range is ignored, and adding a community twice changes nothing.
/// </remarks>
public sealed class BgpFilter : RouteFilter
{
    private readonly BgpFilterRule[] _rules;
    private readonly InterfaceResolver? _interfaces;
    private readonly string _name;

    private BgpFilter(string name, BgpFilterRule[] rules, InterfaceResolver? interfaces)
    {
        _name = name;
        _rules = rules;
        _interfaces = interfaces;
    }

    /// <inheritdoc/>
    public override bool DependsOnNeighbor => false;

    /// <summary>Compiles rules.</summary>
    /// <param name="name">The filter's name, for errors and logs.</param>
    /// <param name="direction">Import or export, for the same.</param>
    /// <param name="isIPv6">The family the rules are for.</param>
    /// <param name="rules">The rules in order.</param>
    /// <param name="problems">Takes what is wrong. A rule that cannot be understood rejects what it may have been meant for: all that its remaining conditions match.</param>
    /// <param name="interfaces">Finds the outgoing interface of routes from peers; null: such routes match no interface.</param>
    public static BgpFilter Compile(
        string name, FilterDirection direction, bool isIPv6, IReadOnlyList<BgpFilterRuleSpec> rules, ICollection<TopologyProblem> problems, InterfaceResolver? interfaces = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(problems);
        string list = (direction == FilterDirection.Import ? "import" : "export") + (isIPv6 ? "V6" : "V4");
        BgpFilterRule[] compiled = [.. rules.Select((rule, i) => BgpFilterRule.Compile(rule, isIPv6, new ProblemSink(name, $"spec.{list}[{i}]", problems)))];
        return new BgpFilter(name, compiled, interfaces);
    }

    /// <inheritdoc/>
    public override FilterVerdict Apply(ref RouteContext route)
    {
        string? outgoing = null;
        bool resolved = false;
        foreach (BgpFilterRule rule in _rules)
        {
            if (rule.Interface is not null && !resolved)
            {
                outgoing = InterfaceOf(ref route);
                resolved = true;
            }

            if (!rule.Matches(ref route, outgoing)) continue;
            if (!rule.Accepts) return FilterVerdict.Reject;
            rule.Edit(ref route);
            return FilterVerdict.Accept;
        }

        return FilterVerdict.Pass;
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    private string? InterfaceOf(ref RouteContext route)
    {
        if (route.LocalRoute is { } local) return local.Interface;
        return _interfaces is not null && route.Attributes.NextHop is { } nextHop ? _interfaces(nextHop) : null;
    }
}

/// <summary>Where problems of one rule go.</summary>
internal readonly record struct ProblemSink(string Filter, string Path, ICollection<TopologyProblem> Problems)
{
    public void Add(string field, string reason) => Problems.Add(new TopologyProblem($"BGPFilter/{Filter}", $"{Path}.{field}", reason));
}
