using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Net;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Plan;

/// <summary>
/// A walk laid out so that a packet does not pay for rules about other addresses. The remote address leads by a map to its class, all addresses that the same conditions
/// of the walk hold for, and the class by a verdict map to a chain. That chain holds only the rules that can concern the class, without those conditions.
/// Single addresses are found by hash; prefixes in an interval map that is tried on a miss; what no condition names falls through to the rules for the rest.
/// </summary>
/// <remarks>
/// Invariant: for every address, the chain of its class gives the verdict the whole walk would. A class is named by the conditions it meets, so a changed
/// rule rewrites chains and leaves the maps alone, and a changed member is one element. The address maps hold numbers, not verdicts: the kernel follows every verdict of
/// a map again whenever one is added, which takes milliseconds once there are many.
/// The number is carried in the packet's mark, from one rule to the next but one; there it is 0 again. Packets that somebody else has marked go through plain chains.
/// </remarks>
internal sealed class MapsShape
{
    public const int MaxClasses = 2048;
    private readonly Walk _walk;
    private readonly RulesetState _ruleset;
    private readonly WalkCompiler _compiler;
    private readonly WalkWriter _writer;
    private readonly IpSetTable _sets;
    private readonly VerdictMaps _verdicts;
    private readonly Family[] _families;
    private readonly Dictionary<string, AddressClass> _classes = [];
    private readonly HashSet<uint> _numbers = [];
    private KeyedSet? _classMap;

    public MapsShape(Walk walk, List<WalkChain> whole, RulesetState ruleset, WalkCompiler compiler, WalkWriter writer, IpSetTable sets, DataplaneOptions options)
    {
        (_walk, _ruleset, _compiler, _writer, _sets) = (walk, ruleset, compiler, writer, sets);
        _verdicts = new VerdictMaps(walk, ruleset, writer, options.Shape == PolicyShape.Maps ? 0 : options.MaxChainRules);
        _families = options.Ipv6Support ? [new Family(this, false), new Family(this, true)] : [new Family(this, false)];
        Compile(whole);
    }

    /// <summary>Conditions on the remote address: what classes are made of.</summary>
    public static bool IsCondition(Walk walk, PacketTerm term) => term switch
    {
        AddressSetTerm t => t.Side == walk.Kind.RemoteSide,
        NetsTerm t => t.Side == walk.Kind.RemoteSide,
        _ => false,
    };

    /// <summary>A quick look before anything is built: one set alone may be too large.</summary>
    public static bool MayFit(IEnumerable<string> setIds, IpSetTable sets, DataplaneOptions options) =>
        setIds.All(id => (sets.Addresses(id, v6: false)?.Count ?? 0) <= options.MaxMapElements && (sets.Addresses(id, v6: true)?.Count ?? 0) <= options.MaxMapElements);

    public int Elements => _families.Sum(f => f.Count) + _verdicts.Count;

    public int Classes => _classes.Count;

    /// <summary>Whether the elements and classes stay within what is sensible.</summary>
    public bool FitsBudget(int maxElements) => Elements <= maxElements && Classes <= MaxClasses;

    /// <summary>The rules changed: conditions may be others, chains are written again.</summary>
    public void Compile(List<WalkChain> whole)
    {
        List<PacketTerm> conditions = [.. whole.SelectMany(c => c.Rules).SelectMany(r => r.Terms).Where(t => IsCondition(_walk, t)).Select(Positive).Distinct()];
        foreach (Family family in _families) family.SetConditions(conditions);
        foreach (AddressClass known in _classes.Values.ToList()) Write(known);
        WriteEntry();
    }

    /// <summary>Writes the first chain again; after chains of another shape had its name.</summary>
    public void Rewrite() => WriteEntry();

    public void MemberChanged(string setId, IpPrefix member)
    {
        foreach (Family family in _families)
        {
            if (family.V6 == member.IsIPv6) family.MemberChanged(setId, member);
        }
    }

    /// <summary>Finishes what member changes left to do. Called before the ruleset is applied.</summary>
    /// <returns>Whether chains or maps came or went.</returns>
    public bool Settle()
    {
        bool rebuilt = false;
        foreach (Family family in _families) rebuilt |= family.Settle();
        if (rebuilt) WriteEntry();
        bool changed = rebuilt || _classesChanged;
        _classesChanged = false;
        return changed;
    }

    public void Remove()
    {
        foreach (Family family in _families) family.Remove();
        foreach (AddressClass known in _classes.Values) RemoveChains(known);
        _classes.Clear();
        _numbers.Clear();
        foreach (string chain in _entryChains) RemoveChain(chain);
        _entryChains = [];
        if (_classMap is not null) _ruleset.RemoveSet(_classMap.Name);
        _classMap = null;
    }

