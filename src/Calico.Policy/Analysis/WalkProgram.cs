using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Analysis;

/// <summary>The walk of one list of tiers and profiles in one direction, as arrays of rules.</summary>
internal sealed class WalkProgram
{
    private WalkProgram(TierStep[] tiers, CompiledRule[]?[] profiles)
    {
        Tiers = tiers;
        Profiles = profiles;
    }

    public TierStep[] Tiers { get; }

    /// <summary>Rules of the profiles in order; null for one that is missing.</summary>
    public CompiledRule[]?[] Profiles { get; }

    /// <summary>A tier with at least one enforced policy for the direction.</summary>
    public readonly record struct TierStep(string Name, CompiledRule[] Rules, bool EndPasses);

    public static WalkProgram Of(CompiledCluster cluster, EquatableArray<EndpointTier> tiers, EquatableArray<string> profiles, PolicyTypes direction, bool endsPass)
    {
        List<TierStep> steps = [];
        foreach (EndpointTier tier in tiers)
        {
            PolicyId[] enforced = [.. (direction == PolicyTypes.Ingress ? tier.Ingress : tier.Egress).Where(p => !p.IsStaged)];
            if (enforced.Length == 0) continue;
            steps.Add(new TierStep(tier.Name, [.. enforced.SelectMany(p => cluster.Rules[(p, direction)])], endsPass || tier.DefaultAction == TierDefaultAction.Pass));
        }

        return new WalkProgram([.. steps], [.. profiles.Select(p => cluster.ProfileRules.GetValueOrDefault((p, direction)))]);
    }
}
