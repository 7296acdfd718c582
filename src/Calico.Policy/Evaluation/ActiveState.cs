using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>
/// What an engine's deltas add up to. Applying a delta that does not fit what is there (a member removed that is not in the set, a policy that names a set not told of)
/// is an error: so this is also the test of an engine's promises.
/// </summary>
public sealed class ActiveState
{
    private readonly Dictionary<string, ActiveSet> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, ActivePolicy> _policies = [];
    private readonly Dictionary<string, ActiveProfile> _profiles = new(StringComparer.Ordinal);
    private readonly Dictionary<WorkloadEndpointId, WorkloadEndpointUpdate> _workloads = [];
    private readonly Dictionary<HostEndpointId, HostEndpointUpdate> _hosts = [];

    /// <summary>Sets by id.</summary>
    public IReadOnlyDictionary<string, ActiveSet> Sets => _sets;

    /// <summary>Active policies.</summary>
    public IReadOnlyDictionary<PolicyId, ActivePolicy> Policies => _policies;

    /// <summary>Active profiles, stand-ins of missing ones included.</summary>
    public IReadOnlyDictionary<string, ActiveProfile> Profiles => _profiles;

    /// <summary>Workload endpoints with what applies to them.</summary>
    public IReadOnlyDictionary<WorkloadEndpointId, WorkloadEndpointUpdate> Workloads => _workloads;

    /// <summary>Host endpoints with what applies to them.</summary>
    public IReadOnlyDictionary<HostEndpointId, HostEndpointUpdate> Hosts => _hosts;

    /// <summary>True once the engine has said that everything was told.</summary>
    public bool IsInSync { get; private set; }

    /// <summary>True when nothing is active.</summary>
    public bool IsEmpty => _sets.Count + _policies.Count + _profiles.Count + _workloads.Count + _hosts.Count == 0;

    /// <summary>Applies deltas in order.</summary>
    /// <exception cref="InvalidOperationException">A delta does not fit what is there.</exception>
    public void Apply(IEnumerable<PolicyDelta> deltas)
    {
        ArgumentNullException.ThrowIfNull(deltas);
        foreach (PolicyDelta delta in deltas) Apply(delta);
    }

    /// <summary>Applies one delta.</summary>
    /// <exception cref="InvalidOperationException">The delta does not fit what is there.</exception>
    public void Apply(PolicyDelta delta)
    {
        switch (delta)
        {
            case IpSetUpdate update:
                _sets[update.Id] = new ActiveSet(update);
                break;
            case IpSetDelta change:
                Require(_sets.TryGetValue(change.Id, out ActiveSet? set), delta, "there is no such set");
                foreach (SetMember member in change.Added) Require(set!.Add(member), delta, $"{member} is in the set already");
                foreach (SetMember member in change.Removed) Require(set!.Remove(member), delta, $"{member} is not in the set");
                break;
            case IpSetRemove remove:
                Require(_sets.Remove(remove.Id), delta, "there is no such set");
                Require(!RulesInForce().Any(rule => rule.SetIds().Contains(remove.Id)), delta, "a rule still uses it");
                break;
            case PolicyUpdate update:
                RequireSets(update.Policy.Ingress, delta);
                RequireSets(update.Policy.Egress, delta);
                _policies[update.Policy.Id] = update.Policy;
                break;
            case PolicyRemove remove:
                Require(_policies.Remove(remove.Id), delta, "there is no such policy");
                Require(!Listed().SelectMany(TiersOf).Any(t => t.Ingress.Contains(remove.Id) || t.Egress.Contains(remove.Id)), delta, "an endpoint still lists it");
                break;
            case ProfileUpdate update:
                RequireSets(update.Profile.Ingress, delta);
                RequireSets(update.Profile.Egress, delta);
                _profiles[update.Profile.Name] = update.Profile;
                break;
            case ProfileRemove remove:
                Require(_profiles.Remove(remove.Name), delta, "there is no such profile");
                Require(!Listed().Any(e => e.Profiles.Contains(remove.Name)), delta, "an endpoint still lists it");
                break;
            case WorkloadEndpointUpdate update:
                RequireListed(update.Policies, delta);
                _workloads[update.Endpoint.Id] = update;
                break;
            case WorkloadEndpointRemove remove:
                Require(_workloads.Remove(remove.Id), delta, "there is no such endpoint");
                break;
            case HostEndpointUpdate update:
                RequireListed(update.Policies, delta);
                _hosts[update.Endpoint.Id] = update;
                break;
            case HostEndpointRemove remove:
                Require(_hosts.Remove(remove.Id), delta, "there is no such endpoint");
                break;
            case InSync:
                IsInSync = true;
                break;
        }
    }

    private IEnumerable<EndpointPolicies> Listed() => _workloads.Values.Select(w => w.Policies).Concat(_hosts.Values.Select(h => h.Policies));

    private IEnumerable<ActiveRule> RulesInForce() =>
        _policies.Values.SelectMany(p => p.Ingress.Concat(p.Egress)).Concat(_profiles.Values.SelectMany(p => p.Ingress.Concat(p.Egress)));

    private void RequireSets(EquatableArray<ActiveRule> rules, PolicyDelta delta)
    {
        foreach (ActiveRule rule in rules)
        {
            foreach (string id in rule.SetIds()) Require(_sets.ContainsKey(id), delta, $"set {id} has not been told of");
        }
    }

    private void RequireListed(EndpointPolicies policies, PolicyDelta delta)
    {
        foreach (EndpointTier tier in TiersOf(policies))
        {
            foreach (PolicyId id in tier.Ingress.Concat(tier.Egress)) Require(_policies.ContainsKey(id), delta, $"{id} has not been told of");
        }

        foreach (string profile in policies.Profiles) Require(_profiles.ContainsKey(profile), delta, $"profile {profile} has not been told of");
    }

    private static IEnumerable<EndpointTier> TiersOf(EndpointPolicies policies) =>
        policies.Tiers.Concat(policies.UntrackedTiers).Concat(policies.PreDnatTiers).Concat(policies.ForwardTiers);

    private static void Require(bool holds, PolicyDelta delta, string message)
    {
        if (!holds) throw new InvalidOperationException($"{delta}: {message}");
    }
}

/// <summary>A set as the deltas made it.</summary>
public sealed class ActiveSet
{
    private readonly SortedSet<SetMember> _members;

    /// <summary>Makes the set that an update tells of.</summary>
    public ActiveSet(IpSetUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        Id = update.Id;
        Kind = update.Kind;
        Description = update.Description;
        _members = [.. update.Members];
    }

    /// <summary>The set's id.</summary>
    public string Id { get; }

    /// <summary>What its members are.</summary>
    public IpSetKind Kind { get; }

    /// <summary>What it stands for, for people.</summary>
    public string Description { get; }

    /// <summary>The members in order.</summary>
    public IReadOnlyCollection<SetMember> Members => _members;

    internal bool ContainsAddress(IpPrefix address)
    {
        if (_members.Contains(new SetMember(address))) return true;
        foreach (SetMember member in _members)
        {
            if (!member.Prefix.IsHost && member.Prefix.Contains(address)) return true;
        }

        return false;
    }

    internal bool ContainsMember(SetMember member) => _members.Contains(member);

    internal bool Add(SetMember member) => _members.Add(member);

    internal bool Remove(SetMember member) => _members.Remove(member);
}
