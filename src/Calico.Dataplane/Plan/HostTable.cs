using System.Net;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Plan;

/// <summary>
/// Host endpoints: which interface each one is, and that interface in the dispatch map of each stage. One with a name is that interface; one without is
/// every interface that holds one of its expected addresses; <c>*</c> is every interface nobody else claims. Of several the first id wins, however it matched.
/// </summary>
internal sealed class HostTable(RulesetState ruleset, WalkTable walks)
{
    private readonly SortedDictionary<string, Endpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<IPAddress>> _interfaces = new(StringComparer.Ordinal);
    private readonly Dictionary<WalkKind, KeyedSet> _maps = [];
    private readonly Dictionary<WalkKind, string> _wildcards = [];
    private readonly Dictionary<string, Endpoint> _shown = new(StringComparer.Ordinal);
    private bool _dirty;

    public bool Any => _endpoints.Count > 0;

    /// <summary>The map of a stage, or null when no endpoint has anything to say there.</summary>
    public string? MapOf(WalkKind kind) => _maps.TryGetValue(kind, out KeyedSet? map) ? map.Name : null;

    /// <summary>Where interfaces that no endpoint names go, or null.</summary>
    public string? WildcardOf(WalkKind kind) => _wildcards.GetValueOrDefault(kind);

    /// <summary>Which endpoint has which interface; the key <c>*</c> is the rest.</summary>
    public IEnumerable<(string Interface, HostEndpointModel Model, EndpointPolicies Policies)> Resolved => _shown.Select(s => (s.Key, s.Value.Model, s.Value.Policies));

    public void Put(HostEndpointModel model, EndpointPolicies policies)
    {
        Endpoint endpoint = new(model, policies);
        foreach (Walk walk in endpoint.Walks.Values) walks.Acquire(walk);
        Endpoint? old = _endpoints.GetValueOrDefault(model.Id.Name);
        _endpoints[model.Id.Name] = endpoint;
        Release(old);
        _dirty = true;
    }

    public void Remove(HostEndpointId id)
    {
        if (!_endpoints.Remove(id.Name, out Endpoint? old)) return;
        Release(old);
        _dirty = true;
    }

    /// <summary>An interface of the host has these addresses now; none when it is gone.</summary>
    public void SetInterface(string name, IEnumerable<IPAddress> addresses)
    {
        HashSet<IPAddress> set = [.. addresses];
        if (_interfaces.TryGetValue(name, out HashSet<IPAddress>? known) && known.SetEquals(set)) return;
        if (set.Count == 0) _interfaces.Remove(name);
        else _interfaces[name] = set;
        _dirty = true;
    }

    /// <returns>Whether the base chains have to be written again.</returns>
    public bool Resolve()
    {
        if (!_dirty) return false;
        _dirty = false;
        Dictionary<string, Endpoint> wanted = new(StringComparer.Ordinal);
        foreach (Endpoint endpoint in _endpoints.Values)
        {
            foreach (string name in InterfacesOf(endpoint.Model)) wanted.TryAdd(name, endpoint);
        }

        foreach ((string name, Endpoint old) in _shown.Except(wanted).ToList()) Hide(name, old, wanted.GetValueOrDefault(name));
        foreach ((string name, Endpoint endpoint) in wanted) Show(name, endpoint);
        foreach (WalkKind kind in _maps.Keys.ToList())
        {
            if (_maps[kind].Count == 0 && !_wildcards.ContainsKey(kind) && _maps.Remove(kind, out KeyedSet? map)) ruleset.RemoveSet(map.Name);
        }

        return true;
    }

    private IEnumerable<string> InterfacesOf(HostEndpointModel model)
    {
        if (model.InterfaceName.Length > 0) return model.InterfaceName.Length <= 15 ? [model.InterfaceName] : [];
        return _interfaces.Where(i => i.Value.Overlaps(model.ExpectedIPs)).Select(i => i.Key);
    }

    private void Show(string name, Endpoint endpoint)
    {
        _shown[name] = endpoint;
        foreach ((WalkKind kind, Walk walk) in endpoint.Walks)
        {
            if (!_maps.TryGetValue(kind, out KeyedSet? map))
            {
                _maps[kind] = map = new KeyedSet(new NftSet(kind.ChainPrefix + "endpoint", NftType.InterfaceName) { DataType = NftType.Verdict }, ruleset);
                ruleset.Put(map);
            }

            if (name == "*") _wildcards[kind] = walk.ChainName;
            else map.Put(new NftElement(NftValue.InterfaceName(name), NftVerdict.Goto(walk.ChainName)) { Comment = Comments.Fit(endpoint.Model.Id.Name) });
        }
    }

    private void Hide(string name, Endpoint old, Endpoint? next)
    {
        _shown.Remove(name);
        foreach (WalkKind kind in old.Walks.Keys)
        {
            if (next is not null && next.Walks.ContainsKey(kind)) continue;
            if (name == "*") _wildcards.Remove(kind);
            else _maps[kind].Delete(NftValue.InterfaceName(name));
        }
    }

    private void Release(Endpoint? endpoint)
    {
        foreach (Walk walk in endpoint?.Walks.Values ?? Enumerable.Empty<Walk>()) walks.Release(walk);
    }

    private sealed class Endpoint(HostEndpointModel model, EndpointPolicies policies)
    {
        public HostEndpointModel Model { get; } = model;

        public EndpointPolicies Policies { get; } = policies;

        /// <summary>The stages at which the endpoint has something to say. Forwarded traffic without forward policy is none of its business.</summary>
        public Dictionary<WalkKind, Walk> Walks { get; } = AllWalks(model, policies);

        private static Dictionary<WalkKind, Walk> AllWalks(HostEndpointModel model, EndpointPolicies policies)
        {
            Dictionary<WalkKind, Walk> walks = [];
            Add(WalkKind.HostIngress, policies.Tiers, always: true);
            Add(WalkKind.HostEgress, policies.Tiers, always: true);
            Add(WalkKind.ForwardIngress, policies.ForwardTiers, always: false);
            Add(WalkKind.ForwardEgress, policies.ForwardTiers, always: false);
            Add(WalkKind.PreDnat, policies.PreDnatTiers, always: false);
            if (model.IsAllInterfaces) return walks; // doNotTrack is not supported there
            Add(WalkKind.UntrackedIngress, policies.UntrackedTiers, always: false);
            Add(WalkKind.UntrackedEgress, policies.UntrackedTiers, always: false);
            return walks;

            void Add(WalkKind kind, EquatableArray<EndpointTier> tiers, bool always)
            {
                Walk walk = Walk.Of(kind, tiers, policies.Profiles);
                if (always || !walk.Tiers.IsEmpty) walks[kind] = walk;
            }
        }
    }
}