    private static PacketTerm Positive(PacketTerm term) => term switch
    {
        AddressSetTerm t => t with { Negated = false },
        NetsTerm t => t with { Negated = false },
        _ => term,
    };

    private HashSet<string> _entryChains = [];
    private bool _classesChanged;

    /// <summary>The first chain: the maps, then the rules for addresses in none of them; and the plain chains.</summary>
    private void WriteEntry()
    {
        List<NftChain> chains = [.. _compiler.Compile(_walk, _walk.ChainName, terms => Residual(terms, null, null)).Select((chain, i) => _verdicts.Write(chain, first: i == 0))];
        bool hasMaps = _families.Any(f => f.HasMaps);
        if (hasMaps || _verdicts.Count > 0)
        {
            int prelude = _writer.PreludeOf(_walk.Kind).Count;
            List<WalkChain> plain = _compiler.Compile(_walk, _walk.ChainName + "-plain");
            plain[0] = plain[0] with { Comment = "for packets that others have marked" };
            NftRule[] lookups = [new RuleWriter().AnyMark().Verdict(NftVerdict.Goto(plain[0].Name)).Build(null), .. _families.SelectMany(f => f.Lookups())];
            if (hasMaps) lookups = [.. lookups, new RuleWriter().MarkVerdict(ClassMap.Name).Build(null)];
            chains[0] = chains[0] with { Rules = [.. chains[0].Rules.Take(prelude), .. lookups, .. chains[0].Rules.Skip(prelude)] };
            chains.AddRange(plain.Select(c => _writer.Write(_walk, c, first: false)));
        }

        if (!hasMaps && _classMap is not null)
        {
            _ruleset.RemoveSet(_classMap.Name);
            _classMap = null;
        }

        foreach (NftChain chain in chains) _ruleset.Put(chain);
        foreach (string old in _entryChains.Where(o => !chains.Exists(c => c.Name == o))) RemoveChain(old);
        _entryChains = [.. chains.Select(c => c.Name)];
    }

    private KeyedSet ClassMap
    {
        get
        {
            if (_classMap is not null) return _classMap;
            _classMap = new KeyedSet(new NftSet("classes-" + _walk.ChainName, NftType.Mark) { DataType = NftType.Verdict }, _ruleset);
            _ruleset.Put(_classMap);
            return _classMap;
        }
    }

    /// <param name="terms">A rule's terms.</param>
    /// <param name="v6">The class's family, or null where both may come.</param>
    /// <param name="meets">The conditions the class meets; null for none.</param>
    private List<PacketTerm>? Residual(List<PacketTerm> terms, bool? v6, HashSet<PacketTerm>? meets)
    {
        List<PacketTerm> left = [];
        foreach (PacketTerm term in terms)
        {
            if (term is FamilyTerm family)
            {
                if (v6 is null) left.Add(term);
                else if (family.V6 != v6) return null;
                continue;
            }

            if (!IsCondition(_walk, term))
            {
                left.Add(term);
                continue;
            }

            (bool termV6, bool negated) = term switch { AddressSetTerm t => (t.V6, t.Negated), NetsTerm t => (t.V6, t.Negated), _ => default };
            if (v6 is { } known && termV6 != known) return null;
            if (meets?.Contains(Positive(term)) == true == negated) return null;
            if (v6 is null && !left.Contains(new FamilyTerm(termV6))) left.Insert(0, new FamilyTerm(termV6));
        }

        return left;
    }

    private AddressClass Acquire(string name, bool v6, HashSet<PacketTerm> meets)
    {
        if (!_classes.TryGetValue(name, out AddressClass? known))
        {
            _classes[name] = known = new AddressClass(name, NumberOf(name), v6, meets);
            _classesChanged = true;
            Write(known);
            ClassMap.Put(new NftElement(NftValue.HostOrder(known.Number), NftVerdict.Goto(name)));
        }

        known.Uses++;
        return known;
    }

    private void Release(string name)
    {
        AddressClass known = _classes[name];
        if (--known.Uses > 0) return;
        _classes.Remove(name);
        _numbers.Remove(known.Number);
        _classesChanged = true;
        _classMap?.Delete(NftValue.HostOrder(known.Number));
        RemoveChains(known);
    }

    /// <summary>From the name, so that a restart finds the same numbers; 0 is no class.</summary>
    private uint NumberOf(string name)
    {
        uint number = Hash.Number(name);
        while (number == 0 || !_numbers.Add(number)) number++;
        return number;
    }

