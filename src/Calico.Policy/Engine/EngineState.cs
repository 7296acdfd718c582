using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Engine.Sets;
using Calico.Policy.Model;

namespace Calico.Policy.Engine;

/// <summary>The parts of the engine that its stores share, and what the next flush has to look at.</summary>
internal sealed class EngineState : IMatchListener
{
    public EngineState()
    {
        Profiles = new ProfileTable(Texts);
        Classes = new LabelClassTable(Texts, Profiles);
        Sets = new SetRegistry(Owners, Services, Nodes);
        SetSelectors = Sets.Selectors = new SelectorIndex(MatchSlot.Sets, Texts, Classes, Profiles, this);
        PolicySelectors = new SelectorIndex(MatchSlot.Policies, Texts, Classes, Profiles, this);
        Scanner = new RuleScanner(ParsedSelectors, Sets);
    }

    public StringTable Texts { get; } = new();
    public ProfileTable Profiles { get; }
    public LabelClassTable Classes { get; }
    public AddressOwners Owners { get; } = new();
    public ServiceIndex Services { get; } = new();
    public NodeIndex Nodes { get; } = new();
    public SetRegistry Sets { get; }
    public SelectorIndex SetSelectors { get; }
    public SelectorIndex PolicySelectors { get; }
    public SelectorCache ParsedSelectors { get; } = new();
    public RuleScanner Scanner { get; }

    public HashSet<PolicyEntry> DirtyPolicies { get; } = [];
    public HashSet<LocalClass> DirtyClasses { get; } = [];
    public HashSet<LocalEndpoint> DirtyEndpoints { get; } = [];
    public HashSet<string> DirtyProfiles { get; } = new(StringComparer.Ordinal);

    public void OnMatchChanging(SelectorEntry selector, LabelClass labelClass, bool matches)
    {
        if (selector.Sets.Count > 0)
        {
            for (EndpointEntry? entry = labelClass.First; entry is not null; entry = entry.Next) Sets.Remember(selector, entry);
        }

        if (selector.Policies.Count == 0) return;
        foreach (PolicyEntry policy in selector.Policies.Items) DirtyPolicies.Add(policy);
        if (labelClass.Local is { } local) DirtyClasses.Add(local);
    }

    /// <summary>Forgets a class when nothing is in it any more.</summary>
    public void RemoveIfEmpty(LabelClass labelClass)
    {
        if (!labelClass.IsEmpty) return;
        SetSelectors.Drop(labelClass);
        Classes.Remove(labelClass);
    }

    /// <summary>Everything that a policy selects is to be ordered anew.</summary>
    public void MarkEndpointsOf(SelectorEntry selector)
    {
        foreach (LabelClass labelClass in selector.Classes)
        {
            if (labelClass.Local is { } local) DirtyClasses.Add(local);
        }
    }
}
