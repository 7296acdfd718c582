using System.Text.RegularExpressions;
using Calico.Dataplane.Tests.Support;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Readme;

/// <summary>The ruleset that docs/dataplane.md explains line by line is the one that is made: nft lists it, notes taken off.</summary>
public sealed partial class DocumentedRulesetTests
{
    [Fact]
    public async Task The_documented_ruleset_is_what_nft_lists()
    {
        using PrivateNetns ns = PrivateNetns.Create("docs");
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1,fd00::1", Node, ("app", "web")) with { InterfaceName = "caliweb" });
        cluster.Engine.Upsert(Pod("prod", "api", "10.0.0.2", Node, ("app", "api")) with { InterfaceName = "caliapi" });
        cluster.Engine.Upsert(Pod("prod", "db", "10.0.1.3", "n2", ("app", "db")));
        cluster.Engine.Upsert(Policy_("api", "app == 'api'", Allow("app == 'web'", 80), Allow("app == 'db'")));
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default with { Shape = PolicyShape.Chains }, ns.Handle);
        dataplane.Apply(cluster.Start());
        Assert.Empty((await dataplane.FlushAsync(TestContext.Current.CancellationToken)).Problems);

        string listed = ns.Run("nft", "-s list table inet calico");
        Assert.True(Bare(listed) == Bare(Documented()), $"docs/dataplane.md shows another ruleset than nft lists:\n{listed}");
    }

    private static string Documented()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Calico.slnx"))) root = root.Parent;
        string text = File.ReadAllText(Path.Combine(root!.FullName, "docs", "dataplane.md"));
        int start = text.IndexOf("```\ntable inet calico {", StringComparison.Ordinal) + 4;
        Assert.True(start > 4, "docs/dataplane.md has no block that begins with 'table inet calico {'");
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
    }

    // A note begins with two spaces and a hash; how lines are indented and broken is the page's business, the order of elements the kernel's.
    private static string Bare(string ruleset)
    {
        string text = Spaces().Replace(string.Join(' ', ruleset.Split('\n').Select(line => Note().Replace(line, ""))), " ").Trim();
        return Elements().Replace(text, found => $"elements = {{ {string.Join(", ", found.Groups[1].Value.Split(", ").Order(StringComparer.Ordinal))} }}");
    }

    [GeneratedRegex(@"elements = \{ ([^}]*) \}")]
    private static partial Regex Elements();

    [GeneratedRegex(@"(^|\s{2,})# .*$")]
    private static partial Regex Note();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
