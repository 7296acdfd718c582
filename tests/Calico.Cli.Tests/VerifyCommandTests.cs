using System.Text.Json;

namespace Calico.Cli.Tests;

/// <summary><c>calico policy verify</c>: proofs, what it is told wrongly, and both forms of its answer.</summary>
public sealed class VerifyCommandTests : IDisposable
{
    private const string Manifests = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        status: {addresses: [{type: InternalIP, address: 172.16.0.1}]}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1, containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
        status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {nodeName: n2, containers: [{name: c, image: i}]}
        status: {podIP: 10.0.1.1, podIPs: [{ip: 10.0.1.1}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: web, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: web}}
          policyTypes: [Ingress, Egress]
          ingress: [{from: [{podSelector: {matchLabels: {app: db}}}, {ipBlock: {cidr: 192.168.0.0/16, except: [192.168.3.0/24]}}], ports: [{port: http}, {port: 443, endPort: 450}]}]
          egress: [{to: [{podSelector: {}}]}]
        """;

    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("auto")]
    [InlineData("chains")]
    [InlineData("maps")]
    public void A_node_is_proved(string shape)
    {
        string file = _cli.File("shop.yaml", Manifests);
        (int code, string text, string error) = _cli.Run("policy", "verify", file, "--node", "n1", "--shape", shape, "--compiled");
        Assert.True(code == 0, text + error);
        Assert.Matches("^n1: proved over [0-9]+ packets", text);
    }

    [Fact]
    public void Through_a_kernel_every_node_is_proved()
    {
        string file = _cli.File("shop.yaml", Manifests);
        (int code, string text, string error) = _cli.Run("policy", "verify", file, "-o", "json");
        if (code == 2 && error.Contains("needs root", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("CI") != "true") Assert.Skip(error);
        Assert.True(code == 0, text + error);
        using JsonDocument nodes = JsonDocument.Parse(text);
        Assert.Equal(["n1", "n2"], nodes.RootElement.EnumerateArray().Select(n => n.GetProperty("node").GetString()));
        Assert.All(nodes.RootElement.EnumerateArray(), n => Assert.True(n.GetProperty("proved").GetBoolean() && n.GetProperty("packets").GetInt64() > 100));
    }

    [Fact]
    public void An_unknown_node_is_named_with_those_there_are()
    {
        string file = _cli.File("shop.yaml", Manifests);
        (int code, _, string error) = _cli.Run("policy", "verify", file, "--node", "n3", "--compiled");
        Assert.Equal(2, code);
        Assert.Contains("no node 'n3'", error, StringComparison.Ordinal);
        Assert.Contains("Known: n1, n2", error, StringComparison.Ordinal);
        (code, _, error) = _cli.Run("policy", "verify", _cli.File("empty.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"));
        Assert.Equal(2, code);
        Assert.Contains("no node", error, StringComparison.Ordinal);
    }
}
