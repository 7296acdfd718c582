using System.Text.Json.Nodes;

namespace Calico.Cli.Tests;

public class PolicyCommandTests
{
    private const string Shop = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 3
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec:
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: c}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress:
          - from: [{podSelector: {matchLabels: {app: web}}}]
            ports: [{port: 5432}]
        """;

    [Fact]
    public void Check_shows_the_line_under_a_caret_and_fails()
    {
        using Cli cli = new();
        string bad = cli.File("bad.yaml", "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: a}\nspec:\n  selector: app = 'x'\n");
        (int code, string output, _) = cli.Run("policy", "check", bad);
        Assert.Equal(1, code);
        Assert.Contains("bad.yaml:5:13: error: GlobalNetworkPolicy a: spec.selector: the selector 'app = 'x'' is not valid: expected '==' (column 5)", output, StringComparison.Ordinal);
        Assert.Contains("5 |   selector: app = 'x'\n  |             ^\n", output, StringComparison.Ordinal);
        Assert.Contains("1 object, 1 error, 0 warnings", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_good_manifests_succeeds_and_warns_of_policies_that_select_nothing()
    {
        using Cli cli = new();
        (int code, string output, _) = cli.Run("policy", "check", cli.File("shop.yaml", Shop.Replace("matchLabels: {app: db}", "matchLabels: {app: nothing}", StringComparison.Ordinal)));
        Assert.Equal(0, code);
        Assert.Contains("selects no", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop/web", "5432/TCP", 0, "allowed")]
    [InlineData("shop/web", "80/TCP", 1, "denied")]
    [InlineData("203.0.113.9", "5432", 1, "denied")]
    public void Explain_gives_verdict_and_reason(string from, string port, int code, string verdict)
    {
        using Cli cli = new();
        (int actual, string output, _) = cli.Run("policy", "explain", "--from", from, "--to", "shop/db", "--port", port, cli.File("shop.yaml", Shop));
        Assert.Equal(code, actual);
        Assert.Contains($"{port}: {verdict}", output, StringComparison.Ordinal);
        Assert.Contains("tier default", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop/web", "shop/nobody", "80", "--to: 'shop/nobody' is no ns/pod")]
    [InlineData("web", "shop/db", "80", "did you mean shop/web?")]
    [InlineData("shop/web", "shop/db", "0/TCP", "is not a port")]
    public void Explain_says_what_it_does_not_understand(string from, string to, string port, string message)
    {
        using Cli cli = new();
        (int code, _, string error) = cli.Run("policy", "explain", "--from", from, "--to", to, "--port", port, cli.File("shop.yaml", Shop));
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Reach_has_four_forms()
    {
        using Cli cli = new();
        string file = cli.File("shop.yaml", Shop);
        Assert.Contains("TCP 5432", cli.Run("policy", "reach", file).Out, StringComparison.Ordinal);
        JsonNode json = JsonNode.Parse(cli.Run("policy", "reach", file, "--format", "json").Out)!;
        JsonNode pair = Assert.Single(json["pairs"]!.AsArray(), p => (string)p!["from"]! == "shop/web" && (string)p["to"]! == "shop/db")!;
        Assert.Equal("""[{"protocol":"TCP","ports":[5432,5432]}]""", pair["allowed"]!.ToJsonString());
        Assert.Contains("\"shop/web\" -> \"shop/db\" [label=\"TCP 5432\"];", cli.Run("policy", "reach", file, "--format", "dot").Out, StringComparison.Ordinal);
        string html = cli.Run("policy", "reach", file, "--format", "html").Out;
        Assert.Contains("title=\"shop/web → shop/db: TCP 5432\"", System.Net.WebUtility.HtmlDecode(html), StringComparison.Ordinal);
        Assert.DoesNotContain("http:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Reach_has_a_matrix_for_each_IP_version()
    {
        using Cli cli = new();
        string file = cli.File("dual.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: both, namespace: shop, labels: {app: both}}
            spec: {containers: [{name: c}]}
            status: {podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: old, namespace: shop}
            spec: {containers: [{name: c}]}
            status: {podIPs: [{ip: 10.0.0.2}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: modern, namespace: shop}
            spec: {containers: [{name: c}]}
            status: {podIPs: [{ip: "fd00::3"}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: six, namespace: shop}
            spec: {podSelector: {matchLabels: {app: both}}, ingress: [{from: [{ipBlock: {cidr: "fd00::/64"}}], ports: [{port: 80}]}]}
            """);
        string table = cli.Run("policy", "reach", file).Out;
        Assert.Contains("IPv4: rows reach columns", table, StringComparison.Ordinal);
        Assert.Contains("IPv6: 4 peers", table, StringComparison.Ordinal);
        JsonNode json = JsonNode.Parse(cli.Run("policy", "reach", file, "--format", "json").Out)!;
        Assert.Equal(["shop/both", "shop/modern", "shop/old"], json["peers"]!.AsArray().Select(p => (string)p!).Where(p => p.StartsWith("shop/", StringComparison.Ordinal)).Order());
        Assert.Equal([6], json["pairs"]!.AsArray().Where(p => (string)p!["to"]! == "shop/both" && ((string)p["from"]!).StartsWith("shop/", StringComparison.Ordinal)).Select(p => (int)p!["family"]!));
        Assert.Contains("\"shop/modern\" -> \"shop/both\" [label=\"TCP 80\"];", cli.Run("policy", "reach", file, "--format", "dot").Out, StringComparison.Ordinal);
        Assert.Contains("<h2>IPv6</h2>", cli.Run("policy", "reach", file, "--format", "html").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tab.yaml", "kind: Namespace\nmetadata:\n\tname: x\n", "tab.yaml:3:1: error: ", "tab")]
    [InlineData("twice.yaml", "kind: Namespace\r\nmetadata:\r\n  name: x\r\n  name: y\r\n", "twice.yaml:4:3: error: ", "the key 'name' is there twice")]
    [InlineData("alias.yaml", "kind: Namespace\nmetadata: *m\n", "alias.yaml:2:11: error: ", "m")]
    public void Check_points_at_what_is_no_YAML(string name, string text, string place, string what)
    {
        using Cli cli = new();
        (int code, string output, _) = cli.Run("policy", "check", cli.File(name, text));
        Assert.Equal(1, code);
        Assert.Contains(place, output, StringComparison.Ordinal);
        Assert.Contains(what, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Diff_shows_what_opens()
    {
        using Cli cli = new();
        string old = cli.File("old/shop.yaml", Shop), fresh = cli.File("new/shop.yaml", Shop.Replace("port: 5432", "port: 5432, endPort: 5433", StringComparison.Ordinal));
        (int code, string output, _) = cli.Run("policy", "diff", old, fresh);
        Assert.Equal(1, code);
        Assert.Contains("TCP 5433", output, StringComparison.Ordinal);
        Assert.Equal(0, cli.Run("policy", "diff", old, old).ExitCode);
    }

    [Fact]
    public void Select_uses_inherited_labels()
    {
        using Cli cli = new();
        string file = cli.File("shop.yaml", Shop);
        (int code, string output, _) = cli.Run("policy", "select", "pcns.projectcalico.org/name == 'shop' && app == 'db'", file);
        Assert.Equal(0, code);
        Assert.Contains("shop/db", output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 match", output, StringComparison.Ordinal);
        Assert.Equal(1, cli.Run("policy", "select", "has(nothing)", file).ExitCode);
        Assert.Equal(2, cli.Run("policy", "select", "has(", file).ExitCode);
    }

    [Theory]
    [InlineData("allow", 0)]
    [InlineData("deny", 1)]
    public void Probe_compares_with_what_is_expected(string expected, int code)
    {
        using Cli cli = new();
        string cases = cli.File("cases.json", """
            {"cases":[{"id":"one","namespaces":[{"name":"a","labels":{}}],"pods":[{"namespace":"a","name":"x","labels":{},"ips":["10.0.0.1"],"node":"n"},{"namespace":"a","name":"y","labels":{},"ips":["10.0.0.2"],"node":"n"}],
            "policies":"","probes":[{"from":"a/x","to":"a/y","protocol":"TCP","port":80,"expected":"EXPECTED"}],"matrices":[{"protocol":"UDP","port":53,"from":["a/x"],"to":["a/x","a/y"],"rows":["?."]}]}]}
            """.Replace("EXPECTED", expected, StringComparison.Ordinal));
        (int actual, string output, _) = cli.Run("policy", "probe", cases, "--format", "json");
        Assert.Equal(code, actual);
        Assert.Equal(
            """[{"case":"one","probes":[{"from":"a/x","to":"a/y","protocol":"TCP","port":80,"verdict":"allow"},{"from":"a/x","to":"a/x","protocol":"UDP","port":53,"verdict":"allow"},{"from":"a/x","to":"a/y","protocol":"UDP","port":53,"verdict":"allow"}]}]""",
            output.Trim());
        Assert.Equal(2, cli.Run("policy", "probe", "/nonexistent.json").ExitCode);
        Assert.Equal(1, cli.Run("policy", "probe", cli.File("bad.json", """{"cases":[{"id":"x","pods":5,"probes":[{"from":"a/b","to":"c/d"}]}]}""")).ExitCode);
    }
}
