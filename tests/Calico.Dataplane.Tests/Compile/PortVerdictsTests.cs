using Calico.Dataplane.Compile;
using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Compile;

/// <summary>Tables of ports against the list of rules they stand for, on every port near which a range can begin or end.</summary>
public sealed class PortVerdictsTests
{
    private static readonly byte[] Protocols = [1, 6, 17, 132];

    [Property(MaxTest = 200)]
    public void The_tables_say_what_the_list_says(int seed)
    {
        Random random = new(seed);
        List<WalkRule> rules = [.. Enumerable.Range(0, random.Next(1, 12)).Select(i => Rule(random, i))];
        Assert.All(rules, r => Assert.True(PortVerdicts.Fits(r)));
        PortVerdicts tables = PortVerdicts.Of(rules);
        foreach (byte protocol in Protocols)
        {
            foreach (int port in Enumerable.Range(0, 12).Concat(Enumerable.Range(74, 20)).Concat(Enumerable.Range(65524, 12)))
            {
                WalkRule? first = rules.Find(r => PortVerdicts.ProtocolsOf(r).Contains(protocol) && r.Terms.OfType<PortsTerm>().All(t => t.Ports.Any(p => p.Contains((ushort)port)) != t.Negated));
                if (!ReferenceEquals(first, LookUp(tables, protocol, (ushort)port))) Assert.Fail($"protocol {protocol} port {port}: {first?.Owner}, found {LookUp(tables, protocol, (ushort)port)?.Owner}");
            }
        }

        Assert.All(tables.Ranges.Values, ranges => Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First)));
    }

    [Fact]
    public void One_exception_from_a_protocol_is_one_port_and_the_protocol()
    {
        WalkRule exception = new([new ProtocolTerm(6, false), new PortsTerm(Side.Destination, [new PortRange(80)], false)], WalkVerdict.Deny, null, default);
        PortVerdicts tables = PortVerdicts.Of([exception, new WalkRule([new ProtocolTerm(6, false)], WalkVerdict.Allow, null, default)]);
        Assert.Equal([((byte)6, (ushort)80)], tables.Single.Keys);
        Assert.Empty(tables.Ranges);
        Assert.Equal([(byte)6], tables.Whole.Keys);
    }

    private static WalkRule? LookUp(PortVerdicts tables, byte protocol, ushort port)
    {
        if (protocol != 1 && tables.Single.TryGetValue((protocol, port), out WalkRule? single)) return single;
        if (protocol != 1 && tables.Ranges.TryGetValue(protocol, out var ranges))
        {
            foreach ((ushort first, ushort last, WalkRule rule) in ranges)
            {
                if (first <= port && port <= last) return rule;
            }
        }

        return tables.Whole.GetValueOrDefault(protocol);
    }

    private static WalkRule Rule(Random random, int index)
    {
        byte protocol = Protocols[random.Next(Protocols.Length)];
        List<PacketTerm> terms = [random.Next(6) == 0 ? new HasPortsTerm(false) : new ProtocolTerm(protocol, false)];
        bool ports = terms[0] is HasPortsTerm || (protocol != 1 && random.Next(4) > 0);
        for (int i = 0; ports && i < random.Next(1, 3); i++)
            terms.Add(new PortsTerm(Side.Destination, PortRanges.Normalize([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Range(random))]), random.Next(5) == 0));
        return new WalkRule(terms, WalkVerdict.Allow, null, new RuleOwner(RuleOwnerKind.Policy, "", "p", true, index, RuleAction.Allow));
    }

    private static PortRange Range(Random random)
    {
        int first = random.Next(3) switch { 0 => random.Next(4), 1 => 65532 + random.Next(4), _ => 78 + random.Next(8) };
        return new PortRange((ushort)first, (ushort)Math.Min(65535, first + (random.Next(2) == 0 ? 0 : random.Next(4))));
    }
}
