using System.Text.Json.Nodes;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Tests;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Manifests;

public class ManifestReaderTests
{
    private static readonly ManifestReader Reader = new();

    public static IEnumerable<TheoryDataRow<string>> Netpol =>
        ((string[])["adversarial", "calico", "k8s-e2e", "recipes", "npa-v1alpha1-anp-banp", "npa-v1alpha2-cnp", "npguard"]).SelectMany(f => ConformanceCases.Of($"netpol/{f}.json"));

    [Theory, MemberData(nameof(Netpol))]
    public void Policies_of_the_conformance_suites_are_read_and_written_back(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        ManifestSet set = Reader.Read((string)@case["policies"]!, "policies");
        Assert.DoesNotContain(set.Diagnostics, d => d.Message.Contains("not YAML", StringComparison.Ordinal));
        foreach (ManifestObject item in set.Objects)
        {
            if (item.Kind is "FelixConfiguration") continue;
            Assert.NotNull(item.Resource);
            ManifestSet again = Reader.Read(ResourceJson.Write(item.Resource, indented: true));
            Assert.Equal(item.Resource, Assert.Single(again.Objects).Resource);
        }
    }

    [Fact]
    public void Errors_name_file_line_column_object_and_path()
    {
        ManifestSet set = Reader.Read(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: a
              namespace: shop
            spec:
              podSelector: {matchLabels: {app: 5}}
              ingres: []
              ingress:
              - ports:
                - port: {x: 1}
              - from: nobody
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            """,
            "shop.yaml");
        Assert.Equal(
            [
                "shop.yaml:7:36: error: NetworkPolicy shop/a: spec.podSelector.matchLabels.app: the value of 'app' must be text, found the number 5: put it in quotes",
                "shop.yaml:11:7: error: NetworkPolicy shop/a: spec.ingress[0].ports[0].port: expected a whole number or text, found an object",
                "shop.yaml:12:11: error: NetworkPolicy shop/a: spec.ingress[1].from: expected a list, found the text \"nobody\"",
                "shop.yaml:8:3: warning: NetworkPolicy shop/a: spec.ingres: there is no field 'ingres'; did you mean 'ingress'?; it is ignored",
            ],
            set.Diagnostics.Select(d => d.ToString()).OrderBy(t => t.Contains("warning", StringComparison.Ordinal)));
        Assert.Equal("  podSelector: {matchLabels: {app: 5}}", set.Diagnostics[0].SourceLine);
        Assert.Equal(["NetworkPolicy shop/a", "Namespace shop"], set.Objects.Select(o => o.ToString()));
        Assert.Equal([false, true], set.Objects.Select(o => o.IsValid));
        PolicyModel closed = (PolicyModel)set.Objects[0].ToModel()!;
        Assert.Equal([new RuleModel { Action = RuleAction.Deny }], closed.Ingress);
    }

    [Fact]
    public void A_bad_rule_fails_closed_and_the_others_stand()
    {
        ManifestSet set = Reader.Read(
            """
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata: {name: a}
            spec:
              selector: has(x)
              ingress:
              - {action: Allow, protocol: TCP, destination: {ports: [1]}}
              - {action: Allow, source: {nets: 5}}
              - {action: Deny, protocol: TCP, destination: {ports: ["9:1"]}}
              - {action: Allow, protocol: UDP}
            """);
        PolicyModel policy = (PolicyModel)Assert.Single(set.Objects).ToModel()!;
        Assert.Equal("has(x)", policy.Selector);
        Assert.Equal([RuleAction.Allow, RuleAction.Deny, RuleAction.Allow], policy.Ingress.Select(r => r.Action));
        Assert.Equal(new RuleModel { Action = RuleAction.Deny }, policy.Ingress[1]);
        Assert.Equal([8, 9], set.Diagnostics.Select(d => d.Line));
    }

    [Fact]
    public void Lists_and_unknown_kinds_are_kept()
    {
        ManifestSet set = Reader.Read("""{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}},{"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"p"},"spec":{"cidr":"10.0.0.0/8"}},{"kind":"X"}]}""");
        Assert.Equal(["Namespace a", "IPPool p"], set.Objects.Select(o => o.ToString()));
        Assert.Null(set.Objects[1].Resource);
        Assert.Equal("10.0.0.0/8", (string)JsonNode.Parse(set.Objects[1].Json)!["spec"]!["cidr"]!);
        Assert.Equal("apiVersion", Assert.Single(set.Diagnostics).Path);
    }

    [Fact]
    public void Missing_files_are_diagnostics() =>
        Assert.Equal(Severity.Error, Assert.Single(Reader.ReadFiles("/nonexistent/x.yaml").Diagnostics).Severity);

    [Fact]
    public void The_labs_manifests_are_valid()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Calico.slnx"))) folder = folder.Parent;
        ManifestSet set = Reader.ReadFiles(Path.Combine(folder!.FullName, "samples", "lab", "manifests"));
        Assert.Empty(set.Diagnostics);
        Assert.True(set.Objects.Count > 15);
    }

    [Property(MaxTest = 500)]
    public Property Damaged_manifests_never_throw()
    {
        const string Manifest = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: a, namespace: b, labels: {x: y}}\nspec:\n  order: 5\n  types: [Ingress]\n  ingress:\n  - {action: Allow, protocol: TCP, source: {nets: [10.0.0.0/8], selector: has(x)}, destination: {ports: [1, '2:3', x]}}\n";
        Gen<string> damaged = Gen.Choose(0, Manifest.Length - 1).SelectMany(at => Gen.Choose(0, 12).SelectMany(length => Gen.Elements("", " ", "{", "}", "[", "null", "5", "'", "\n", "- ", ": ", "\uD800", "true"))
            .Select(insert => Manifest[..at] + insert + Manifest[Math.Min(Manifest.Length, at + 3)..]));
        return Prop.ForAll(damaged.ToArbitrary(), text =>
        {
            ManifestSet set = Reader.Read(text);
            foreach (ManifestObject item in set.Objects) item.ToModel();
            return set.Diagnostics.All(d => d.Line > 0 && d.Message.Length > 0);
        });
    }
}
