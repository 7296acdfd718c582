using System.Text.Json.Nodes;
using Calico.Cli.Output.GoTemplates;
using Calico.Cli.Output.JsonPaths;
using Calico.Cli.Resources;

namespace Calico.Cli.Tests.Resources;

/// <summary>Templates against what Go's text/template and kubectl's jsonpath print.</summary>
public sealed class OutputTemplateTests
{
    private static readonly JsonNode Pools = JsonNode.Parse("""
        {
          "kind": "IPPoolList",
          "items": [
            {"kind": "IPPool", "metadata": {"name": "a", "labels": {"zone": "z1", "app": "x"}}, "spec": {"cidr": "10.0.0.0/16", "blockSize": 26, "allowedUses": ["Workload", "Tunnel"], "disabled": false}},
            {"kind": "IPPool", "metadata": {"name": "b.c"}, "spec": {"cidr": "fd00::/64", "blockSize": 122, "allowedUses": [], "disabled": true}}
          ]
        }
        """)!;

    [Theory]
    [InlineData("{{range .}}{{range .Items}}{{.ObjectMeta.Name}} {{.Spec.CIDR}}\n{{end}}{{end}}", "a 10.0.0.0/16\nb.c fd00::/64\n")]
    [InlineData("{{range .items}}{{.metadata.name}},{{end}}", "a,b.c,")]
    [InlineData("{{range .Items}}{{if .Spec.Disabled}}off{{else if eq .Spec.BlockSize 26}}26{{else}}on{{end}} {{end}}", "26 off ")]
    [InlineData("{{range $i, $p := .items}}{{$i}}={{$p.metadata.name}};{{end}}", "0=a;1=b.c;")]
    [InlineData("{{range $k, $v := (index .items 0).metadata.labels}}{{$k}}:{{$v}} {{end}}", "app:x zone:z1 ")]
    [InlineData("{{range .items}}{{join .Spec.AllowedUses \"+\"}}|{{end}}", "Workload+Tunnel||")]
    [InlineData("{{with index .items 0}}{{joinAndTruncate .Spec.AllowedUses \",\" 8}}{{end}}", "Workl...")]
    [InlineData("{{len .items}} {{(index .items 1).spec.cidr | printf \"<%-12s>\"}}", "2 <fd00::/64   >")]
    [InlineData("{{range .items}}{{range .spec.allowedUses}}{{.}} {{else}}none{{end}}{{end}}", "Workload Tunnel none")]
    [InlineData("a {{- /* gone */ -}} b", "ab")]
    [InlineData("x  {{- \"y\" -}}  z", "xyz")]
    [InlineData("{{$n := 0}}{{range .items}}{{$n = .spec.blockSize}}{{end}}{{$n}}", "122")]
    [InlineData("{{range .items}}{{if ne .metadata.name \"a\"}}{{continue}}{{end}}{{.metadata.name}}{{end}}", "a")]
    [InlineData("{{range .items}}{{.metadata.name}}{{break}}{{end}}", "a")]
    [InlineData("{{if and .items (not .nothing)}}{{or .nothing \"default\"}}{{end}}", "default")]
    [InlineData("{{printf \"%q %5d %t %v%%\" \"a\" 7 true (index .items 0).spec.allowedUses}}", "\"a\"     7 true [Workload Tunnel]%")]
    [InlineData("{{range .items}}{{$.kind}} {{end}}", "IPPoolList IPPoolList ")]
    [InlineData("{{index .items 0 \"metadata\" \"labels\"}}", "map[app:x zone:z1]")]
    [InlineData("{{if lt 1 2}}{{if ge \"b\" \"a\"}}yes{{end}}{{end}}", "yes")]
    [InlineData("{{range 3}}{{.}}{{end}}", "012")]
    public void A_go_template_prints_what_Go_prints(string template, string expected) =>
        Assert.Equal(expected, GoTemplate.Run(template, new JsonArray(Pools.DeepClone())));

    [Theory]
    [InlineData("{{", "is missing")]
    [InlineData("{{.a", "}} is missing")]
    [InlineData("\n{{if .a}}x", "line 2: 'if' is not closed")]
    [InlineData("{{end}}", "'end' closes nothing")]
    [InlineData("{{nonsense 1}}", "function \"nonsense\" not defined")]
    [InlineData("{{$x}}", "undefined variable $x")]
    [InlineData("{{index .items 7}}", "index out of range: 7")]
    [InlineData("{{.kind.deeper}}", "can't evaluate field deeper")]
    [InlineData("{{template \"x\"}}", "not supported")]
    [InlineData("{{printf \"%s\"}}", "too few arguments")]
    [InlineData("{{\"a}}", "a string is not closed")]
    public void A_wrong_go_template_says_what_and_where(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<CommandException>(() => GoTemplate.Run(template, new JsonArray(Pools.DeepClone()))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{.items[*].metadata.name}", "a b.c")]
    [InlineData("{.items[0].spec.cidr}", "10.0.0.0/16")]
    [InlineData("{.items[-1].metadata.name}", "b.c")]
    [InlineData("{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.blockSize}{\"\\n\"}{end}", "a\t26\nb.c\t122\n")]
    [InlineData("{.items[?(@.spec.disabled==true)].metadata.name}", "b.c")]
    [InlineData("{.items[?(@.spec.blockSize<100)].metadata.name}", "a")]
    [InlineData("{.items[?(@.metadata.name == \"b.c\")].spec.cidr}", "fd00::/64")]
    [InlineData("{.items[?(@.metadata.labels)].metadata.name}", "a")]
    [InlineData("{..name}", "a b.c")]
    [InlineData("{.items[0].metadata.labels['zone','app']}", "z1 x")]
    [InlineData("{.items[0:1].metadata.name}", "a")]
    [InlineData("{.items[0].spec.allowedUses}", "[\"Workload\",\"Tunnel\"]")]
    [InlineData("name: {$.items[0].metadata.name}!", "name: a!")]
    [InlineData("{.items[*].nothing}", "")]
    [InlineData("{range .nothing[*]}x{end}y", "y")]
    [InlineData("{.items[0].metadata.*}", "a {\"zone\":\"z1\",\"app\":\"x\"}")]
    public void A_jsonpath_prints_what_kubectl_prints(string template, string expected) => Assert.Equal(expected, JsonPathTemplate.Run(template, Pools));

    [Theory]
    [InlineData("{.items[0", "not closed")]
    [InlineData("{range .items[*]}x", "{end} is missing")]
    [InlineData("{end}", "closes nothing")]
    [InlineData("{.items[x]}", "'x' is no index")]
    [InlineData("{.items", "a brace is not closed")]
    public void A_wrong_jsonpath_says_what(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<CommandException>(() => JsonPathTemplate.Run(template, Pools)).Message, StringComparison.Ordinal);
}
