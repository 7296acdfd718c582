using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Plan;

/// <summary>
/// The walks in use, each compiled once however many endpoints share it, and compiled again when something it is made of changes:
/// a policy, a profile, or the name of a set.
/// </summary>
internal sealed class WalkTable : IActiveRules
{
    private readonly RulesetState _ruleset;
    private readonly WalkCompiler _compiler;
    private readonly WalkWriter _writer;
    private readonly Dictionary<PolicyId, ActivePolicy> _policies = [];
    private readonly Dictionary<string, ActiveProfile> _profiles = [];
    private readonly Dictionary<Walk, Entry> _walks = [];
    private readonly Dictionary<object, HashSet<Entry>> _users = [];
    private readonly HashSet<Entry> _dirty = [];

    public WalkTable(RulesetState ruleset, IpSetTable sets, DataplaneOptions options)
    {
        _ruleset = ruleset;
        _compiler = new WalkCompiler(this, options.Ipv6Support);
        _writer = new WalkWriter(sets, options);
        sets.Renamed += id => MarkUsers(id);
    }

    public ActivePolicy? Policy(PolicyId id) => _policies.GetValueOrDefault(id);

    public ActiveProfile? Profile(string name) => _profiles.GetValueOrDefault(name);

    public int PolicyCount => _policies.Count;

    public IEnumerable<Walk> Walks => _walks.Keys;

    public void Put(ActivePolicy policy)
    {
        _policies[policy.Id] = policy;
        MarkUsers(policy.Id);
    }

    public void Put(ActiveProfile profile)
    {
        _profiles[profile.Name] = profile;
        MarkUsers(profile.Name);
    }

    public void Remove(PolicyId id)
    {
        _policies.Remove(id);
        MarkUsers(id);
    }

    public void RemoveProfile(string name)
    {
        _profiles.Remove(name);
        MarkUsers(name);
    }

    /// <summary>One more user of a walk; its first chain exists after the next <see cref="Compile"/>.</summary>
    public void Acquire(Walk walk)
    {
        if (!_walks.TryGetValue(walk, out Entry? entry))
        {
            _walks[walk] = entry = new Entry(walk);
            foreach (object part in entry.Parts) Use(part, entry);
            _dirty.Add(entry);
        }

        entry.Uses++;
    }

    public void Release(Walk walk)
    {
        if (!_walks.TryGetValue(walk, out Entry? entry) || --entry.Uses > 0) return;
        _walks.Remove(walk);
        _dirty.Remove(entry);
        foreach (object part in entry.Parts.Concat(entry.SetIds)) Unuse(part, entry);
        foreach (string chain in entry.Chains) _ruleset.RemoveChain(chain);
    }

    /// <summary>Writes the chains of all walks that changed.</summary>
    public void Compile()
    {
        foreach (Entry entry in _dirty) Compile(entry);
        _dirty.Clear();
    }

    private void Compile(Entry entry)
    {
        List<WalkChain> chains = _compiler.Compile(entry.Walk, entry.Walk.ChainName);
        HashSet<string> names = [], setIds = [];
        foreach (NftChain chain in _writer.Write(entry.Walk, chains))
        {
            names.Add(chain.Name);
            _ruleset.Put(chain);
        }

        foreach (PacketTerm term in chains.SelectMany(c => c.Rules).SelectMany(r => r.Terms))
        {
            if (term is AddressSetTerm { SetId: var id }) setIds.Add(id);
            else if (term is AddressPortSetTerm { SetId: var other }) setIds.Add(other);
        }

        foreach (string old in entry.Chains.Except(names)) _ruleset.RemoveChain(old);
        foreach (string old in entry.SetIds.Except(setIds)) Unuse(old, entry);
        foreach (string id in setIds) Use(id, entry);
        entry.Chains = names;
        entry.SetIds = setIds;
    }

    private void MarkUsers(object part)
    {
        if (_users.TryGetValue(part, out HashSet<Entry>? entries)) _dirty.UnionWith(entries);
    }

    private void Use(object part, Entry entry)
    {
        if (!_users.TryGetValue(part, out HashSet<Entry>? entries)) _users[part] = entries = [];
        entries.Add(entry);
    }

    private void Unuse(object part, Entry entry)
    {
        if (_users.TryGetValue(part, out HashSet<Entry>? entries) && entries.Remove(entry) && entries.Count == 0) _users.Remove(part);
    }

    private sealed class Entry(Walk walk)
    {
        public Walk Walk { get; } = walk;

        public int Uses { get; set; }

        public HashSet<string> Chains { get; set; } = [];

        public HashSet<string> SetIds { get; set; } = [];

        public List<object> Parts { get; } = [.. walk.Tiers.SelectMany(t => t.Policies).Select(p => (object)p), .. walk.Profiles];
    }
}
