namespace Calico.Dataplane;

/// <summary>How one list of policies is laid out in the kernel. Endpoints with the same list share it.</summary>
/// <param name="Chain">The chain the walk begins at.</param>
/// <param name="Policies">Tiers with their policies, then the profiles, in order.</param>
/// <param name="Shape">Chains or maps.</param>
public sealed record PolicyLayout(string Chain, string Policies, PolicyShape Shape);
