using System.Net;
using Calico.Dataplane.Compile;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Compile;

public sealed class TextTests
{
    public static TheoryData<RuleOwner> Owners() =>
    [
        new RuleOwner(RuleOwnerKind.Policy, "", "GlobalNetworkPolicy web", true, 2, RuleAction.Allow),
        new RuleOwner(RuleOwnerKind.Policy, "", "NetworkPolicy prod/web", false, 0, RuleAction.Deny),
        new RuleOwner(RuleOwnerKind.Profile, "", "kns.prod", true, 11, RuleAction.Allow),
        new RuleOwner(RuleOwnerKind.TierEnd, "default", "default", false, -1, RuleAction.Deny),
        new RuleOwner(RuleOwnerKind.Other, "", "no profile matched", true, -1, RuleAction.Deny),
    ];

    [Theory, MemberData(nameof(Owners))]
    public void A_comment_names_its_rule(RuleOwner owner)
    {
        Assert.True(RuleOwner.TryParse(owner.ToString(), out RuleOwner read));
        Assert.Equal(owner, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("failsafe")]
    [InlineData("GlobalNetworkPolicy web ingress[x] allow")]
    [InlineData("a b c")]
    public void Other_comments_are_not_read(string comment) => Assert.False(RuleOwner.TryParse(comment, out _));

    [Theory]
    [InlineData("tcp:22", 6, 22, null)]
    [InlineData("8080", 6, 8080, null)]
    [InlineData("udp:10.0.0.0/8:53", 17, 53, "10.0.0.0/8")]
    [InlineData("tcp:[fd00::/16]:443", 6, 443, "fd00::/16")]
    public void Failsafe_ports_are_read(string text, byte protocol, ushort port, string? net) =>
        Assert.Equal(new FailsafePort(protocol, port, net is null ? null : IPNetwork.Parse(net)), Assert.Single(FailsafePort.ParseList(text)));

    [Theory]
    [InlineData("tcp:0")]
    [InlineData("sctp:22")]
    [InlineData("tcp:10.0.0.0/40:22")]
    [InlineData("tcp:")]
    public void Bad_failsafe_ports_are_named(string text) => Assert.Contains(text, Assert.Throws<FormatException>(() => FailsafePort.ParseList(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void No_failsafe_ports() => Assert.Empty(FailsafePort.ParseList("none"));

    [Fact]
    public void Log_prefixes_name_tier_kind_and_policy() =>
        Assert.Equal("x default NetworkPolicy prod/web web: ", LogPrefixes.Of("x %t %k %n %p", new RuleOwner(RuleOwnerKind.Policy, "default", "NetworkPolicy prod/web", true, 0, RuleAction.Log)));

    [Fact]
    public void Tunnel_addresses_are_Calicos()
    {
        byte[] mac = Dataplane.Plan.VtepMac.Of("node1", v6: false).GetAddressBytes();
        Assert.Equal(0x66, mac[0]);
        Assert.Equal(6, mac.Length);
        Assert.NotEqual(Dataplane.Plan.VtepMac.Of("node1", v6: true).GetAddressBytes(), mac);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused() =>
        Assert.Contains("VxlanVni", Assert.Throws<ArgumentException>((DataplaneOptions.Default with { VxlanVni = 1 << 24 }).Validate).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Encapsulation.None, 1500)]
    [InlineData(Encapsulation.VxlanCrossSubnet, 1450)]
    [InlineData(Encapsulation.IpIp, 1480)]
    public void Workloads_get_the_smallest_MTU_less_the_encapsulation(Encapsulation encapsulation, int expected)
    {
        KernelInterface[] interfaces = [new(1, "lo", true, 65536, []), new(2, "eth0", true, 9000, []), new(3, "ens5", true, 1500, []), new(4, "cali1", true, 1400, [])];
        Assert.Equal(expected, CalicoDataplane.WorkloadMtuOf(interfaces, [new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), encapsulation)], DataplaneOptions.Default));
        Assert.Null(CalicoDataplane.WorkloadMtuOf(interfaces[..1], [], DataplaneOptions.Default));
    }
}
