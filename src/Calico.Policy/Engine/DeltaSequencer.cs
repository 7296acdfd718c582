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
/// <remarks>
/// A set used only to allow, or only to deny, changes in two steps: what closes comes early, what opens late. All else is a turning point: an endpoint's new list, other rules,
/// a set that is used both ways. One turning point leads from what was to what is to be at once. Where there are several, rules and sets among them go by way of
/// <see cref="RuleTransition"/>: first rules that let through only what both states let through, then all else in any order, then the final rules.
/// </remarks>
internal sealed class DeltaSequencer(EngineState state, bool oneTransaction)
{
    private readonly EndpointResolver _resolver = new();
    private readonly ActiveRules _rules = new(state);
    private readonly List<SetChange> _setChanges = [];

    // One list for each step of the order; new rules come after what closes, the removal of rules last but one.
    private readonly List<PolicyDelta> _newSets = [], _onTheWay = [], _closing = [], _changedRules = [], _turningSets = [], _endpoints = [], _opening = [], _finalRules = [], _removals = [];
    private readonly List<PolicyDelta> _setRemovals = [];

    public int ActivePolicyCount => _rules.PolicyCount;

    public IEnumerable<PolicyFault> Faults => _rules.Faults;

    public List<PolicyDelta> Flush()
    {
        foreach (PolicyEntry policy in state.DirtyPolicies) _rules.Sequence(policy);
        foreach (string name in state.DirtyProfiles) _rules.SequenceProfile(name);
        foreach (LocalClass local in state.DirtyClasses) Sequence(local);
        foreach (LocalEndpoint endpoint in state.DirtyEndpoints) Sequence(endpoint);
        foreach (SetEntry set in state.Sets.Dirty) Sequence(set);
        state.DirtyPolicies.Empty();
        state.DirtyProfiles.Empty();
        state.DirtyClasses.Empty();
        state.DirtyEndpoints.Empty();
        state.Sets.Dirty.Empty();
        _rules.Settle();
        OrderRulesAndSets();
        return Concatenate();
    }

    private void OrderRulesAndSets()
    {
        HashSet<string> contested = SetsOfChangedRules();
        List<SetChange> turning = [];
        foreach (SetChange change in _setChanges)
        {
            if (change.Set.IsUsedBothWays || contested.Contains(change.Set.Id)) turning.Add(change);
            else Split(change);
        }

        int turningPoints = turning.Count + _rules.Changes.Count(c => c.Matters);
        if (!oneTransaction && turningPoints > 0 && turningPoints + _endpoints.Count > 1) GoByTheWay(turning);
        foreach (SetChange change in turning) _turningSets.Add(change.Whole);
        foreach (RuleChange change in _rules.Changes)
        {
            if (change.After is { } after) (_onTheWay.Count > 0 ? _finalRules : _changedRules).Add(after);
        }
    }

    // A set may serve one purpose in the old rules and another in the new ones.
    private HashSet<string> SetsOfChangedRules()
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        if (_setChanges.Count == 0) return ids;
        foreach (RuleChange change in _rules.Changes)
        {
            if (!change.Owner.IsEnforced || (change.After is not null && !change.Matters)) continue;
            ids.UnionWith(RuleTransition.SetsOf(change.Before));
            if (change.After is not null) ids.UnionWith(RuleTransition.SetsOf(change.After));
        }

        return ids;
    }

    private void GoByTheWay(List<SetChange> turning)
    {
        Dictionary<string, MovingMembers> moving = new(StringComparer.Ordinal);
        HashSet<PolicyDelta?> news = new(_rules.New.Concat(_rules.Changes.Select(c => c.After)), ReferenceEqualityComparer.Instance);
        Dictionary<RuleOwner, RuleChange> changes = _rules.Changes.Where(c => c.Owner.IsEnforced).ToDictionary(c => c.Owner);
        foreach (SetChange change in turning)
        {
            SetEntry set = change.Set;
            MovingMembers members = new($"moving:{set.Id}", set.Kind);
            moving.Add(set.Id, members);
            _newSets.Add(new IpSetUpdate(members.SetId, set.Kind, change.Added.Concat(change.Removed).Order().ToEquatableArray()) { Description = $"changing members of {set.Description}" });
            _setRemovals.Add(new IpSetRemove(members.SetId));
            foreach (RuleOwner user in set.Users)
            {
                // What is new is listed only after the sets have changed; what changes is in the list already, perhaps by an owner that went and came back.
                if (user.Told is { } told && !news.Contains(told)) changes.TryAdd(user, new RuleChange(user, told, told));
            }
        }

        foreach (RuleChange change in changes.Values)
        {
            PolicyDelta last = change.After ?? change.Before, between = RuleTransition.Between(change.Before, last, moving);
            if (RuleTransition.HaveSameRules(change.Before, between)) continue;
            _onTheWay.Add(between);
            if (ReferenceEquals(change.After, change.Before)) _finalRules.Add(last);
        }
    }

    // What closes goes first: members leaving a set that opens, members joining one that closes.
    private void Split(SetChange change)
    {
        bool closes = change.Set.ClosingUses > 0;
        if (change.Added.Count > 0) (closes ? _closing : _opening).Add(new IpSetDelta(change.Set.Id, change.Added, []));
        if (change.Removed.Count > 0) (closes ? _opening : _closing).Add(new IpSetDelta(change.Set.Id, [], change.Removed));
    }

    private List<PolicyDelta> Concatenate()
    {
        List<PolicyDelta>[] steps = [_newSets, _onTheWay, _closing, _rules.New, _changedRules, _turningSets, _endpoints, _opening, _finalRules, _removals, _rules.Removals, _setRemovals];
        List<PolicyDelta> all = new(steps.Sum(s => s.Count));
        foreach (List<PolicyDelta> step in steps)
        {
            all.AddRange(step);
            step.Clear();
        }

        _rules.Clear();
        _setChanges.Clear();
        DropRemovalsOfReturned(all);
        return all;
    }

    // An endpoint that went and came back within the batch has its update; the removal would undo it.
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
        WorkloadEndpointRemove workload => workload.Id,
        HostEndpointRemove host => host.Id,
        _ => null,
    };

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
            else if (endpoint.EmittedModel is HostEndpointModel host) _removals.Add(new HostEndpointRemove(host.Id));
            endpoint.EmittedModel = null;
            return;
        }

        EndpointPolicies policies = PoliciesOf(endpoint);
        if (policies.Equals(endpoint.EmittedPolicies) && endpoint.Model == endpoint.EmittedModel) return;
        _endpoints.Add(endpoint.Model is HostEndpointModel model
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

    private void Sequence(SetEntry set)
    {
        if (set.Uses == 0)
        {
            if (set.Emitted) _setRemovals.Add(new IpSetRemove(set.Id));
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
        if (added.Count + removed.Count > 0) _setChanges.Add(new SetChange(set, added.ToEquatableArray(), removed.ToEquatableArray()));
    }

    private readonly record struct SetChange(SetEntry Set, EquatableArray<SetMember> Added, EquatableArray<SetMember> Removed)
    {
        public IpSetDelta Whole => new(Set.Id, Added, Removed);
    }
}
