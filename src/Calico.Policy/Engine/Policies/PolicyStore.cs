using System.Runtime.InteropServices;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Model;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Policies;

/// <summary>Policies, tiers and profiles as told.</summary>
internal sealed class PolicyStore(EngineState state)
{
    private readonly Dictionary<PolicyId, PolicyEntry> _policies = [];
    private readonly Dictionary<string, TierEntry> _tiers = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, PolicyFault> _rejected = [];

    public int PolicyCount => _policies.Count;

    public int TierCount => _tiers.Values.Count(t => t.Model is not null);

    /// <summary>Policies of which the newest version could not be taken at all.</summary>
    public IEnumerable<PolicyFault> Rejected => _rejected.Values;

    public IEnumerable<PolicyEntry> Policies => _policies.Values;

    public void Upsert(PolicyModel model)
    {
        if (!state.ParsedSelectors.TryGet(model.Selector, out Selector? selector, out SelectorError error))
        {
            string kept = _policies.ContainsKey(model.Id) ? "the last valid version stays in force" : "there is no telling what it selects, so it selects nothing";
            _rejected[model.Id] = new PolicyFault(model.Id.ToString(), "selector", $"{error}; {kept}");
            return;
        }

        _rejected.Remove(model.Id);
        if (_policies.TryGetValue(model.Id, out PolicyEntry? known))
        {
            if (known.Model == model) return;
            Change(known, model, selector);
            return;
        }

        PolicyEntry added = new(model, state.PolicySelectors.Acquire(selector));
        _policies.Add(model.Id, added);
        Attach(added);
    }

    public void Remove(PolicyId id)
    {
        _rejected.Remove(id);
        if (!_policies.Remove(id, out PolicyEntry? policy)) return;
        Detach(policy);
        policy.IsDeleted = true;
        state.PolicySelectors.Release(policy.Selector);
    }

    public void Upsert(TierModel model)
    {
        TierEntry tier = Tier(model.Name);
        if (tier.Model == model) return;
        tier.Model = model;
        MarkPolicies(tier);
    }

    public void RemoveTier(string name)
    {
        if (!_tiers.TryGetValue(name, out TierEntry? tier) || tier.Model is null) return;
        tier.Model = null;
        MarkPolicies(tier);
        Forget(tier);
    }

    public void Upsert(ProfileModel model) => SetProfile(model.Name, model);

    public void RemoveProfile(string name)
    {
        if (state.Profiles.Find(name) is { Model: not null }) SetProfile(name, null);
    }

    private void SetProfile(string name, ProfileModel? model)
    {
        ProfileEntry profile = state.Profiles.Get(name);
        if (profile.Model == model) return;
        List<ProfileList> lists = [];
        foreach (ProfileList list in profile.Lists) lists.Add(list);
        state.DirtyProfiles.Add(name);
        if (!state.Profiles.SetModel(profile, model)) return;
        foreach (ProfileList list in lists)
        {
            state.Classes.Remerge(list);
            foreach (LabelClass labelClass in list.Classes)
            {
                state.SetSelectors.Refresh(labelClass);
                if (labelClass.Local is not null) state.PolicySelectors.Refresh(labelClass);
            }
        }
    }

    private void Change(PolicyEntry policy, PolicyModel model, Selector selector)
    {
        bool sameSelector = policy.Selector.Text == selector.CanonicalText;
        bool samePlace = sameSelector && policy.Model.Tier == model.Tier && policy.Model.Order == model.Order && policy.Model.Types == model.Types
            && policy.Model.DoNotTrack == model.DoNotTrack && policy.Model.PreDnat == model.PreDnat && policy.Model.ApplyOnForward == model.ApplyOnForward
            && policy.Model.StagedAction == model.StagedAction;
        if (samePlace)
        {
            policy.Model = model;
            state.DirtyPolicies.Add(policy);
            return;
        }

        Detach(policy);
        policy.Model = model;
        if (!sameSelector)
        {
            SelectorEntry old = policy.Selector;
            policy.Selector = state.PolicySelectors.Acquire(selector);
            state.PolicySelectors.Release(old);
        }

        Attach(policy);
    }

    private void Attach(PolicyEntry policy)
    {
        policy.Tier = Tier(policy.Model.Tier);
        policy.Tier.Policies.Add(policy);
        policy.Selector.Policies.Add(policy);
        state.DirtyPolicies.Add(policy);
        state.MarkEndpointsOf(policy.Selector);
    }

    private void Detach(PolicyEntry policy)
    {
        policy.Tier.Policies.Remove(policy);
        Forget(policy.Tier);
        policy.Selector.Policies.Remove(policy);
        state.DirtyPolicies.Add(policy);
        state.MarkEndpointsOf(policy.Selector);
    }

    private void MarkPolicies(TierEntry tier)
    {
        foreach (PolicyEntry policy in tier.Policies) state.MarkEndpointsOf(policy.Selector);
    }

    private TierEntry Tier(string name)
    {
        ref TierEntry? tier = ref CollectionsMarshal.GetValueRefOrAddDefault(_tiers, name, out _);
        return tier ??= new TierEntry(name);
    }

    private void Forget(TierEntry tier)
    {
        if (tier.Model is null && tier.Policies.Count == 0) _tiers.Remove(tier.Name);
    }
}
