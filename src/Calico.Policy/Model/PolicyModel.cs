namespace Calico.Policy.Model;

/// <summary>The directions a policy governs.</summary>
[Flags]
public enum PolicyTypes : byte
{
    /// <summary>Neither: the policy selects endpoints and has no effect.</summary>
    None = 0,

    /// <summary>Traffic to the endpoint.</summary>
    Ingress = 1,

    /// <summary>Traffic from the endpoint.</summary>
    Egress = 2,

    /// <summary>Both.</summary>
    Both = Ingress | Egress,
}

/// <summary>What a staged policy proposes (projectcalico.org/v3 <c>stagedAction</c>).</summary>
public enum StagedAction : byte
{
    /// <summary>To put the policy in force, in place of an enforced one of the same name if there is one.</summary>
    Set,

    /// <summary>To delete the enforced policy of the same name.</summary>
    Delete,

    /// <summary>Nothing: the policy collects traffic for a recommendation.</summary>
    Learn,

    /// <summary>Nothing: the recommendation was turned down.</summary>
    Ignore,
}

/// <summary>Something the engine can be told of: the base of everything in backend form.</summary>
public abstract record ModelObject;

/// <summary>A policy in backend form: selector with namespace and service-account terms folded in, rules flattened (libcalico-go <c>model.Policy</c>).</summary>
public sealed record PolicyModel : ModelObject
{
    /// <summary>The policy's identity.</summary>
    public required PolicyId Id { get; init; }

    /// <summary>The tier it belongs to.</summary>
    public string Tier { get; init; } = TierModel.DefaultTier;

    /// <summary>Position in the tier, lower first; null is last. Ties go by the text <c>name/namespace/kind</c> in byte order.</summary>
    public double? Order { get; init; }

    /// <summary>Which endpoints it applies to; empty for all.</summary>
    public string Selector { get; init; } = "all()";

    /// <summary>The directions it governs. Rules of a direction not named here are ignored.</summary>
    public PolicyTypes Types { get; init; } = PolicyTypes.Both;

    /// <summary>Rules for traffic to the endpoint, in order.</summary>
    public EquatableArray<RuleModel> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoint, in order.</summary>
    public EquatableArray<RuleModel> Egress { get; init; }

    /// <summary>Host endpoints only: before connection tracking, and accepted packets stay untracked.</summary>
    public bool DoNotTrack { get; init; }

    /// <summary>Host endpoints only: before DNAT, ingress only.</summary>
    public bool PreDnat { get; init; }

    /// <summary>Host endpoints only: applies to forwarded traffic too.</summary>
    public bool ApplyOnForward { get; init; }

    /// <summary>Keep it active on every node even where it selects no local endpoint (performance hint <c>AssumeNeededOnEveryNode</c>).</summary>
    public bool AssumeNeededOnEveryNode { get; init; }

    /// <summary>What a policy of a staged kind proposes; without meaning for the others.</summary>
    public StagedAction StagedAction { get; init; }

    /// <summary>True for the staged kinds: evaluated, never enforced.</summary>
    public bool IsStaged => Id.IsStaged;
}

/// <summary>A profile in backend form: rules for endpoints that no policy decided, and labels they inherit.</summary>
public sealed record ProfileModel : ModelObject
{
    /// <summary>The built-in profile that allows both ways.</summary>
    public const string DefaultAllowName = "projectcalico-default-allow";

    /// <summary>The profile's name, <c>kns.NAMESPACE</c> and <c>ksa.NAMESPACE.NAME</c> for those made from Kubernetes objects.</summary>
    public required string Name { get; init; }

    /// <summary>Labels that endpoints with this profile inherit unless they have the label themselves.</summary>
    public LabelMap Labels { get; init; } = LabelMap.Empty;

    /// <summary>Rules for traffic to the endpoint.</summary>
    public EquatableArray<RuleModel> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoint.</summary>
    public EquatableArray<RuleModel> Egress { get; init; }
}

/// <summary>What happens at the end of a tier to a packet that no policy of the tier decided.</summary>
public enum TierDefaultAction : byte
{
    /// <summary>Drop, if at least one enforced policy of the tier applies to the endpoint and direction.</summary>
    Deny,

    /// <summary>Go on with the next tier.</summary>
    Pass,
}

/// <summary>A tier: an ordered group of policies.</summary>
public sealed record TierModel : ModelObject
{
    /// <summary>The name of the tier that policies without one belong to.</summary>
    public const string DefaultTier = "default";

    /// <summary>The tier's name.</summary>
    public required string Name { get; init; }

    /// <summary>Position among tiers, lower first; null is last. Ties go by name.</summary>
    public double? Order { get; init; }

    /// <summary>What happens at the end of the tier.</summary>
    public TierDefaultAction DefaultAction { get; init; }
}
