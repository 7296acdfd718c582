using Calico.Policy.Manifests;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Quickstart;

namespace Calico.Policy.Tests.Quickstarts;

/// <summary>The README's programs: they run, and the README shows them as they are.</summary>
public class QuickstartTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Lab = Path.Combine(Root, "samples", "lab", "manifests");

    [Fact]
    public void The_programs_run()
    {
        ExplainAFlow.Run(Lab);
        FeedTheEngine.Run(Lab);
        Assert.True(ProveAProperty.Run(Lab));
    }

    [Theory]
    [InlineData("ExplainAFlow.cs")]
    [InlineData("FeedTheEngine.cs")]
    [InlineData("ProveAProperty.cs")]
    public void The_README_shows_them(string file)
    {
        string[] body = [.. File.ReadLines(Path.Combine(Root, "samples", "Quickstarts", "Policy", file))
            .SkipWhile(static l => !l.Contains(" Run(", StringComparison.Ordinal)).Skip(2).Select(static l => l.Trim()).Where(static l => l.Length > 0 && !l.StartsWith("return ", StringComparison.Ordinal)).SkipLast(2)];
        string readme = string.Join('\n', File.ReadLines(Path.Combine(Root, "src", "Calico.Policy", "README.md")).Select(static l => l.Trim()).Where(static l => l.Length > 0));
        Assert.Contains(string.Join('\n', body), readme, StringComparison.Ordinal);
    }

    // Whatever is added to namespace dev, it does not reach the database.
    [Property(MaxTest = 50)]
    public Property Nothing_in_dev_reaches_the_database()
    {
        const string Shop = """
            apiVersion: v1
            kind: Pod
            metadata: {name: db, namespace: payments, labels: {app: db}}
            ---
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata: {name: guard-db}
            spec:
              order: 1
              namespaceSelector: projectcalico.org/name == 'payments'
              selector: app == 'db'
              ingress:
              - {action: Allow, source: {namespaceSelector: projectcalico.org/name == 'payments'}}
              - {action: Deny}
            """;
        Gen<string> label = Gen.Elements("app: db", "app: web", "team: payments", "pcns.projectcalico.org/name: payments", "projectcalico.org/namespace: payments");
        return Prop.ForAll(label.ToArbitrary(), Gen.Choose(1, 65535).ToArbitrary(), (extra, port) =>
        {
            string intruder = $"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: intruder, namespace: dev, labels: {{{extra}}}}}\n---\n"
                + "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: dev}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}\n";
            ManifestCluster cluster = ManifestCluster.From(new ManifestReader().Read($"{Shop}\n{intruder}"));
            cluster.State.Should(Expect.Deny, "dev/intruder", "payments/db", port);
        });
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Calico.slnx"))) folder = folder.Parent;
        return folder!.FullName;
    }
}
