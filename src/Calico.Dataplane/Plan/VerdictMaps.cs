using System.Globalization;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>
/// Chains of a walk as the kernel gets them: runs of rules that ask for protocols and destination ports only are looked up, not walked. Protocol and port lead by a hash map,
/// ranges of ports by an interval map, whole protocols by a third, to the chain of the rule that decides, which has its counter and comment. Rules that ask for more stay rules, in their place.
/// </summary>
/// <param name="walk">The walk.</param>
/// <param name="ruleset">Where maps and chains are kept.</param>
/// <param name="writer">Writes rules.</param>
/// <param name="most">Runs of more rules than this are looked up.</param>
internal sealed class VerdictMaps(Walk walk, RulesetState ruleset, WalkWriter writer, int most)
{
    private readonly Dictionary<string, Dictionary<string, KeyedSet>> _maps = [];
    private readonly Dictionary<string, HashSet<string>> _verdicts = [];
    private readonly Dictionary<string, int> _uses = [];

    /// <summary>Elements of all maps.</summary>
    public int Count => _maps.Values.SelectMany(m => m.Values).Sum(m => m.Count);

    /// <summary>The kernel's chain; its maps and verdicts are brought in line.</summary>
    public NftChain Write(WalkChain chain, bool first)
    {
        Dictionary<string, KeyedSet> maps = [], old = _maps.GetValueOrDefault(chain.Name) ?? [];
        HashSet<string> verdicts = [];
        List<NftRule> rules = [.. writer.Write(walk, chain with { Rules = [] }, first).Rules];
        foreach ((int number, (List<WalkRule> run, List<WalkRule> others)) in Runs(chain.Rules).Index())
        {
            string name = number == 0 ? chain.Name : string.Create(CultureInfo.InvariantCulture, $"{chain.Name}-{number}");
            if (run.Count > most) rules.AddRange(LookUp(name, PortVerdicts.Of(run), maps, old, verdicts));
            else rules.AddRange(run.Select(Rule));
            rules.AddRange(others.Select(Rule));
        }

        foreach (string name in verdicts) _uses[name] = _uses.GetValueOrDefault(name) + 1;
        Release(chain.Name);
        foreach (string gone in old.Keys.Except(maps.Keys)) ruleset.RemoveSet(gone);
        if (maps.Count > 0) _maps[chain.Name] = maps;
        else _maps.Remove(chain.Name);
        if (verdicts.Count > 0) _verdicts[chain.Name] = verdicts;
        return writer.Write(walk, chain with { Rules = [] }, first: false) with { Rules = rules.ToValueList() };
    }

    public void Remove(string chain)
    {
        if (_maps.Remove(chain, out Dictionary<string, KeyedSet>? maps))
        {
            foreach (string map in maps.Keys) ruleset.RemoveSet(map);
        }

        Release(chain);
    }

    private void Release(string chain)
    {
        if (!_verdicts.Remove(chain, out HashSet<string>? verdicts)) return;
        foreach (string name in verdicts)
        {
            if (--_uses[name] > 0) continue;
            _uses.Remove(name);
            ruleset.RemoveChain(name);
        }
    }

    private NftRule Rule(WalkRule rule) => writer.Write(walk.Kind, rule);

    /// <summary>Cuts a list into runs for the maps, each followed by rules that are not. A rule may go ahead of those before it that are about other protocols.</summary>
    private static IEnumerable<(List<WalkRule> Run, List<WalkRule> Others)> Runs(List<WalkRule> rules)
    {
        List<WalkRule> run = [], others = [];
        HashSet<byte> passed = [];
        foreach (WalkRule rule in rules)
        {
            bool fits = PortVerdicts.Fits(rule);
            if (!fits)
            {
                others.Add(rule);
                passed.UnionWith(PortVerdicts.ProtocolsOf(rule));
                continue;
            }

            if (passed.Overlaps(PortVerdicts.ProtocolsOf(rule)))
            {
                yield return (run, others);
                (run, others, passed) = ([], [], []);
            }

            run.Add(rule);
        }

        yield return (run, others);
    }

    private List<NftRule> LookUp(string suffix, PortVerdicts table, Dictionary<string, KeyedSet> maps, Dictionary<string, KeyedSet> old, HashSet<string> verdicts)
    {
        List<NftRule> rules = [];
        if (table.Single.Count > 0)
        {
            Map("ports-" + suffix, NftType.Concat(NftType.InetProto, NftType.InetService), interval: false,
                table.Single.Select(s => Element(new NftElement(NftValue.Concat(NftValue.Byte(s.Key.Protocol), RuleWriter.Port(s.Key.Port))), s.Value)));
            rules.Add(new RuleWriter().ProtocolAndPortVerdict("ports-" + suffix).Build(null));
        }

        foreach ((byte protocol, List<(ushort First, ushort Last, WalkRule Rule)> ranges) in table.Ranges)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"ranges-{protocol}-{suffix}");
            Map(name, NftType.InetService, interval: true, ranges.Select(r => Element(NftElement.Range(RuleWriter.Port(r.First), RuleWriter.Port(r.Last)), r.Rule)));
            rules.Add(new RuleWriter().Protocol(protocol).PortVerdict(name).Build(null));
        }

        if (table.Whole.Count > 0)
        {
            Map("protocols-" + suffix, NftType.InetProto, interval: false, table.Whole.Select(w => Element(new NftElement(NftValue.Byte(w.Key)), w.Value)));
            rules.Add(new RuleWriter().ProtocolVerdict("protocols-" + suffix).Build(null));
        }

        return rules;

        NftElement Element(NftElement key, WalkRule rule)
        {
            WalkRule decided = rule with { Terms = [] };
            string name = $"{walk.ChainName}-v{Hash.Short($"{rule.Owner} {rule.Verdict} {rule.Target} {rule.Staged}")}";
            if (verdicts.Add(name)) ruleset.Put(writer.Write(walk, new WalkChain(name, "", [decided]), first: false));
            return key with { Verdict = NftVerdict.Goto(name) };
        }

        void Map(string name, NftType type, bool interval, IEnumerable<NftElement> elements)
        {
            if (!old.TryGetValue(name, out KeyedSet? map))
            {
                map = new KeyedSet(new NftSet(name, type) { DataType = NftType.Verdict, Flags = interval ? NftSetFlags.Interval : NftSetFlags.None }, ruleset);
                ruleset.Put(map);
            }

            maps[name] = map;
            map.Replace(elements);
        }
    }
}
