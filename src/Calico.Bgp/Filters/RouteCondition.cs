namespace Calico.Bgp;

/// <summary>A test of a route.</summary>
/// <param name="route">The route.</param>
/// <returns>Whether it holds.</returns>
public delegate bool RoutePredicate(ref RouteContext route);

/// <summary>A change of a route.</summary>
/// <param name="route">The route.</param>
public delegate void RouteAction(ref RouteContext route);

/// <summary>A test that knows what it depends on; combine tests with <c>&amp;</c>, <c>|</c> and <c>!</c>.</summary>
public sealed class RouteCondition
{
    /// <summary>A test.</summary>
    /// <param name="test">Must be pure.</param>
    /// <param name="dependsOnPrefix">Whether it looks at the prefix; when false, routes with equal attributes are tested together.</param>
    /// <param name="dependsOnNeighbor">Whether it looks at which neighbour is on the other end.</param>
    public RouteCondition(RoutePredicate test, bool dependsOnPrefix = true, bool dependsOnNeighbor = true)
    {
        Test = test;
        DependsOnPrefix = dependsOnPrefix;
        DependsOnNeighbor = dependsOnNeighbor;
    }

    internal RoutePredicate Test { get; }

    internal bool DependsOnPrefix { get; }

    internal bool DependsOnNeighbor { get; }

    /// <summary>Both hold.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other; not looked at when the first does not hold.</param>
    public static RouteCondition operator &(RouteCondition left, RouteCondition right) =>
        new((ref RouteContext r) => left.Test(ref r) && right.Test(ref r), left.DependsOnPrefix || right.DependsOnPrefix, left.DependsOnNeighbor || right.DependsOnNeighbor);

    /// <summary>One of them holds.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other; not looked at when the first holds.</param>
    public static RouteCondition operator |(RouteCondition left, RouteCondition right) =>
        new((ref RouteContext r) => left.Test(ref r) || right.Test(ref r), left.DependsOnPrefix || right.DependsOnPrefix, left.DependsOnNeighbor || right.DependsOnNeighbor);

    /// <summary>It does not hold.</summary>
    /// <param name="condition">The test.</param>
    public static RouteCondition operator !(RouteCondition condition) =>
        new((ref RouteContext r) => !condition.Test(ref r), condition.DependsOnPrefix, condition.DependsOnNeighbor);

    /// <summary>Both hold.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>The combined test.</returns>
    public static RouteCondition BitwiseAnd(RouteCondition left, RouteCondition right) => left & right;

    /// <summary>One of them holds.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>The combined test.</returns>
    public static RouteCondition BitwiseOr(RouteCondition left, RouteCondition right) => left | right;

    /// <summary>It does not hold.</summary>
    /// <param name="condition">The test.</param>
    /// <returns>The opposite test.</returns>
    public static RouteCondition LogicalNot(RouteCondition condition) => !condition;
}
