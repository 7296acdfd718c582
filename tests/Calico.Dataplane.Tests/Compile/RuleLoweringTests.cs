using System.Net;
using Calico.Dataplane.Compile;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Compile;

/// <summary>A rule and its kernel rules take the same packets, and of the kernel rules at most one takes a packet.</summary>
/// <remarks>
/// Felix's match texts (conformance files <c>nft_match_text</c> and <c>rule_match_iptables_text</c>) are not compared: rules go to the kernel as expressions and never as text,
/// and those texts carry Felix's marks and set names. What they say of a rule is proven here and under <c>Proof/</c> by the packets it takes.
/// </remarks>
public sealed class RuleLoweringTests
{
    private static readonly IPNetwork[] Networks =
        [.. new[] { "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "192.168.0.0/24", "fd00::/16", "fd00:1::/32", "fd00:1::5/128", "::/0" }.Select(IPNetwork.Parse)];

    private static readonly string[] Addresses = ["10.1.2.3", "10.1.9.9", "10.9.9.9", "192.168.0.7", "8.8.8.8", "fd00:1::5", "fd00:2::1", "2001:db8::1"];

    private static readonly byte[] Protocols = [1, 6, 17, 58, 132, 136, 4, 253];

    private static readonly PortRange[] Ports = [new(80), new(443), new(80, 90), new(91, 100), new(1, 65535), new(8080)];

    [Property(MaxTest = 3000)]
    public Property Alternatives_are_disjoint_and_together_are_the_rule() => Prop.ForAll(Rules().ToArbitrary(), Packets().ToArbitrary(), (rule, packet) =>
    {
        int matching = RuleLowering.Lower(rule).Count(terms => terms.TrueForAll(t => packet.Holds(t)));
        bool expected = packet.Matches(rule);
        return (matching <= 1).Label("disjoint").And((matching == 1 == expected).Label($"expected {expected}, {matching} alternatives hold for {packet}\n{rule}"));
    });

    [Fact]
    public void Not_icmp_negates_the_pair()
    {
        ActiveRule rule = new() { Protocol = IpProtocol.Icmp, IpVersion = IpVersion.IPv4, NotIcmp = new IcmpMatch(8, 1) };
        Packet packet = new(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), 1, 0, 0, 8, 2);
        Assert.Single(RuleLowering.Lower(rule), terms => terms.TrueForAll(t => packet.Holds(t)));
        Assert.DoesNotContain(RuleLowering.Lower(rule), terms => terms.TrueForAll(t => (packet with { Code = 1 }).Holds(t)));
    }

    [Fact]
    public void A_rule_that_never_matches_has_no_kernel_rule() =>
        Assert.Empty(RuleLowering.Lower(new ActiveRule { NeverMatches = true }));

    [Fact]
    public void A_rule_without_terms_is_one_kernel_rule_for_both_families() =>
        Assert.Empty(Assert.Single(RuleLowering.Lower(new ActiveRule())));

    private static Gen<ActiveMatch> Matches() =>
        from nets in Some(Networks, 0.3)
        from notNets in Some([.. Networks.Where(n => n.PrefixLength > 0)], 0.3)
        from sets in Some(["s:a", "s:b"], 0.3)
        from notSets in Some(["s:c"], 0.2)
        from services in Some(["svc:a"], 0.1)
        from ports in Some(Ports, 0.4)
        from named in Some(["n:a", "n:b"], 0.2)
        from notPorts in Some(Ports, 0.2)
        from notNamed in Some(["n:c"], 0.2)
        select new ActiveMatch
        {
            Nets = nets, NotNets = notNets, IpSets = sets, NotIpSets = notSets, AddressPortSets = services,
            Ports = ports, NamedPortSets = named, NotPorts = notPorts, NotNamedPortSets = notNamed,
        };

    private static Gen<EquatableArray<T>> Some<T>(T[] all, double chance) =>
        from present in Gen.Choose(0, 99)
        from items in Gen.SubListOf(all)
        select present < chance * 100 ? items.ToEquatableArray() : default;

    private static Gen<T?> Maybe<T>(Gen<T> value)
        where T : struct => Gen.Frequency((2, Gen.Constant(default(T?))), (1, value.Select(v => new T?(v))));

    private static Gen<ActiveRule> Rules() =>
        from version in Gen.Elements(IpVersion.Any, IpVersion.Any, IpVersion.IPv4, IpVersion.IPv6)
        from protocol in Maybe(Gen.Elements(Protocols).Select(p => new IpProtocol(p)))
        from notProtocol in Maybe(Gen.Elements(Protocols).Select(p => new IpProtocol(p)))
        from icmp in Maybe(Icmp())
        from notIcmp in Maybe(Icmp())
        from source in Matches()
        from destination in Matches()
        select Consistent(new ActiveRule
        {
            IpVersion = version, Protocol = protocol, NotProtocol = notProtocol, Icmp = icmp, NotIcmp = notIcmp, Source = source, Destination = destination,
        });

    /// <summary>As the engine gives them: ICMP terms come with an ICMP protocol and its family.</summary>
    private static ActiveRule Consistent(ActiveRule rule)
    {
        if (rule.Icmp is null && rule.NotIcmp is null) return rule;
        bool v6 = rule.IpVersion == IpVersion.IPv6;
        return rule with { Protocol = v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp, IpVersion = v6 ? IpVersion.IPv6 : IpVersion.IPv4 };
    }

    private static Gen<IcmpMatch> Icmp() =>
        from type in Gen.Elements<byte>(0, 8, 128)
        from code in Maybe(Gen.Elements<byte>(0, 1))
        select new IcmpMatch(type, code);

    private static Gen<Packet> Packets() =>
        from source in Gen.Elements(Addresses)
        from destination in Gen.Elements(Addresses.Where(a => a.Contains(':') == source.Contains(':')).ToArray())
        from protocol in Gen.Elements(Protocols)
        from sourcePort in Gen.Elements<ushort>(80, 85, 443, 1000, 8080)
        from destinationPort in Gen.Elements<ushort>(80, 85, 95, 443, 1000)
        from type in Gen.Elements<byte>(0, 8, 128)
        from code in Gen.Elements<byte>(0, 1)
        select new Packet(IPAddress.Parse(source), IPAddress.Parse(destination), protocol, sourcePort, destinationPort, type, code);

    internal sealed record Packet(IPAddress Source, IPAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort, byte Type, byte Code)
    {
        private bool IsIPv6 => Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

        private bool HasPorts => Protocol is 6 or 17 or 132 or 136;

        public bool Matches(ActiveRule rule)
        {
            if (rule.NeverMatches) return false;
            if (rule.IpVersion == IpVersion.IPv4 && IsIPv6 || rule.IpVersion == IpVersion.IPv6 && !IsIPv6) return false;
            if (rule.Protocol is { } p && p.Number != Protocol || rule.NotProtocol is { } n && n.Number == Protocol) return false;
            bool isIcmp = Protocol == (IsIPv6 ? 58 : 1);
            if (rule.Icmp is { } icmp && !(isIcmp && icmp.Matches(Type, Code)) || rule.NotIcmp is { } not && !(isIcmp && !not.Matches(Type, Code))) return false;
            return Side(rule.Source, Source, SourcePort) && Side(rule.Destination, Destination, DestinationPort);
        }

        private bool Side(ActiveMatch match, IPAddress address, ushort port)
        {
            bool In(IPNetwork net) => net.Contains(address);
            if (!match.Nets.IsEmpty && !match.Nets.Any(In) || match.NotNets.Any(In)) return false;
            if (!match.NotNets.IsEmpty && !match.NotNets.Any(n => n.BaseAddress.AddressFamily == address.AddressFamily)) return false;
            if (match.IpSets.Any(s => !Member(s, address)) || match.NotIpSets.Any(s => Member(s, address))) return false;
            if (match.AddressPortSets.Any(s => !Member(s, address, port)) || match.NotNamedPortSets.Any(s => Member(s, address, port))) return false;
            if (!match.NotPorts.IsEmpty && (!HasPorts || match.NotPorts.Any(r => r.Contains(port)))) return false;
            if (match.Ports.IsEmpty && match.NamedPortSets.IsEmpty) return true;
            return HasPorts && match.Ports.Any(r => r.Contains(port)) || match.NamedPortSets.Any(s => Member(s, address, port));
        }

        // Membership is arbitrary but fixed: a few bits of the hash of set and address.
        private static bool Member(string set, IPAddress address) => ((set[^1] + address.GetAddressBytes()[^1] % 7) & 1) == 0;

        private bool Member(string set, IPAddress address, ushort port) => HasPorts && ((set[^1] + address.GetAddressBytes()[^1] % 5 + port + Protocol) & 1) == 0;

        public bool Holds(PacketTerm term) => term switch
        {
            FamilyTerm t => t.V6 == IsIPv6,
            ProtocolTerm t => t.Protocol == Protocol != t.Negated,
            HasPortsTerm t => HasPorts != t.Negated,
            PortsTerm t => HasPorts && t.Ports.Any(r => r.Contains(PortOf(t.Side))) != t.Negated,
            NetsTerm t => t.V6 == IsIPv6 && t.Nets.Any(n => IPNetwork.Parse($"{n}").Contains(AddressOf(t.Side))) != t.Negated,
            AddressSetTerm t => t.V6 == IsIPv6 && Member(t.SetId, AddressOf(t.Side)) != t.Negated,
            AddressPortSetTerm t => t.V6 == IsIPv6 && Member(t.SetId, AddressOf(t.Side), PortOf(t.Side)) != t.Negated,
            IcmpTerm t => Protocol == (t.V6 ? 58 : 1) && (t.IsCode ? Code : Type) == t.Value != t.Negated,
            _ => throw new ArgumentOutOfRangeException(nameof(term)),
        };

        private IPAddress AddressOf(Side side) => side == Dataplane.Compile.Side.Source ? Source : Destination;

        private ushort PortOf(Side side) => side == Dataplane.Compile.Side.Source ? SourcePort : DestinationPort;
    }
}
