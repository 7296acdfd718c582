using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Engine.Labels;

namespace Calico.Policy.Engine.Policies;

/// <summary>The policies and profiles in force, their rules resolved to sets, and how they change in a batch.</summary>
internal sealed class ActiveRules(EngineState state)
{
    private readonly Dictionary<string, ProfileRules> _profiles = new(StringComparer.Ordinal);
    private readonly Dictionary<RuleOwner, List<PolicyFault>> _faults = [];

    public int PolicyCount { get; private set; }

    public IEnumerable<PolicyFault> Faults => _faults.Values.SelectMany(f => f);

    /// <summary>Policies and profiles the receiver has not been told of.</summary>
    public List<PolicyDelta> New { get; } = [];

    /// <summary>Those it knows otherwise, or that are to go.</summary>
    public List<RuleChange> Changes { get; } = [];

    public List<PolicyDelta> Removals { get; } = [];

    public void Sequence(PolicyEntry policy)
    {
        if (!policy.ShouldBeActive)
        {
            Withdraw(policy, new PolicyRemove(policy.Model.Id));
            policy.ResolvedFrom = null;
            return;
        }

        if (policy.ResolvedFrom == policy.Model) return;
        ActivePolicy resolved = Resolve(policy);
        policy.ResolvedFrom = policy.Model;
        if (policy.Told is PolicyUpdate { Policy: var told } && told == resolved) return;
        Tell(policy, new PolicyUpdate(resolved));
    }

    public void SequenceProfile(string name)
    {
        ProfileEntry? entry = state.Profiles.Find(name);
        if (entry is not { LocalUses: > 0 })
        {
            if (_profiles.Remove(name, out ProfileRules? gone)) Withdraw(gone, new ProfileRemove(name));
            return;
        }

        if (!_profiles.TryGetValue(name, out ProfileRules? rules)) _profiles.Add(name, rules = new ProfileRules());
        ActiveProfile resolved = Resolve(rules, entry.Model ?? Missing(name)) with { IsMissing = entry.Model is null };
        if (rules.Told is ProfileUpdate { Profile: var told } && told == resolved) return;
        Tell(rules, new ProfileUpdate(resolved));
    }

    /// <summary>All of the batch is in. What was taken away and told again within it has changed, no more.</summary>
    public void Settle()
    {
        if (New.Count == 0 || Removals.Count == 0) return;
        Dictionary<PolicyId, PolicyUpdate> returned = New.OfType<PolicyUpdate>().ToDictionary(u => u.Policy.Id);
        HashSet<PolicyId> settled = [];
        for (int i = 0; i < Changes.Count; i++)
        {
            if (Changes[i] is not { Before: PolicyUpdate { Policy.Id: var id }, After: null } || !returned.TryGetValue(id, out PolicyUpdate? now)) continue;
            Changes[i] = Changes[i] with { After = now };
            settled.Add(id);
        }

        if (settled.Count == 0) return;
        New.RemoveAll(update => update is PolicyUpdate { Policy.Id: var id } && settled.Contains(id));
        Removals.RemoveAll(removal => removal is PolicyRemove { Id: var id } && settled.Contains(id));
    }

    /// <summary>Ends the batch.</summary>
    public void Clear()
    {
        New.Clear();
        Changes.Clear();
        Removals.Clear();
    }

    private void Tell(RuleOwner owner, PolicyDelta update)
    {
        if (owner.Told is { } before) Changes.Add(new RuleChange(owner, before, update));
        else
        {
            New.Add(update);
            if (owner is PolicyEntry) PolicyCount++;
        }

        owner.Told = update;
    }

    private void Withdraw(RuleOwner owner, PolicyDelta removal)
    {
        Exchange(owner, null);
        _faults.Remove(owner);
        if (owner.Told is not { } told) return;
        Changes.Add(new RuleChange(owner, told, null));
        Removals.Add(removal);
        owner.Told = null;
        if (owner is PolicyEntry) PolicyCount--;
    }

    private ActivePolicy Resolve(PolicyEntry policy)
    {
        PolicyModel model = policy.Model;
        List<SetUse> uses = [];
        List<PolicyFault> faults = [];
        string subject = model.Id.ToString();
        ActivePolicy resolved = new()
        {
            Id = model.Id,
            Tier = model.Tier,
            Ingress = (model.Types & PolicyTypes.Ingress) == 0 ? [] : state.Scanner.Scan(model.Ingress, policy.IsEnforced, uses, subject, "ingress", faults),
            Egress = (model.Types & PolicyTypes.Egress) == 0 ? [] : state.Scanner.Scan(model.Egress, policy.IsEnforced, uses, subject, "egress", faults),
            Types = model.Types,
            Untracked = model.DoNotTrack,
            PreDnat = model.PreDnat,
            ApplyOnForward = model.ApplyOnForward,
            Selector = policy.Selector.Text,
        };
        Exchange(policy, uses);
        SetFaults(policy, faults);
        return resolved;
    }

    private ActiveProfile Resolve(ProfileRules rules, ProfileModel model)
    {
        List<SetUse> uses = [];
        List<PolicyFault> faults = [];
        string subject = $"Profile {model.Name}";
        ActiveProfile resolved = new()
        {
            Name = model.Name,
            Ingress = state.Scanner.Scan(model.Ingress, true, uses, subject, "ingress", faults),
            Egress = state.Scanner.Scan(model.Egress, true, uses, subject, "egress", faults),
        };
        Exchange(rules, uses);
        SetFaults(rules, faults);
        return resolved;
    }

    private static ProfileModel Missing(string name)
    {
        RuleModel deny = new() { Action = RuleAction.Deny };
        return new ProfileModel { Name = name, Ingress = [deny], Egress = [deny] };
    }

    private void SetFaults(RuleOwner owner, List<PolicyFault> faults)
    {
        if (faults.Count > 0) _faults[owner] = faults;
        else _faults.Remove(owner);
    }

    private void Exchange(RuleOwner owner, List<SetUse>? uses)
    {
        List<SetUse>? old = owner.SetUses;
        owner.SetUses = uses;
        if (old is not null)
        {
            foreach (SetUse use in old) use.Set.Users.Remove(owner);
        }

        if (uses is not null && owner.IsEnforced)
        {
            foreach (SetUse use in uses) use.Set.Users.Add(owner);
        }

        if (old is not null) state.Scanner.Release(old);
    }

    private sealed class ProfileRules : RuleOwner
    {
        public override bool IsEnforced => true;
    }
}
