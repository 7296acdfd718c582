using System.Globalization;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Inspect;

/// <summary>Chains and maps of a walk to its policies, shape and counters. Walks that several endpoints share are read once.</summary>
internal sealed class WalkReader(TableIndex table)
{
    private const string Profiles = "profiles";
    private readonly Dictionary<string, WalkRules> _read = new(StringComparer.Ordinal);

    public WalkRules Read(string direction, string chain)
    {
        if (_read.TryGetValue(chain, out WalkRules? known)) return known;
        IReadOnlyList<NftChain> chains = table.Reachable(chain);
        List<RuleCounter> rules = Count(chains);
        bool isMaps = chains is [{ } first, ..] && first.Rules.SelectMany(table.MapsOf).Any();
        string why = isMaps ? WhyMaps(chains) : string.Create(CultureInfo.InvariantCulture, $"{chains.Sum(c => c.Rules.Count)} kernel rules: few enough to be walked in order");
        return _read[chain] = new WalkRules(direction, chain, isMaps ? PolicyShape.Maps : PolicyShape.Chains, why, PoliciesOf(chains), rules);
    }

    private string WhyMaps(IReadOnlyList<NftChain> chains)
    {
        int addresses = chains[0].Rules.SelectMany(table.AddressMapsOf).DistinctBy(m => m.Name).Sum(m => m.Elements.Count);
        NftSet[] verdicts = [.. chains.SelectMany(c => c.Rules).SelectMany(table.MapsOf).DistinctBy(m => m.Name)];
        int classes = verdicts.Where(m => m.KeyType == NftType.Mark).Sum(m => m.Elements.Count), ports = verdicts.Where(m => m.KeyType != NftType.Mark).Sum(m => m.Elements.Count);
        return string.Create(CultureInfo.InvariantCulture, $"{addresses} addresses and prefixes in {classes} classes, {ports} ports and protocols: a packet pays the same however many rules");
    }

    private static List<RuleCounter> Count(IReadOnlyList<NftChain> chains)
    {
        Dictionary<(string, bool), int> at = [];
        List<RuleCounter> counters = [];
        foreach (NftRule rule in chains.SelectMany(c => c.Rules))
        {
            if (rule.Expressions.OfType<CounterExpression>().FirstOrDefault() is not { } counter || TextOf(rule, out bool staged) is not { } text) continue;
            if (at.TryAdd((text, staged), counters.Count)) counters.Add(new RuleCounter(text, staged, counter.Packets, counter.Bytes));
            else
            {
                RuleCounter known = counters[at[(text, staged)]];
                counters[at[(text, staged)]] = known with { Packets = known.Packets + counter.Packets, Bytes = known.Bytes + counter.Bytes };
            }
        }

        return counters;
    }

    private static string? TextOf(NftRule rule, out bool staged)
    {
        const string mark = "staged ";
        staged = rule.Comment?.StartsWith(mark, StringComparison.Ordinal) == true;
        string? text = staged ? rule.Comment![mark.Length..] : rule.Comment;
        return text is not null && RuleOwner.TryParse(text, out _) ? text : null;
    }

    /// <summary>The chain's comment lists them; when there are too many for a comment, those that have rules follow, in the tiers whose end comes after them.</summary>
    private static List<TierPolicies> PoliciesOf(IReadOnlyList<NftChain> chains)
    {
        string comment = chains is [{ Comment: { } text }, ..] ? text : "";
        bool whole = !comment.EndsWith('…');
        if (!whole) comment = comment[..Math.Max(comment.LastIndexOfAny([',', '|']), 0)]; // the last name is cut
        List<TierPolicies> tiers = [];
        foreach (string part in comment.Split(" | ", StringSplitOptions.TrimEntries))
        {
            if (part.Split(": ", 2) is not [string name, string list]) continue;
            string[] policies = list.Split(", ", StringSplitOptions.RemoveEmptyEntries);
            tiers.Add(name == Profiles ? new TierPolicies(Profiles, "", policies) : new TierPolicies(name.Split('/')[0], name.Split('/') is [_, string action] ? action : "", policies));
        }

        // The plain chains of a walk in maps have all rules in order.
        NftChain[] plain = [.. chains.Where(c => c.Name.StartsWith(chains[0].Name + "-plain", StringComparison.Ordinal))];
        if (!whole) AddFurther(tiers, plain.Length > 0 ? plain : chains);
        return tiers;
    }

    private static void AddFurther(List<TierPolicies> tiers, IReadOnlyList<NftChain> chains)
    {
        HashSet<string> known = [.. tiers.SelectMany(t => t.Policies)];
        foreach (NftChain chain in chains)
        {
            List<string> waiting = [];
            foreach (NftRule rule in chain.Rules)
            {
                if (TextOf(rule, out _) is not { } text || !RuleOwner.TryParse(text, out RuleOwner owner)) continue;
                if (owner.Kind == RuleOwnerKind.Policy) waiting.Add(owner.Name);
                else if (owner.Kind == RuleOwnerKind.Profile) Put(Profiles, "", [owner.Name]);
                else if (owner.Kind == RuleOwnerKind.TierEnd)
                {
                    Put(owner.Tier, owner.Action.ToString(), waiting);
                    waiting = [];
                }
            }
        }

        void Put(string tier, string action, IEnumerable<string> policies)
        {
            string[] fresh = [.. policies.Where(known.Add)];
            if (fresh.Length == 0) return;
            int at = tiers.FindIndex(t => t.Tier == tier);
            if (at >= 0) tiers[at] = tiers[at] with { Policies = [.. tiers[at].Policies, .. fresh] };
            else tiers.Add(new TierPolicies(tier, action, fresh));
        }
    }
}
