using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Policies;

/// <summary>What has rules in force: a policy or a profile.</summary>
internal abstract class RuleOwner
{
    /// <summary>The sets its rules use, counted.</summary>
    public List<SetUse>? SetUses;

    /// <summary>The update that the receiver of the deltas has; null when it has nothing.</summary>
    public PolicyDelta? Told;

    /// <summary>False for staged policies, which decide nothing.</summary>
    public abstract bool IsEnforced { get; }
}

/// <summary>A policy or a profile that the receiver knows and that is another now.</summary>
/// <param name="Owner">Whose rules they are.</param>
/// <param name="Before">What the receiver has.</param>
/// <param name="After">What it is to have; null when nothing lists the rules any more.</param>
internal readonly record struct RuleChange(RuleOwner Owner, PolicyDelta Before, PolicyDelta? After)
{
    /// <summary>Whether packets may be judged otherwise where the rules are listed.</summary>
    public bool Matters => Owner.IsEnforced && After is not null && !RuleTransition.HaveSameRules(Before, After);
}
