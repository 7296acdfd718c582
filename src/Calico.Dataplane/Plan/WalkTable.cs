using Calico.Collections;
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
    private readonly IpSetTable _sets;
    private readonly DataplaneOptions _options;
    private readonly Dictionary<PolicyId, ActivePolicy> _policies = [];
    private readonly Dictionary<string, ActiveProfile> _profiles = [];
    private readonly Dictionary<Walk, Entry> _walks = [];
    private readonly Dictionary<object, HashSet<Entry>> _users = [];
    private readonly HashSet<Entry> _dirty = [];
    private readonly HashSet<Entry> _touched = [];

    public WalkTable(RulesetState ruleset, IpSetTable sets, DataplaneOptions options)
    {
        _ruleset = ruleset;
        _compiler = new WalkCompiler(this, options.Ipv6Support, options.DomainNames);
        _writer = new WalkWriter(sets, options);
        (_sets, _options) = (sets, options);
        sets.Renamed += id => MarkUsers(id);
        sets.MemberChanged += MemberChanged;
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

    /// <summary>One more user of a walk; its first chain exists after the next <see cref="Compile()"/>.</summary>
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
        _touched.Remove(entry);
        foreach (object part in entry.Parts.Concat(entry.SetIds)) Unuse(part, entry);
        foreach (string chain in entry.Chains) _ruleset.RemoveChain(chain);
        entry.Maps?.Remove();
        entry.Test([], _sets);
    }

    /// <summary>Writes the chains of all walks that changed.</summary>
    public void Compile()
    {
        foreach (Entry entry in _dirty) Compile(entry);
        foreach (Entry entry in _touched)
        {
            if (entry.Maps?.Settle() != true) continue;
            if (!entry.Maps.FitsBudget(_options.MaxMapElements)) Compile(entry);
        }

        _dirty.Empty();
        _touched.Empty();
    }

    /// <summary>The rule of a walk that decides about a new connection, or null when none does.</summary>
    public WalkRule? Decide(Walk walk, in FlowKey flow) => _walks.TryGetValue(walk, out Entry? entry) ? new FlowJudge(_sets).Decide(entry.Whole, flow) : null;

    /// <summary>The shape each walk has now, for people.</summary>
    public IEnumerable<PolicyLayout> Layouts => _walks.Values.Select(LayoutOf);

    public PolicyLayout LayoutOf(Walk walk) => LayoutOf(_walks[walk]);

    private static PolicyLayout LayoutOf(Entry entry) => new(
        entry.Walk.ChainName, entry.Walk.Describe(), entry.Maps is null ? PolicyShape.Chains : PolicyShape.Maps, entry.Reason, entry.Whole.Sum(c => c.Rules.Count), entry.Maps?.Elements ?? 0);

    private void Compile(Entry entry)
    {
        List<WalkChain> chains = _compiler.Compile(entry.Walk, entry.Walk.ChainName);
        entry.Whole = chains;
        HashSet<string> told = [.. SetsOf(chains)];
        foreach (string id in told) Use(id, entry);
        foreach (string old in entry.SetIds.Except(told)) Unuse(old, entry);
        entry.SetIds = told;
        bool wanted = WantsMaps(entry, chains);
        if (wanted && !MapsShape.MayFit(told, _sets, _options))
        {
            wanted = false;
            entry.Reason = $"a set has more addresses than MaxMapElements {_options.MaxMapElements}";
        }

        if (wanted) WriteMaps(entry, chains);
        else DropMaps(entry);
        if (entry.Maps is null) WriteChains(entry, chains);
    }

    /// <summary>Maps cost a few lookups whatever there is; a rule costs one that it is walked past.</summary>
    private bool WantsMaps(Entry entry, List<WalkChain> chains)
    {
        int rules = Replaceable(entry.Walk, chains), most = _options.Shape == PolicyShape.Maps ? 0 : _options.MaxChainRules;
        bool wanted = _options.Shape != PolicyShape.Chains && rules > most;
        entry.Reason = _options.Shape switch
        {
            PolicyShape.Chains => "option Shape is Chains",
            PolicyShape.Maps when wanted => "option Shape is Maps",
            PolicyShape.Maps => "no rule that a map could replace",
            _ => $"{rules} rules about addresses, protocols and ports, {(wanted ? "more than" : "at most")} MaxChainRules {most}",
        };
        return wanted;
    }

    /// <summary>Rules that maps spare a packet: those about remote addresses, protocols and ports.</summary>
    private static int Replaceable(Walk walk, List<WalkChain> chains) =>
        chains.Sum(c => c.Rules.Count(r => PortVerdicts.Fits(r) || r.Terms.Any(t => MapsShape.IsCondition(walk, t))));

    private void WriteMaps(Entry entry, List<WalkChain> chains)
    {
        MapsShape maps = entry.Maps ?? new MapsShape(entry.Walk, chains, _ruleset, _compiler, _writer, _sets, _options);
        if (entry.Maps is not null) maps.Compile(chains);
        if (!maps.FitsBudget(_options.MaxMapElements))
        {
            entry.Reason = $"maps would take {maps.Elements} elements (MaxMapElements {_options.MaxMapElements}) and {maps.Classes} classes of addresses (at most {MapsShape.MaxClasses})";
            entry.Maps = maps;
            DropMaps(entry);
            return;
        }

        foreach (string old in entry.Chains) if (old != entry.Walk.ChainName) _ruleset.RemoveChain(old);
        entry.Chains = [];
        entry.Maps = maps;
        maps.Rewrite();
        entry.Test(entry.SetIds, _sets);
    }

    private static void DropMaps(Entry entry)
    {
        entry.Maps?.Remove();
        entry.Maps = null;
    }

    private void WriteChains(Entry entry, List<WalkChain> chains)
    {
        HashSet<string> names = [];
        foreach (NftChain chain in _writer.Write(entry.Walk, chains))
        {
            names.Add(chain.Name);
            _ruleset.Put(chain);
        }

        foreach (string old in entry.Chains.Except(names)) _ruleset.RemoveChain(old);
        entry.Chains = names;
        entry.Test(entry.SetIds, _sets);
    }

    private void MemberChanged(string setId, Net.IpPrefix member)
    {
        if (!_users.TryGetValue(setId, out HashSet<Entry>? entries)) return;
        foreach (Entry entry in entries)
        {
            if (entry.Maps is null) continue;
            entry.Maps.MemberChanged(setId, member);
            _touched.Add(entry);
        }
    }

    internal static IEnumerable<string> SetsOf(IEnumerable<WalkChain> chains)
    {
        foreach (PacketTerm term in chains.SelectMany(c => c.Rules).SelectMany(r => r.Terms))
        {
            if (term is AddressSetTerm addresses) yield return addresses.SetId;
            else if (term is AddressPortSetTerm ports) yield return ports.SetId;
        }
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

        /// <summary>Sets whose members matter to the walk.</summary>
        public HashSet<string> SetIds { get; set; } = [];

        /// <summary>The rules in order, whatever their shape in the kernel.</summary>
        public IReadOnlyList<WalkChain> Whole { get; set; } = [];

        /// <summary>Why the shape is what it is.</summary>
        public string Reason { get; set; } = "";

        /// <summary>The maps, when that is the walk's shape.</summary>
        public MapsShape? Maps { get; set; }

        private HashSet<string> _tested = [];

        /// <summary>These sets have to be in the kernel for the walk.</summary>
        public void Test(HashSet<string> setIds, IpSetTable sets)
        {
            foreach (string id in setIds.Except(_tested)) sets.Reference(id, +1);
            foreach (string id in _tested.Except(setIds)) sets.Reference(id, -1);
            _tested = setIds;
        }

        public List<object> Parts { get; } = [.. walk.Tiers.SelectMany(t => t.Policies).Select(p => (object)p), .. walk.Profiles];
    }
}
