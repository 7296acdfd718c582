namespace Calico.Policy.Engine;

/// <summary>What a <see cref="PolicyEngine"/> works for.</summary>
public sealed class PolicyEngineOptions
{
    /// <summary>
    /// The node whose endpoints get policies; policies, profiles and sets that no endpoint of the node needs stay inactive.
    /// Null for the whole cluster: every endpoint counts as local.
    /// </summary>
    public string? NodeName { get; set; }
}
