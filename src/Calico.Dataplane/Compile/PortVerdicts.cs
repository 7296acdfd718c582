using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

/// <summary>
/// The first rule that matches each protocol and destination port, of rules that ask for nothing else. Three tables looked up in this order say the same as
/// the rules in theirs: single ports, ranges of ports, whole protocols.
/// </summary>
internal sealed class PortVerdicts
{
    private const int Last = ushort.MaxValue;

    public Dictionary<(byte Protocol, ushort Port), WalkRule> Single { get; } = [];

    /// <summary>By protocol; disjoint and in order.</summary>
    public SortedDictionary<byte, List<(ushort First, ushort Last, WalkRule Rule)>> Ranges { get; } = [];

    public Dictionary<byte, WalkRule> Whole { get; } = [];

    /// <summary>Whether a rule asks for a protocol, and perhaps destination ports, and nothing else.</summary>
    public static bool Fits(WalkRule rule)
    {
        if (rule.Verdict is WalkVerdict.Jump or WalkVerdict.Log || rule.Terms.Count == 0) return false;
        bool ports = false;
        foreach (PacketTerm term in rule.Terms)
        {
            if (term is PortsTerm { Side: Side.Destination }) ports = true;
            else if (term is not (ProtocolTerm { Negated: false } or HasPortsTerm { Negated: false })) return false;
        }

        return !ports || ProtocolsOf(rule).All(p => WithPorts.Contains(p));
    }

    /// <summary>The protocols that a rule can match.</summary>
    public static IReadOnlySet<byte> ProtocolsOf(WalkRule rule)
    {
        HashSet<byte> protocols = [.. Enumerable.Range(0, 256).Select(p => (byte)p)];
        foreach (PacketTerm term in rule.Terms)
        {
            switch (term)
            {
                case ProtocolTerm { Negated: false } t: protocols.IntersectWith([t.Protocol]); break;
                case ProtocolTerm t: protocols.Remove(t.Protocol); break;
                case HasPortsTerm { Negated: false } or AddressPortSetTerm { Negated: false }: protocols.IntersectWith(WithPorts); break;
                case HasPortsTerm: protocols.ExceptWith(WithPorts); break;
            }
        }

        return protocols;
    }

    /// <param name="rules">In order; each <see cref="Fits"/>.</param>
    public static PortVerdicts Of(IReadOnlyList<WalkRule> rules)
    {
        PortVerdicts verdicts = new();
        List<(WalkRule Rule, IReadOnlySet<byte> Protocols)> known = [.. rules.Select(r => (r, ProtocolsOf(r)))];
        foreach (byte protocol in known.SelectMany(k => k.Protocols).Distinct()) verdicts.Add(protocol, known.Where(k => k.Protocols.Contains(protocol)).Select(k => k.Rule));
        return verdicts;
    }

    private static readonly HashSet<byte> WithPorts = [6, 17, 132, 136];

    private void Add(byte protocol, IEnumerable<WalkRule> rules)
    {
        List<(int First, int Last)> open = [(0, Last)];
        List<(int First, int Last, WalkRule Rule)> decided = [];
        foreach (WalkRule rule in rules)
        {
            List<(int First, int Last)> wanted = [(0, Last)];
            foreach (PortsTerm term in rule.Terms.OfType<PortsTerm>())
            {
                List<(int First, int Last)> ports = [.. term.Ports.Select(p => ((int)p.First, (int)p.Last))];
                wanted = term.Negated ? Without(wanted, ports) : Both(wanted, ports);
            }

            decided.AddRange(Both(open, wanted).Select(r => (r.First, r.Last, rule)));
            open = Without(open, wanted);
        }

        Place(protocol, [.. decided.OrderBy(d => d.First)]);
    }

    /// <summary>Single ports are looked up first, so a range may reach over them: fewer, longer ranges.</summary>
    private void Place(byte protocol, List<(int First, int Last, WalkRule Rule)> decided)
    {
        List<(int First, int Last, WalkRule Rule)> ranges = [];
        int reach = 0; // ports from here on up to the next piece are single ones
        int? after = null;
        foreach ((int first, int last, WalkRule rule) in decided)
        {
            if (after != first) reach = first;
            after = last + 1;
            if (first == last)
            {
                Single[(protocol, (ushort)first)] = rule;
                continue;
            }

            if (ranges is [.., { } before] && before.Rule == rule && before.Last + 1 >= reach) ranges[^1] = (before.First, last, rule);
            else ranges.Add((ranges is [.., { } other] && other.Last + 1 > reach ? other.Last + 1 : reach, last, rule));
            reach = last + 1;
        }

        if (ranges.Count == 0) return;
        if (after > Last && ranges[^1].Last + 1 >= reach) ranges[^1] = ranges[^1] with { Last = Last };
        if (ranges is [(0, Last, var only)]) Whole[protocol] = only;
        else Ranges[protocol] = [.. ranges.Select(r => ((ushort)r.First, (ushort)r.Last, r.Rule))];
    }

    private static List<(int First, int Last)> Both(List<(int First, int Last)> left, List<(int First, int Last)> right)
    {
        List<(int, int)> both = [];
        foreach ((int first, int last) in left)
        {
            foreach ((int from, int to) in right)
            {
                if (Math.Max(first, from) <= Math.Min(last, to)) both.Add((Math.Max(first, from), Math.Min(last, to)));
            }
        }

        return both;
    }

    private static List<(int First, int Last)> Without(List<(int First, int Last)> left, List<(int First, int Last)> right)
    {
        foreach ((int from, int to) in right)
        {
            List<(int, int)> rest = [];
            foreach ((int first, int last) in left)
            {
                if (first < from) rest.Add((first, Math.Min(last, from - 1)));
                if (last > to) rest.Add((Math.Max(first, to + 1), last));
            }

            left = rest;
        }

        return left;
    }
}
