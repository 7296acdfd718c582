using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Proof;

/// <summary>The exact proof: over all packets there can be, on every node of every cluster of the conformance data, in both shapes.</summary>
public sealed class VerifierTests
{
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(ConformanceTests.All), MemberType = typeof(ConformanceTests))]
    public void Every_cluster_is_proved(string file, int index, string id)
    {
        NetpolCase cluster = NetpolCase.Read(file, index);
        Assert.Equal(id, cluster.Id);
        foreach (PolicyShape shape in (PolicyShape[])[PolicyShape.Chains, PolicyShape.Maps])
        {
            foreach (string node in NodePlan.NodesOf(cluster.State))
            {
                ConntrackState[] states = index % 10 == 0 ? Enum.GetValues<ConntrackState>() : [ConntrackState.New];
                DataplaneVerifier verifier = new(cluster.State, node, cluster.Options with { Shape = shape }) { States = states, Marks = shape == PolicyShape.Maps ? [0, 0x4000] : [0] };
                VerificationReport report = verifier.Verify(verifier.Compile(), TestContext.Current.CancellationToken);
                Assert.True(report.IsProved, $"{shape}, {node}: {report}\n{string.Join('\n', report.Unreadable)}\n{string.Join('\n', report.Differences.Select(d => $"{d}\n  {string.Join("\n  ", d.RulesetTrace)}"))}");
            }
        }
    }

    [Fact]
    public async Task Through_the_kernel_and_back()
    {
        using PrivateNetns ns = PrivateNetns.Create("verify");
        VerificationReport report = await new DataplaneVerifier(Small(), Cluster.Node).VerifyThroughKernelAsync(ns.Handle, TestContext.Current.CancellationToken);
        Assert.True(report.IsProved, report.ToString());
        using NftClient nft = NftClient.Open(new() { Namespace = ns.Handle });
        Assert.Null((await nft.ReadTableAsync(new NftTableId(NftFamily.Inet, "calico"), cancellationToken: TestContext.Current.CancellationToken)).Table(new NftTableId(NftFamily.Inet, "calico")));
    }

    [Fact]
    public void A_port_more_is_found_wherever_it_is()
    {
        DataplaneVerifier verifier = new(Small(), Cluster.Node);
        NftTable wrong = Replace(verifier.Compile(), e => e is CmpExpression { Operation: NftCompare.Equal } c && c.Value == NftValue.NetworkOrder(8080) ? c with { Value = NftValue.NetworkOrder(8081) } : e);
        VerificationReport report = verifier.Verify(wrong, TestContext.Current.CancellationToken);
        Assert.Equal([(ushort)8080, (ushort)8081], report.Differences.Select(d => d.Flow.DestinationPort).Distinct().Order());
        Assert.All(report.Differences, d => Assert.Equal(d.Flow.DestinationPort == 8080, d.IsAllowedByPolicy));
    }

    [Fact]
    public void One_address_more_in_a_set_is_found()
    {
        DataplaneVerifier verifier = new(Small(), Cluster.Node);
        NftTable right = verifier.Compile();
        NftTable wrong = right with
        {
            Sets = right.Sets.Select(s => s.Name.StartsWith("ips4", StringComparison.Ordinal) ? s with { Elements = [.. s.Elements, new NftElement(NftValue.Address(System.Net.IPAddress.Parse("198.51.100.77")))] } : s).ToValueList(),
        };
        VerificationReport report = verifier.Verify(wrong, TestContext.Current.CancellationToken);
        Assert.NotEmpty(report.Differences);
        Assert.All(report.Differences, d => Assert.Equal("198.51.100.77", d.Flow.Source.ToString()));
    }

    [Fact]
    public void A_missing_source_check_is_found()
    {
        DataplaneVerifier verifier = new(Small(), Cluster.Node);
        NftTable right = verifier.Compile();
        NftTable wrong = right with { Chains = right.Chains.Select(c => c.Name == "raw-prerouting" ? c with { Rules = default } : c).ToValueList() };
        Assert.Contains(verifier.Verify(wrong, TestContext.Current.CancellationToken).Differences, d => d.PolicyTrace.Count == 0 && d.IsAllowedByRuleset);
    }

    [Fact]
    public void What_cannot_be_followed_is_no_proof()
    {
        DataplaneVerifier verifier = new(Small(), Cluster.Node);
        NftTable right = verifier.Compile();
        NftRule length = new([new MetaExpression(NftRegister.R1, NftMetaKey.Length), new CmpExpression(NftRegister.R1, NftCompare.Greater, NftValue.HostOrder(9000u)), new VerdictExpression(NftVerdict.Drop)]);
        VerificationReport report = verifier.Verify(right with { Chains = right.Chains.Select(c => c.Name == "forward" ? c with { Rules = [length, .. c.Rules] } : c).ToValueList() }, TestContext.Current.CancellationToken);
        Assert.Contains("forward, rule 0", Assert.Single(report.Unreadable), StringComparison.Ordinal);
        Assert.False(report.IsProved);
    }

    [Fact]
    public void An_unknown_node_is_an_error() =>
        Assert.Contains("'nowhere'", Assert.Throws<ArgumentException>(() => new DataplaneVerifier(Small(), "nowhere")).Message, StringComparison.Ordinal);

    private static ClusterState Small() => ClusterState.Of(
    [
        .. Policy.Conversion.ResourceConverter.BuiltInTiers,
        new NodeModel { Name = Cluster.Node, Addresses = [System.Net.IPAddress.Parse("172.16.0.1")] },
        Cluster.Pod("prod", "a", "10.0.0.1,fd00::1", Cluster.Node, ("app", "a")),
        Cluster.Pod("prod", "b", "10.0.0.2", Cluster.Node, ("app", "b")),
        Cluster.Pod("prod", "c", "10.0.1.1,fd00::2", "n2", ("app", "c")),
        new ProfileModel { Name = "kns.prod", Ingress = [new RuleModel()], Egress = [new RuleModel()] },
        Cluster.Policy_("web", "app == 'a'", Cluster.Allow("app == 'c'", 8080), Cluster.Allow("app == 'b'")),
    ]);

    private static NftTable Replace(NftTable table, Func<NftExpression, NftExpression> change) => table with
    {
        Chains = table.Chains.Select(c => c with { Rules = c.Rules.Select(r => r with { Expressions = r.Expressions.Select(change).ToValueList() }).ToValueList() }).ToValueList(),
    };
}
