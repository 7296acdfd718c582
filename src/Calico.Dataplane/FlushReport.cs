namespace Calico.Dataplane;

/// <summary>What one flush did to the kernel.</summary>
/// <param name="RulesetChanges">Changes committed to our table; 0 when it was right already.</param>
/// <param name="RoutesPut">Routes added or replaced.</param>
/// <param name="RoutesDeleted">Routes deleted.</param>
/// <param name="Problems">What could not be done, each naming its object; it is tried again at the next resync.</param>
public sealed record FlushReport(int RulesetChanges, int RoutesPut, int RoutesDeleted, IReadOnlyList<string> Problems)
{
    /// <summary>Nothing was to be done.</summary>
    public static FlushReport Nothing { get; } = new(0, 0, 0, []);

    /// <summary>Whether the kernel was right already.</summary>
    public bool IsNothing => RulesetChanges == 0 && RoutesPut == 0 && RoutesDeleted == 0 && Problems.Count == 0;
}
