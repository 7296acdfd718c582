using System.Text;

namespace Calico.Cli.Tests;

/// <summary>Whatever stands in a file, every verb answers: an exit code and words, never an exception, a hang or a crash.</summary>
public sealed class AnyTextTests
{
    private const int Megabyte = 1 << 20;

    private const string Good = """
        apiVersion: v1
        kind: Pod
        metadata: {name: a, namespace: shop, labels: {app: a}}
        spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}
        ---
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          selector: app == 'a'
          order: 1.5
          types: [Ingress, Egress]
          ingress: [{action: Allow, protocol: TCP, source: {nets: [10.0.0.0/8], notPorts: [1]}, destination: {ports: [80, "90:99", http]}}]
          egress: [{action: Deny, protocol: ICMP, icmp: {type: 8, code: 0}, destination: {selector: has(app), namespaceSelector: global()}}]
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {name: c}
        spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{nodes: {}}, {networks: [0.0.0.0/0]}], protocols: [{tcp: {destinationPort: {number: 25}}}]}]}
        """;

    private static readonly string[] Pieces = ["{", "}", "[", "]", ":", "\n", "- ", "\t", "&a ", "*a", "!!", "<<: ", "'", "\"", "---\n", "\0", "\uFEFF", "é", "-1", "99999999999999999999", "null", "~", "true", "\\", "%", "|", ">", "0x7f", "{}", "[]", "all()", "(", "||"];

    public static TheoryData<string> Extremes() =>
    [
        "", " ", "null", "[]", "5", "\uFEFF", "---\n---\n", new string('[', Megabyte), new string('{', Megabyte), "a: " + new string('(', Megabyte), "\"" + new string('\\', Megabyte),
        Policy("selector: \"" + string.Join("||", Enumerable.Range(0, 60_000).Select(i => $"a=='{i}'")) + "\""),
        Policy("selector: \"" + new string('!', Megabyte) + "all()\""),
        Policy("selector: \"" + new string('(', Megabyte / 2) + "all()" + new string(')', Megabyte / 2) + "\""),
        Policy("ingress: [" + string.Join(',', Enumerable.Repeat("{action: Allow}", 40_000)) + "]"),
        Policy("ingress: [{action: Allow, source: {nets: [" + string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"10.{i >> 8 & 255}.{i & 255}.0/24")) + "]}}]"),
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range('b', 12).Select(c => $"{(char)c}: &{(char)c} [{string.Join(',', Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n")),
    ];

    [Theory, MemberData(nameof(Extremes))]
    public void Extremes_are_answered(string text)
    {
        using Cli cli = new();
        AllVerbs(cli, cli.File("any", text));
    }

    [Fact]
    public void Manifests_with_mistakes_are_answered()
    {
        using Cli cli = new();
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int run = 0; run < 60; run++)
        {
            StringBuilder text = new(Good);
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(text.Length);
                if (random.Next(2) == 0) text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                text.Insert(Math.Min(at, text.Length), Pieces[random.Next(Pieces.Length)]);
            }

            try
            {
                AllVerbs(cli, cli.File("any", text.ToString()));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, run {run}:\n{text}", e);
            }
        }
    }

    private static void AllVerbs(Cli cli, string file)
    {
        string good = cli.File("good.yaml", Good);
        string[][] verbs =
        [
            ["check", file], ["reach", file], ["reach", file, "--format", "json"], ["diff", good, file], ["select", "has(app)", file], ["probe", file],
            ["explain", "--from", "shop/a", "--to", "192.0.2.1", "--port", "80/TCP", good, file],
        ];
        Parallel.ForEach(verbs, verb =>
        {
            (int code, string output, string error) = cli.Run(["policy", .. verb]);
            Assert.True(code is 0 or 1 or 2 && !(output + error).Contains("   at Calico.", StringComparison.Ordinal), $"{string.Join(' ', verb)}: {code}\n{output}\n{error}");
        });
    }

    private static string Policy(string spec) =>
        $"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: shop}}\nspec: {{containers: [{{name: c}}]}}\n---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {{name: p}}\nspec: {{{spec}}}\n";
}