    private void Write(AddressClass known)
    {
        List<WalkChain> chains = _compiler.Compile(_walk, known.Name, terms => Residual(terms, known.V6, known.Meets));
        HashSet<string> names = [];
        foreach ((WalkChain chain, int i) in chains.Select((c, i) => (c, i)))
        {
            string comment = i == 0 ? $"{(known.V6 ? "IPv6" : "IPv4")} addresses that meet {known.Meets.Count} of the walk's conditions" : "";
            NftChain written = _verdicts.Write(chain with { Comment = comment }, first: false);
            _ruleset.Put(i > 0 ? written : written with { Rules = [new RuleWriter().NoMarkLeft().Build(null), .. written.Rules] });
            names.Add(chain.Name);
        }

        foreach (string old in known.Chains.Except(names)) RemoveChain(old);
        known.Chains = names;
    }

    private void RemoveChains(AddressClass known)
    {
        foreach (string chain in known.Chains) RemoveChain(chain);
    }

    private void RemoveChain(string chain)
    {
        _ruleset.RemoveChain(chain);
        _verdicts.Remove(chain);
    }

    private sealed class AddressClass(string name, uint number, bool v6, HashSet<PacketTerm> meets)
    {
        public string Name { get; } = name;

        public uint Number { get; } = number;

        public bool V6 { get; } = v6;

        public HashSet<PacketTerm> Meets { get; } = meets;

        public int Uses { get; set; }

        public HashSet<string> Chains { get; set; } = [];
    }

    /// <summary>The maps of one family.</summary>
    private sealed class Family(MapsShape owner, bool v6)
    {
        private readonly Dictionary<IpPrefix, string> _hosts = [];
        private readonly Dictionary<(IpPrefix First, IpPrefix Last), string> _ranges = [];
        private List<PacketTerm> _conditions = [];
        private KeyedSet? _hostMap, _rangeMap;
        private bool _dirty, _built;

        public bool V6 => v6;

        public int Count => _hosts.Count + _ranges.Count;

        public bool HasMaps => _hostMap is not null || _rangeMap is not null;

        public void SetConditions(List<PacketTerm> all)
        {
            List<PacketTerm> conditions = [.. all.Where(c => c switch { AddressSetTerm t => t.V6 == v6, NetsTerm t => t.V6 == v6, _ => false })];
            if (_built && _conditions.ToHashSet().SetEquals(conditions)) return;
            (_conditions, _built) = (conditions, true);
            Rebuild();
        }

        public IEnumerable<NftRule> Lookups()
        {
            Side side = owner._walk.Kind.RemoteSide;
            if (_hostMap is not null) yield return new RuleWriter().MarkFromAddress(side, v6, _hostMap.Name).Build(null);
            if (_rangeMap is not null) yield return (_hostMap is null ? new RuleWriter() : new RuleWriter().NoMarkYet()).MarkFromAddress(side, v6, _rangeMap.Name).Build(null);
        }

        public void MemberChanged(string setId, IpPrefix member)
        {
            if (!_conditions.Exists(c => c is AddressSetTerm t && t.SetId == setId)) return;
            if (member.IsHost && _hostMap is not null && !_dirty) ShowHost(member, null);
            else _dirty = true;
        }

        public bool Settle()
        {
            if (!_dirty) return false;
            Rebuild();
            return true;
        }

        public void Remove()
        {
            foreach (KeyedSet? map in (KeyedSet?[])[_hostMap, _rangeMap])
            {
                if (map is not null) owner._ruleset.RemoveSet(map.Name);
            }

            (_hostMap, _rangeMap) = (null, null);
        }

        /// <summary>Goes through the members of the conditions once, not through all conditions for each address.</summary>
        private void Rebuild()
        {
            _dirty = false;
            Dictionary<IpPrefix, List<PacketTerm>> hosts = [];
            HashSet<IpPrefix> prefixes = [];
            foreach (PacketTerm condition in _conditions)
            {
                foreach (IpPrefix member in MembersOf(condition))
                {
                    if (!member.IsHost) prefixes.Add(member);
                    else if (hosts.TryGetValue(member, out List<PacketTerm>? conditions)) conditions.Add(condition);
                    else hosts[member] = [condition];
                }
            }

            _hostMap = Map(_hostMap, _conditions.Exists(c => c is AddressSetTerm) || hosts.Count > 0, interval: false);
            _rangeMap = Map(_rangeMap, prefixes.Count > 0, interval: true);
            foreach (IpPrefix gone in _hosts.Keys.Where(h => !hosts.ContainsKey(h)).ToList()) ShowHost(gone, []);
            foreach ((IpPrefix host, List<PacketTerm> conditions) in hosts) ShowHost(host, conditions);

            Dictionary<(IpPrefix, IpPrefix), (string Name, HashSet<PacketTerm> Meets)?> wanted = [];
            foreach ((IpPrefix first, IpPrefix last) in AddressRanges.Split(prefixes)) wanted[(first, last)] = ClassOf(first, []);
            foreach ((IpPrefix, IpPrefix) gone in _ranges.Keys.Where(r => !wanted.ContainsKey(r)).ToList()) ShowRange(gone, null);
            foreach (((IpPrefix, IpPrefix) range, (string, HashSet<PacketTerm>)? addressClass) in wanted) ShowRange(range, addressClass);
        }

