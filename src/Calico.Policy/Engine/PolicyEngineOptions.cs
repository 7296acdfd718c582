namespace Calico.Policy.Engine;

/// <summary>What a <see cref="PolicyEngine"/> works for.</summary>
public sealed class PolicyEngineOptions
{
    /// <summary>
    /// The node whose endpoints get policies; policies, profiles and sets that no endpoint of the node needs stay inactive.
    /// Null for the whole cluster: every endpoint counts as local.
    /// </summary>
    public string? NodeName { get; set; }

    /// <summary>
    /// True when the receiver applies every flush as one transaction, so that nothing can be seen half-way. Then a flush holds no versions of rules that are only for the way
    /// from one state to the next. False by default.
    /// </summary>
    public bool OneTransaction { get; set; }
}
