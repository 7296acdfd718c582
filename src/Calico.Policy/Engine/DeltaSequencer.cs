using Calico.Collections;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Engine.Sets;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine;

/// <summary>
/// Ends a batch: works out what has changed for the receiver and puts it in the order that <see cref="PolicyEngine"/> promises.
/// </summary>
internal sealed class DeltaSequencer(EngineState state)
{
    private readonly EndpointResolver _resolver = new();
    private readonly HashSet<string> _emittedProfiles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ActiveProfile Active, List<SetUse> Uses)> _profiles = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyEntry, List<PolicyFault>> _policyFaults = [];
    private readonly Dictionary<string, List<PolicyFault>> _profileFaults = new(StringComparer.Ordinal);

    // One list for each step of the order.
    private readonly List<PolicyDelta> _newSets = [], _closing = [], _newRules = [], _leaving = [], _changedRules = [], _endpoints = [], _opening = [], _removals = [];
    private readonly HashSet<PolicyId> _changing = [];

    public int ActivePolicyCount { get; private set; }

    public IEnumerable<PolicyFault> Faults => _policyFaults.Values.Concat(_profileFaults.Values).SelectMany(f => f);

    public List<PolicyDelta> Flush()
    {
        List<PolicyDelta> setRemovals = [];
        foreach (PolicyEntry policy in state.DirtyPolicies) Sequence(policy);
        foreach (string name in state.DirtyProfiles) SequenceProfile(name);
        foreach (LocalClass local in state.DirtyClasses) Sequence(local);
        foreach (LocalEndpoint endpoint in state.DirtyEndpoints) Sequence(endpoint);
        foreach (SetEntry set in state.Sets.Dirty) Sequence(set, setRemovals);
        state.DirtyPolicies.Empty();
        state.DirtyProfiles.Empty();
        state.DirtyClasses.Empty();
        state.DirtyEndpoints.Empty();
        state.Sets.Dirty.Empty();
        _changing.Empty();
        _removals.AddRange(setRemovals);
        return Concatenate();
    }

    private List<PolicyDelta> Concatenate()
    {
        List<PolicyDelta>[] steps = [_newSets, _closing, _newRules, _leaving, _changedRules, _endpoints, _opening, _removals];
        List<PolicyDelta> all = new(steps.Sum(s => s.Count));
        foreach (List<PolicyDelta> step in steps)
        {
            all.AddRange(step);
            step.Clear();
        }

        DropRemovalsOfReturned(all);
        return all;
    }

    // What was removed and told again within the batch has its update; the removal would undo it.
    private static void DropRemovalsOfReturned(List<PolicyDelta> all)
    {
        HashSet<object> removed = [];
        foreach (PolicyDelta delta in all)
        {
            if (RemovedId(delta) is { } id) removed.Add(id);
        }

        if (removed.Count == 0) return;
        HashSet<object> returned = [];
        foreach (PolicyDelta delta in all)
        {
            object? id = delta switch
            {
                PolicyUpdate policy => policy.Policy.Id,
                WorkloadEndpointUpdate workload => workload.Endpoint.Id,
                HostEndpointUpdate host => host.Endpoint.Id,
                _ => null,
            };
            if (id is not null && removed.Contains(id)) returned.Add(id);
        }

        if (returned.Count > 0) all.RemoveAll(delta => RemovedId(delta) is { } id && returned.Contains(id));
    }

    private static object? RemovedId(PolicyDelta delta) => delta switch
    {
        PolicyRemove policy => policy.Id,
        WorkloadEndpointRemove workload => workload.Id,
        HostEndpointRemove host => host.Id,
        _ => null,
    };

    private void Sequence(PolicyEntry policy)
    {
        if (!policy.ShouldBeActive)
        {
            if (policy.SetUses is { } uses) state.Scanner.Release(uses);
            policy.SetUses = null;
            policy.Resolved = null;
            policy.ResolvedFrom = null;
            _policyFaults.Remove(policy);
            if (policy.Emitted is null) return;
            _removals.Add(new PolicyRemove(policy.Model.Id));
            policy.Emitted = null;
            ActivePolicyCount--;
            return;
        }

        if (policy.ResolvedFrom != policy.Model) Resolve(policy);
        if (policy.Resolved == policy.Emitted) return;
        if (policy.Emitted is null)
        {
            _newRules.Add(new PolicyUpdate(policy.Resolved!));
            ActivePolicyCount++;
        }
        else
        {
            _changedRules.Add(new PolicyUpdate(policy.Resolved!));
            _changing.Add(policy.Model.Id);
        }

        policy.Emitted = policy.Resolved;
    }

    private void Resolve(PolicyEntry policy)
    {
        PolicyModel model = policy.Model;
        List<SetUse>? old = policy.SetUses;
        List<SetUse> uses = policy.SetUses = [];
        List<PolicyFault> faults = [];
        string subject = model.Id.ToString();
        policy.Resolved = new ActivePolicy
        {
            Id = model.Id,
            Tier = model.Tier,
            Ingress = (model.Types & PolicyTypes.Ingress) == 0 ? [] : state.Scanner.Scan(model.Ingress, !model.IsStaged, uses, subject, "ingress", faults),
            Egress = (model.Types & PolicyTypes.Egress) == 0 ? [] : state.Scanner.Scan(model.Egress, !model.IsStaged, uses, subject, "egress", faults),
            Types = model.Types,
            Untracked = model.DoNotTrack,
            PreDnat = model.PreDnat,
            ApplyOnForward = model.ApplyOnForward,
            Selector = policy.Selector.Text,
        };
        policy.ResolvedFrom = model;
        if (faults.Count > 0) _policyFaults[policy] = faults;
        else _policyFaults.Remove(policy);
        if (old is not null) state.Scanner.Release(old);
    }

    private void SequenceProfile(string name)
    {
        ProfileEntry? entry = state.Profiles.Find(name);
        _profiles.Remove(name, out (ActiveProfile Active, List<SetUse> Uses) old);
        if (entry is { LocalUses: > 0 })
        {
            List<SetUse> uses = [];
            ActiveProfile active = entry.Model is { } model ? Resolve(model, uses) : Missing(name);
            _profiles.Add(name, (active, uses));
            if (active != old.Active)
                (_emittedProfiles.Add(name) ? _newRules : _changedRules).Add(new ProfileUpdate(active));
        }
        else
        {
            _profileFaults.Remove(name);
            if (_emittedProfiles.Remove(name)) _removals.Add(new ProfileRemove(name));
        }

        if (old.Uses is not null) state.Scanner.Release(old.Uses);
    }

    private ActiveProfile Resolve(ProfileModel model, List<SetUse> uses)
    {
        List<PolicyFault> faults = [];
        string subject = $"Profile {model.Name}";
        ActiveProfile active = new()
        {
            Name = model.Name,
            Ingress = state.Scanner.Scan(model.Ingress, true, uses, subject, "ingress", faults),
            Egress = state.Scanner.Scan(model.Egress, true, uses, subject, "egress", faults),
        };
        if (faults.Count > 0) _profileFaults[model.Name] = faults;
        else _profileFaults.Remove(model.Name);
        return active;
    }

    private static ActiveProfile Missing(string name)
    {
        ActiveRule deny = new() { Action = RuleAction.Deny };
        return new ActiveProfile { Name = name, IsMissing = true, Ingress = [deny], Egress = [deny] };
    }

    private void Sequence(LocalClass local)
    {
        bool hosts = local.Endpoints.Any(e => e.IsHost), workloads = local.Endpoints.Any(e => !e.IsHost);
        EndpointPolicies? forWorkloads = workloads ? _resolver.Resolve(local.Class, forHosts: false) : null;
        EndpointPolicies? forHosts = hosts ? _resolver.Resolve(local.Class, forHosts: true) : null;
        bool workloadsChange = forWorkloads != local.ForWorkloads, hostsChange = forHosts != local.ForHosts;
        if (workloadsChange) local.ForWorkloads = forWorkloads;
        if (hostsChange) local.ForHosts = forHosts;
        if (!workloadsChange && !hostsChange) return;
        foreach (LocalEndpoint endpoint in local.Endpoints)
        {
            if (endpoint.IsHost ? hostsChange : workloadsChange) state.DirtyEndpoints.Add(endpoint);
        }
    }

    private void Sequence(LocalEndpoint endpoint)
    {
        if (endpoint.IsDeleted)
        {
            // Without its endpoint a workload's traffic is dropped; a host's is nobody's business and passes.
            if (endpoint.EmittedModel is WorkloadEndpointModel workload) _closing.Add(new WorkloadEndpointRemove(workload.Id));
            else if (endpoint.EmittedModel is HostEndpointModel host) _removals.Insert(0, new HostEndpointRemove(host.Id));
            endpoint.EmittedModel = null;
            return;
        }

        EndpointPolicies policies = PoliciesOf(endpoint);
        if (policies.Equals(endpoint.EmittedPolicies) && endpoint.Model == endpoint.EmittedModel) return;
        List<PolicyDelta> step = LeavesChangingPolicy(endpoint.EmittedPolicies, policies) ? _leaving : _endpoints;
        step.Add(endpoint.Model is HostEndpointModel model
            ? new HostEndpointUpdate(model, policies)
            : new WorkloadEndpointUpdate((WorkloadEndpointModel)endpoint.Model, policies));
        endpoint.EmittedModel = endpoint.Model;
        endpoint.EmittedPolicies = policies;
    }

    private EndpointPolicies PoliciesOf(LocalEndpoint endpoint)
    {
        LocalClass local = endpoint.Entry.Class.Local!;
        ref EndpointPolicies? policies = ref endpoint.IsHost ? ref local.ForHosts : ref local.ForWorkloads;
        return policies ??= _resolver.Resolve(local.Class, endpoint.IsHost);
    }

    // An endpoint that loses a policy whose rules change now must never be judged by the new rules.
    private bool LeavesChangingPolicy(EndpointPolicies? before, EndpointPolicies after)
    {
        if (_changing.Count == 0 || before is null) return false;
        return Lists(before) && !Lists(after);

        bool Lists(EndpointPolicies policies) =>
            Any(policies.Tiers) || Any(policies.UntrackedTiers) || Any(policies.PreDnatTiers) || Any(policies.ForwardTiers);

        bool Any(EquatableArray<EndpointTier> tiers)
        {
            foreach (EndpointTier tier in tiers)
            {
                foreach (PolicyId id in tier.Ingress) if (_changing.Contains(id)) return true;
                foreach (PolicyId id in tier.Egress) if (_changing.Contains(id)) return true;
            }

            return false;
        }
    }

    private void Sequence(SetEntry set, List<PolicyDelta> removals)
    {
        if (set.Uses == 0)
        {
            if (set.Emitted) removals.Add(new IpSetRemove(set.Id));
            set.Emitted = false;
            state.Sets.Remove(set);
            return;
        }

        if (!set.Emitted)
        {
            _newSets.Add(new IpSetUpdate(set.Id, set.Kind, set.Members()) { Description = set.Description });
            set.Emitted = true;
            set.ForgetChanges();
            return;
        }

        if (!set.HasChanges) return;
        (List<SetMember> added, List<SetMember> removed) = set.TakeChanges();
        if (added.Count == 0 && removed.Count == 0) return;
        bool opens = set.OpeningUses > 0, closes = set.ClosingUses > 0;
        if (opens == closes)
            _opening.Add(new IpSetDelta(set.Id, added.ToEquatableArray(), removed.ToEquatableArray()));
        else
        {
            // What closes goes first: members leaving an opening set, members joining a closing one.
            if (added.Count > 0) (opens ? _opening : _closing).Add(new IpSetDelta(set.Id, added.ToEquatableArray(), []));
            if (removed.Count > 0) (opens ? _closing : _opening).Add(new IpSetDelta(set.Id, [], removed.ToEquatableArray()));
        }
    }
}
