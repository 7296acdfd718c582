using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Calico.Policy.Model;

namespace Calico.Policy.Tests.Analysis;

/// <summary>What the linter finds, each thing by its smallest example, and nothing else.</summary>
public sealed class LintTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
        status: {podIPs: [{ip: 10.0.0.1}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {nodeName: n1, containers: [{name: c}]}
        status: {podIPs: [{ip: 10.0.0.2}]}
        ---
        """;

    [Theory]
    [InlineData(LintKind.PolicySelectsNothing, "selector: app == 'nobody', ingress: [{action: Allow}]")]
    [InlineData(LintKind.SelectorNeverMatches, "selector: \"app == 'a' && app == 'b'\", ingress: [{action: Allow}]")]
    [InlineData(LintKind.PeerSelectsNothing, "selector: app == 'web', ingress: [{action: Allow, source: {selector: app == 'nobody'}}]")]
    [InlineData(LintKind.RuleShadowed, "selector: app == 'web', ingress: [{action: Allow, protocol: TCP}, {action: Allow, protocol: TCP, destination: {ports: [80]}}]")]
    [InlineData(LintKind.RuleShadowed, "selector: app == 'web', ingress: [{action: Allow, protocol: TCP, destination: {ports: ['1:100']}}, {action: Deny, protocol: TCP, source: {nets: [10.0.0.0/8]}, destination: {ports: [80, 99]}}]")]
    [InlineData(LintKind.RuleRedundant, "selector: app == 'web', ingress: [{action: Allow, protocol: TCP}, {action: Deny}]")]
    [InlineData(LintKind.LogOnlyPolicyIsolates, "selector: app == 'web', types: [Ingress], ingress: [{action: Log}]")]
    [InlineData(LintKind.RuleNeverMatches, "selector: app == 'web', ingress: [{action: Allow, protocol: TCP, notProtocol: TCP}]")]
    [InlineData(LintKind.RuleNeverMatches, "selector: app == 'web', ingress: [{action: Allow, source: {nets: [10.0.0.0/8], notNets: [10.0.0.0/7]}}]")]
    [InlineData(LintKind.RuleNeverMatches, "selector: app == 'web', ingress: [{action: Allow, protocol: TCP, destination: {ports: [unknown-name]}}]")]
    public void Finds(LintKind kind, string spec) => Assert.Equal([kind], Kinds(Lint(spec)));

    [Theory]
    [InlineData("selector: app == 'web', ingress: [{action: Allow, protocol: TCP, source: {selector: app == 'db'}, destination: {ports: [http]}}]")]
    [InlineData("selector: app == 'web', ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}, {action: Allow, protocol: TCP, destination: {ports: [81]}}]")]
    public void FindsNothingWrongWith(string spec) => Assert.Empty(Lint(spec));

    [Fact]
    public void ShadowedByAnEarlierPolicyOfTheTier() => Assert.Contains(
        Lint("order: 1, selector: app == 'web', ingress: [{action: Deny, source: {selector: app == 'db'}}, {action: Allow}]",
            "order: 2, selector: app == 'web', ingress: [{action: Allow, source: {selector: app == 'db'}}]"),
        f => f is { Kind: LintKind.RuleShadowed, Policy.Name: "p2", RuleIndex: 0 });

    [Property(MaxTest = 60, EndSize = 30)]
    public Property RulesCalledIdleCanBeLeftOut() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), objects =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        LintFinding? finding = PolicyAnalysis.Lint(cluster).FirstOrDefault(f => f.Kind is LintKind.RuleShadowed or LintKind.RuleNeverMatches or LintKind.RuleRedundant);
        if (finding is null) return;
        PolicyModel policy = cluster.Policies[finding.Policy!.Value];
        ClusterState without = ClusterState.Of(objects);
        without.Upsert(finding.Direction == PolicyTypes.Ingress
            ? policy with { Ingress = policy.Ingress.Where((_, i) => i != finding.RuleIndex).ToEquatableArray() }
            : policy with { Egress = policy.Egress.Where((_, i) => i != finding.RuleIndex).ToEquatableArray() });
        PolicyComparison comparison = PolicyAnalysis.Compare(cluster, without);
        Assert.True(comparison.IsEqual, $"{finding}\n{string.Join("\n", comparison.Differences)}");
    });

    private static LintKind[] Kinds(IReadOnlyList<LintFinding> findings)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("\n", findings));
        return [.. findings.Select(f => f.Kind)];
    }

    private static IReadOnlyList<LintFinding> Lint(params string[] specs)
    {
        string policies = string.Join("\n---\n", specs.Select((spec, i) => $"apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {{name: p{i + 1}}}\nspec: {{{spec}}}"));
        ManifestSet manifests = new ManifestReader().Read($"{Cluster}\n{policies}");
        Assert.False(manifests.HasErrors, string.Join("\n", manifests.Diagnostics));
        return [.. PolicyAnalysis.Lint(ClusterState.Of(manifests.Resources, out _)).Where(f => f.Kind != LintKind.ProfileMissing)];
    }
}