        private KeyedSet? Map(KeyedSet? map, bool wanted, bool interval)
        {
            if (wanted == map is not null) return map;
            if (map is not null)
            {
                owner._ruleset.RemoveSet(map.Name);
                if (interval) ReleaseAll(_ranges);
                else ReleaseAll(_hosts);
                return null;
            }

            KeyedSet made = new(new NftSet($"{(interval ? "ranges" : "hosts")}{(v6 ? 6 : 4)}-{owner._walk.ChainName}", RuleWriter.AddressType(v6))
            {
                DataType = NftType.Mark,
                Flags = interval ? NftSetFlags.Interval : NftSetFlags.None,
            }, owner._ruleset);
            owner._ruleset.Put(made);
            return made;
        }

        private void ReleaseAll<TKey>(Dictionary<TKey, string> shown)
            where TKey : notnull
        {
            foreach (string name in shown.Values) owner.Release(name);
            shown.Clear();
        }

        /// <summary>Brings one address's element in line with the conditions it meets now.</summary>
        /// <param name="host">The address.</param>
        /// <param name="members">The conditions it is itself a member of; null to look them up.</param>
        private void ShowHost(IpPrefix host, List<PacketTerm>? members)
        {
            members ??= _conditions.FindAll(c => c is AddressSetTerm t ? owner._sets.Addresses(t.SetId, v6)?.HasMember(host) == true : ((NetsTerm)c).Nets.Contains(host));
            (string Name, HashSet<PacketTerm> Meets)? wanted = members.Count > 0 ? ClassOf(host, members) : null;
            string? old = _hosts.GetValueOrDefault(host);
            if (wanted?.Name == old) return;
            if (wanted is { } now)
            {
                AddressClass known = owner.Acquire(now.Name, v6, now.Meets);
                _hosts[host] = now.Name;
                _hostMap!.Put(new NftElement(RuleWriter.Value(host), NftValue.HostOrder(known.Number)));
            }
            else
            {
                _hosts.Remove(host);
                _hostMap?.Delete(RuleWriter.Value(host));
            }

            if (old is not null) owner.Release(old);
        }

        private void ShowRange((IpPrefix First, IpPrefix Last) range, (string Name, HashSet<PacketTerm> Meets)? wanted)
        {
            string? old = _ranges.GetValueOrDefault(range);
            if (wanted?.Name == old) return;
            NftElement element = NftElement.Range(RuleWriter.Value(range.First), RuleWriter.Value(range.Last));
            if (wanted is { } now)
            {
                AddressClass known = owner.Acquire(now.Name, v6, now.Meets);
                _ranges[range] = now.Name;
                _rangeMap!.Put(element with { Data = NftValue.HostOrder(known.Number) });
            }
            else
            {
                _ranges.Remove(range);
                _rangeMap?.Delete(element.Key, element.KeyEnd);
            }

            if (old is not null) owner.Release(old);
        }

        /// <param name="address">An address.</param>
        /// <param name="members">Conditions it is itself a member of; those that cover it are found here.</param>
        /// <returns>The class's chain and the conditions the address meets, or null when it meets none.</returns>
        private (string Name, HashSet<PacketTerm> Meets)? ClassOf(IpPrefix address, List<PacketTerm> members)
        {
            HashSet<PacketTerm> meets = [.. members];
            foreach (PacketTerm condition in _conditions)
            {
                bool covers = condition switch
                {
                    AddressSetTerm t => owner._sets.Addresses(t.SetId, v6) is { IsInterval: true } set && set.Contains(address),
                    NetsTerm t => t.Nets.Any(n => n.Contains(address)),
                    _ => false,
                };
                if (covers) meets.Add(condition);
            }

            if (meets.Count == 0) return null;
            string key = string.Join('|', meets.Select(Describe).Order(StringComparer.Ordinal));
            return ($"{owner._walk.ChainName}-c{Hash.Short($"{v6}{key}")}", meets);
        }

        private static string Describe(PacketTerm condition) => condition switch
        {
            AddressSetTerm t => t.SetId,
            NetsTerm t => string.Join(',', t.Nets.Select(n => n.ToString())),
            _ => "",
        };

        private IEnumerable<IpPrefix> MembersOf(PacketTerm condition) => condition switch
        {
            AddressSetTerm t => owner._sets.Addresses(t.SetId, v6)?.Members ?? [],
            NetsTerm t => t.Nets,
            _ => [],
        };
    }
}
