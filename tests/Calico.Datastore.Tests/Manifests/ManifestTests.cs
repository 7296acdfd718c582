namespace Calico.Datastore.Tests.Manifests;

public sealed class ManifestTests : IAsyncDisposable
{
    private const string Pool = """
        # a comment first
        apiVersion: projectcalico.org/v3
        kind: IPPool
        metadata:
          name: pool-1
          labels:
            zone: a
        spec:
          cidr: 10.0.0.0/16
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly MemoryDatastore _store = new();
    private readonly ResourceStore _resources;

    public ManifestTests() => _resources = new(_store);

    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Documents_lists_and_default_namespaces_are_read()
    {
        ManifestSnapshot read = ManifestReader.Read($$"""
            {{Pool}}
            ---
            apiVersion: v1
            kind: List
            items:
              - {apiVersion: v1, kind: Namespace, metadata: {name: shop} }
              - {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {nodeName: n} }
            ---
            # nothing here
            """, "a.yaml");
        Assert.Empty(read.Problems);
        Assert.Equal(["IPPool pool-1", "Namespace shop", "Pod default/web"], read.Objects.Select(o => o.Resource.Key.ToString()));
        Assert.Equal([2, 14, 15], read.Objects.Select(o => o.Line));
    }

    [Theory]
    [InlineData("zone: a", "zone: 'no spaces allowed'", "a.yaml:7: IPPool pool-1: metadata.labels.zone: ")]
    [InlineData("kind: IPPool", "kind: IPPol", "a.yaml:3: IPPol pool-1: kind: 'IPPol' of projectcalico.org/v3 is not a known kind")]
    [InlineData("name: pool-1", "name: Pool_1", "a.yaml:5: IPPool Pool_1: metadata.name: ")]
    [InlineData("  name: pool-1\n", "", "a.yaml:4: IPPool: metadata.name: is missing")]
    [InlineData("metadata:", "metadata: [", "a.yaml:")]
    public void An_error_names_file_line_object_field_and_reason(string old, string broken, string expected)
    {
        ManifestSnapshot read = ManifestReader.Read(Pool.Replace(old, broken, StringComparison.Ordinal), "a.yaml");
        Assert.Empty(read.Objects);
        Assert.StartsWith(expected, Assert.Single(read.Problems.Take(1)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_manifest_keeps_its_objects_and_the_others_go_on()
    {
        await File.WriteAllTextAsync(_folder.File("a.yaml"), Pool, Bound);
        await File.WriteAllTextAsync(_folder.File("b.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}", Bound);
        ManifestSync sync = new(new ManifestFolder(_folder.Path), _resources);
        ManifestSyncReport first = await sync.RunOnceAsync(Bound);
        Assert.Equal(["Namespace shop", "IPPool pool-1"], first.Created.Select(k => k.ToString()));

        await File.WriteAllTextAsync(_folder.File("a.yaml"), Pool.Replace("  cidr", " cidr: [", StringComparison.Ordinal), Bound);
        await File.WriteAllTextAsync(_folder.File("b.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: x}}}", Bound);
        ManifestSyncReport broken = await sync.RunOnceAsync(Bound);
        Assert.Equal("a.yaml", Assert.Single(broken.Problems).File);
        Assert.Equal(["Namespace shop"], broken.Updated.Select(k => k.ToString()));
        Assert.Empty(broken.Deleted);
        Assert.NotNull(await _resources.GetAsync(new(ResourceKinds.IPPool, "pool-1"), Bound));

        File.Delete(_folder.File("a.yaml"));
        Assert.Equal(["IPPool pool-1"], (await sync.RunOnceAsync(Bound)).Deleted.Select(k => k.ToString()));
        Assert.Null(await _resources.GetAsync(new(ResourceKinds.IPPool, "pool-1"), Bound));
    }

    [Fact]
    public async Task One_invalid_object_of_a_file_keeps_its_old_form_while_its_neighbour_changes_and_another_leaves()
    {
        static string Space(string name, string label) => $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{l: '{label}'}}\n---\n";
        string file = _folder.File("a.yaml");
        await File.WriteAllTextAsync(file, Space("a", "1") + Space("b", "1") + Space("c", "1"), Bound);
        ManifestFolder folder = new(_folder.Path);
        folder.Read();
        await File.WriteAllTextAsync(file, Space("a", "not valid") + Space("b", "2"), Bound);
        ManifestSnapshot now = folder.Read();
        Assert.Equal(["a=1", "b=2"], now.Objects.Select(o => $"{o.Resource.Name}={o.Resource.Labels["l"]}").Order(StringComparer.Ordinal));
        ManifestProblem problem = Assert.Single(now.Problems);
        Assert.Equal(("a.yaml", 5, "Namespace a", "metadata.labels.l"), (problem.File, problem.Line, problem.Object, problem.Field));
    }

    [Fact]
    public void An_object_in_two_files_is_named_in_both()
    {
        File.WriteAllText(_folder.File("a.yaml"), Pool);
        Directory.CreateDirectory(_folder.File("sub"));
        File.WriteAllText(_folder.File("sub/b.yml"), Pool);
        File.WriteAllText(_folder.File(".hidden.yaml"), "not: [yaml");
        ManifestSnapshot read = new ManifestFolder(_folder.Path).Read();
        Assert.Equal("a.yaml", Assert.Single(read.Objects).File);
        Assert.Equal("sub/b.yml:2: IPPool pool-1: stands in a.yaml:2 already; that one counts", Assert.Single(read.Problems).ToString());
    }

    [Fact]
    public async Task A_folder_is_followed()
    {
        ManifestSync sync = new(new ManifestFolder(_folder.Path), _resources);
        int round = 0;
        await foreach (ManifestSyncReport report in sync.RunAsync(Bound))
        {
            switch (round++)
            {
                case 0:
                    Assert.Empty(report.Created);
                    await File.WriteAllTextAsync(_folder.File("a.yaml.tmp"), Pool, Bound);
                    File.Move(_folder.File("a.yaml.tmp"), _folder.File("a.yaml"));
                    break;
                case 1:
                    Assert.Single(report.Created);
                    File.Delete(_folder.File("a.yaml"));
                    break;
                case 2:
                    Assert.Single(report.Deleted);
                    return;
            }
        }
    }

    [Fact]
    public void The_labs_own_manifests_are_valid()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Calico.slnx"))) root = Path.GetDirectoryName(root);
        ManifestSnapshot read = new ManifestFolder(Path.Combine(root!, "samples", "lab", "manifests")).Read();
        Assert.Empty(read.Problems);
        Assert.NotEmpty(read.Objects);
    }
}
