using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Compile;

/// <summary>Where a list of policies is walked: it decides the direction of the rules and what Allow does.</summary>
internal enum WalkKind : byte
{
    WorkloadEgress,
    WorkloadIngress,
    HostIngress,
    HostEgress,
    ForwardIngress,
    ForwardEgress,
    PreDnat,
    UntrackedIngress,
    UntrackedEgress,
}

internal static class WalkKinds
{
    extension(WalkKind kind)
    {
        public bool IsIngress => kind is WalkKind.WorkloadIngress or WalkKind.HostIngress or WalkKind.ForwardIngress or WalkKind.PreDnat or WalkKind.UntrackedIngress;

        /// <summary>Whether tiers end as their default action says and profiles follow.</summary>
        public bool EndsInProfiles => kind is WalkKind.WorkloadEgress or WalkKind.WorkloadIngress or WalkKind.HostIngress or WalkKind.HostEgress;

        public bool HasTierEnd => kind is not (WalkKind.PreDnat or WalkKind.UntrackedIngress or WalkKind.UntrackedEgress);

        /// <summary>The side of a packet that is not the endpoint itself.</summary>
        public Side RemoteSide => kind.IsIngress ? Side.Source : Side.Destination;

        public string ChainPrefix => kind switch
        {
            WalkKind.WorkloadEgress => "from-wl-",
            WalkKind.WorkloadIngress => "to-wl-",
            WalkKind.HostIngress => "from-host-",
            WalkKind.HostEgress => "to-host-",
            WalkKind.ForwardIngress => "fwd-from-host-",
            WalkKind.ForwardEgress => "fwd-to-host-",
            WalkKind.PreDnat => "prednat-",
            WalkKind.UntrackedIngress => "untracked-from-",
            _ => "untracked-to-",
        };
    }
}

/// <summary>A tier in one direction.</summary>
internal readonly record struct WalkTier(string Name, TierDefaultAction DefaultAction, EquatableArray<PolicyId> Policies);

/// <summary>What an endpoint's packets of one kind are held against. Endpoints with equal walks share chains and maps.</summary>
internal sealed record Walk(WalkKind Kind, EquatableArray<WalkTier> Tiers, EquatableArray<string> Profiles)
{
    /// <summary>The chain that starts the walk: a short hash of the content, so that equal walks meet and a restart finds the same names.</summary>
    public string ChainName => field ??= Kind.ChainPrefix + Hash.Short(Describe());

    public static Walk Of(WalkKind kind, EquatableArray<EndpointTier> tiers, EquatableArray<string> profiles)
    {
        List<WalkTier> relevant = [];
        foreach (EndpointTier tier in tiers)
        {
            EquatableArray<PolicyId> policies = kind.IsIngress ? tier.Ingress : tier.Egress;
            if (!policies.IsEmpty) relevant.Add(new WalkTier(tier.Name, kind.HasTierEnd ? tier.DefaultAction : TierDefaultAction.Pass, policies));
        }

        return new Walk(kind, relevant.ToEquatableArray(), kind.EndsInProfiles ? profiles : default);
    }

    /// <summary>The walk in a line of text, for comments and hashes.</summary>
    public string Describe()
    {
        IEnumerable<string> tiers = Tiers.Select(t => $"{t.Name}/{t.DefaultAction}: {string.Join(", ", (IEnumerable<PolicyId>)t.Policies)}");
        return string.Join(" | ", [.. tiers, "profiles: " + string.Join(", ", (IEnumerable<string>)Profiles)]);
    }

    public bool Equals(Walk? other) => other is not null && Kind == other.Kind && Tiers == other.Tiers && Profiles == other.Profiles;

    public override int GetHashCode() => HashCode.Combine(Kind, Tiers, Profiles);
}
