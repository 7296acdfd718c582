using Calico.Policy.Engine.Labels;
using Calico.Policy.Model;

namespace Calico.Policy.Engine.Policies;

/// <summary>A policy with what follows from it while it is active.</summary>
internal sealed class PolicyEntry(PolicyModel model, SelectorEntry selector) : RuleOwner
{
    public PolicyModel Model = model;
    public SelectorEntry Selector = selector;
    public TierEntry Tier = null!;

    /// <summary>Breaks ties of order, in byte order.</summary>
    public string SortText => field ??= $"{Model.Id.Name}/{Model.Id.Namespace}/{Model.Id.Kind}";

    /// <summary>The model that its rules in force come from; null while it is not active.</summary>
    public PolicyModel? ResolvedFrom;
    public bool IsDeleted;

    /// <inheritdoc/>
    public override bool IsEnforced => !Model.IsStaged;

    /// <summary>Staged policies that propose nothing to enforce are not evaluated.</summary>
    public bool IsEvaluated => !Model.IsStaged || Model.StagedAction == StagedAction.Set;

    public bool ShouldBeActive => !IsDeleted && IsEvaluated && (Model.AssumeNeededOnEveryNode || Selector.Classes.Count > 0);
}

/// <summary>A tier that exists or that policies name.</summary>
internal sealed class TierEntry(string name)
{
    public string Name { get; } = name;
    public TierModel? Model;
    public readonly HashSet<PolicyEntry> Policies = [];

    public TierDefaultAction DefaultAction => Model?.DefaultAction ?? TierDefaultAction.Deny;

    /// <summary>Tiers that exist, by order (none is last), by name; then tiers that are only named.</summary>
    public static int Compare(TierEntry left, TierEntry right)
    {
        int order = (left.Model is null).CompareTo(right.Model is null);
        if (order == 0) order = PolicyOrder.Compare(left.Model?.Order, right.Model?.Order);
        return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
    }
}

/// <summary>The order in which policies are evaluated.</summary>
internal sealed class PolicyOrder : IComparer<PolicyEntry>
{
    public static PolicyOrder Instance { get; } = new();

    public static int Compare(double? left, double? right) => (left ?? double.PositiveInfinity).CompareTo(right ?? double.PositiveInfinity);

    public int Compare(PolicyEntry? x, PolicyEntry? y)
    {
        int order = ReferenceEquals(x!.Tier, y!.Tier) ? 0 : TierEntry.Compare(x.Tier, y.Tier);
        if (order == 0) order = Compare(x.Model.Order, y.Model.Order);
        return order != 0 ? order : string.CompareOrdinal(x.SortText, y.SortText);
    }
}
