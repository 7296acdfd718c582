namespace Calico.Policy.Engine;

/// <summary>Counts of an engine.</summary>
public sealed record PolicyEngineStatistics
{
    /// <summary>Workload endpoints in the cluster.</summary>
    public int WorkloadEndpoints { get; init; }

    /// <summary>Host endpoints in the cluster.</summary>
    public int HostEndpoints { get; init; }

    /// <summary>Endpoints that get policies.</summary>
    public int LocalEndpoints { get; init; }

    /// <summary>Network sets.</summary>
    public int NetworkSets { get; init; }

    /// <summary>Nodes with labels or addresses known.</summary>
    public int Nodes { get; init; }

    /// <summary>Policies in the cluster.</summary>
    public int Policies { get; init; }

    /// <summary>Policies that select a local endpoint or are wanted everywhere.</summary>
    public int ActivePolicies { get; init; }

    /// <summary>Tiers.</summary>
    public int Tiers { get; init; }

    /// <summary>Profiles.</summary>
    public int Profiles { get; init; }

    /// <summary>Distinct selectors in rules of active policies.</summary>
    public int ActiveSelectors { get; init; }

    /// <summary>IP sets in use.</summary>
    public int ActiveSets { get; init; }

    /// <summary>Distinct combinations of labels and profiles.</summary>
    public int LabelClasses { get; init; }
}
