namespace Calico.Dataplane;

/// <summary>What of ours someone else has changed in the kernel.</summary>
[Flags]
public enum ForeignChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Our table.</summary>
    Ruleset = 1,

    /// <summary>Routes that bear our protocol number.</summary>
    Routes = 2,
}
