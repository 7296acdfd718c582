using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;
using Calico.Datastore;
using Calico.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Cli.Tests.Resources;

public sealed class ResourceCommandTests : IDisposable
{
    private const string Pool = "{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: pool-1}, spec: {cidr: 10.0.0.0/16}}";

    private readonly string _folder = Directory.CreateTempSubdirectory("calico-cli-").FullName;

    public static IEnumerable<TheoryDataRow<string>> JoinCases =>
        Conformance.Root is { } root
            ? JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "calicoctl", "join_and_truncate.json"))).RootElement.GetProperty("cases").EnumerateArray()
                .Select(c => new TheoryDataRow<string>(c.GetRawText()) { TestDisplayName = c.GetProperty("id").GetString() })
            : [new TheoryDataRow<string>("")];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(JoinCases))]
    public void Lists_become_cells_as_calicoctl_makes_them(string text)
    {
        if (text.Length == 0) Conformance.Folder("calicoctl");
        JsonNode one = JsonNode.Parse(text)!;
        Assert.Equal((string)one["expected"]!, TableCells.Join(one["items"], (string)one["separator"]!, (int)one["maxLength"]!));
    }

    [Fact]
    public void Objects_are_created_shown_changed_and_deleted()
    {
        string file = Write("pool.yaml", Pool);
        Assert.Equal((0, "Successfully created 1 'IPPool' resource(s)\n", ""), Run("create", "-f", file));
        (int code, _, string error) = Run("create", "-f", file);
        Assert.Equal(1, code);
        Assert.EndsWith("Failed to create 'IPPool' resource: IPPool pool-1 exists already.\n", error, StringComparison.Ordinal);
        Assert.Equal((0, "Successfully created 0 resource(s)\n", ""), Run("create", "-f", file, "--skip-exists"));
        Assert.Equal("NAME     CIDR          SELECTOR\npool-1   10.0.0.0/16   all()\n", Run("get", "ippool").Output);
        Assert.Equal("ippool/pool-1\n", Run("get", "pool/pool-1", "-o", "name").Output);
        Assert.Equal("NAME     DISABLED\npool-1   false\n", Run("get", "ippools", "-o", "custom-columns=NAME,DISABLED").Output);
        Assert.Equal("Successfully patched 1 'IPPool' resource\n", Run("patch", "ippool", "pool-1", "-p", "{\"spec\":{\"disabled\":true}}").Output);
        Assert.Equal(true, (bool?)JsonNode.Parse(Run("get", "ippool", "pool-1", "-o", "json").Output)!["spec"]!["disabled"]);
        Assert.Equal("Successfully set label zone on ippools pool-1\n", Run("label", "ippool", "pool-1", "zone=a").Output);
        Assert.Equal(1, Run("label", "ippool", "pool-1", "zone=b").Code);
        Assert.Equal("ippool/pool-1\n", Run("get", "ippool", "-l", "zone == 'a'", "-o", "name").Output);
        Assert.Equal("", Run("get", "ippool", "-l", "zone == 'b'", "-o", "name").Output);
        Assert.Equal((1, "", "resource does not exist: IPPool(nope)\n"), Run("get", "ippool", "nope", "-o", "name"));
        Assert.Equal((0, "Successfully deleted 1 'IPPool' resource(s)\n", ""), Run("delete", "-f", file));
        Assert.Equal((1, "", "Failed to delete 'IPPool' resource: resource does not exist: IPPool(pool-1)\n"), Run("delete", "ippool", "pool-1"));
        Assert.Equal(0, Run("delete", "ippool", "pool-1", "--skip-not-exists").Code);
    }

    [Fact]
    public void What_yaml_shows_can_be_applied_again_and_a_stale_copy_cannot_be_replaced()
    {
        Run("apply", "-f", Write("pool.yaml", Pool));
        string stale = Write("stale.yaml", Run("get", "ippool", "pool-1", "-o", "yaml").Output);
        string bare = Write("bare.yaml", Run("get", "ippool", "pool-1", "-o", "yaml", "--export").Output);
        Assert.DoesNotContain("uid", File.ReadAllText(bare), StringComparison.Ordinal);
        Run("label", "ippool", "pool-1", "a=b");
        (int code, _, string error) = Run("replace", "-f", stale);
        Assert.Equal(1, code);
        Assert.Contains("has been changed by somebody else", error, StringComparison.Ordinal);
        Assert.Equal(0, Run("replace", "-f", bare).Code);
        Assert.DoesNotContain("a: b", Run("get", "ippool", "pool-1", "-o", "yaml").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invalid_object_is_named_and_the_others_are_written()
    {
        string file = Write("two.yaml", $"{Pool}\n---\napiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {{name: x}}\nspec:\n  peerIP: nonsense\n");
        (int code, string output, string error) = Run("apply", "-f", file);
        Assert.Equal((1, "Successfully applied 1 'IPPool' resource(s)\n"), (code, output));
        Assert.StartsWith($"{file}:7: BGPPeer x: spec.peerIP: 'nonsense'", error, StringComparison.Ordinal);
        Assert.Equal(1, Run("validate", "-f", file).Code);
    }

    [Fact]
    public void Pools_may_not_overlap_nor_change_their_range()
    {
        Run("apply", "-f", Write("a.yaml", Pool));
        Assert.Contains("overlaps with pool pool-1", Run("apply", "-f", Write("b.yaml", Pool.Replace("pool-1", "pool-2", StringComparison.Ordinal))).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be changed", Run("apply", "-f", Write("c.yaml", Pool.Replace("10.0.", "10.1.", StringComparison.Ordinal))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_datastore_moves_to_another_whole()
    {
        Run("apply", "-f", Write("pool.yaml", Pool));
        Assert.Equal(1, Run("datastore", "export").Code);
        Run("datastore", "lock");
        string dump = Run("datastore", "export").Output;
        string file = Write("dump.yaml", dump);
        Assert.Contains("is not empty", Run("datastore", "import", "-f", file).Error, StringComparison.Ordinal);
        string other = $"sqlite://{_folder}/other.db";
        Assert.Contains("cut off", RunOn(other, "datastore", "import", "-f", Write("cut.yaml", dump[..^40])).Error, StringComparison.Ordinal);
        Assert.Equal(0, RunOn(other, "datastore", "import", "-f", file).Code);
        Assert.Equal(dump, RunOn(other, "datastore", "export").Output);
        Assert.Equal("Datastore unlocked.\n", RunOn(other, "datastore", "unlock").Output);
    }

    [Theory]
    [InlineData("get", "nonsense", "resource type 'nonsense' is not supported.")]
    [InlineData("get", "ippol", "Did you mean ippools")]
    [InlineData("apply", "-f", "/does/not/exist.yaml", "There is no file or folder /does/not/exist.yaml.")]
    [InlineData("get", "ippool", "-o", "xml", "unrecognized output format 'xml'")]
    [InlineData("patch", "ippool", "pool-1", "-p", "{", "--patch is neither YAML nor JSON: line 1")]
    public void Mistakes_get_one_clear_line(params string[] words)
    {
        (int code, _, string error) = Run(words[..^1]);
        Assert.Equal(1, code);
        Assert.Contains(words[^1], error, StringComparison.Ordinal);
    }

    [Fact]
    public void Yaml_reads_back_as_the_same_json() => Check.QuickThrowOnFailure(Prop.ForAll(Trees.ToArbitrary(), json =>
    {
        JsonObject wanted = new() { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = "x", ["namespace"] = "default" }, ["spec"] = JsonNode.Parse(json) };
        ManifestSnapshot read = ManifestReader.Read(YamlText.Write(wanted), "x", []);
        return read.Objects.Count == 1 && JsonNode.DeepEquals(wanted, read.Objects[0].Resource.Json);
    }));

    private static Gen<string> Trees => Gen.Sized(size => Tree(Math.Min(size / 8, 4)));

    private static Gen<string> Scalars => Gen.OneOf(
        Gen.Elements("1", "-1", "1.5", "true", "false", "null", "18446744073709551615", "\"\"", "\"1\"", "\"0x1f\"", "\"1e3\"", "\"yes\"", "\"NULL\"", "\"- a\"", "\"a: b\"", "\"a #b\"", "\"2026-01-01\"", "\"12:30:00\"", "\"'\"", "\"\\n x\"", "\"#x\"", "\"{}\"", "\"*\"", "\"=\"", "\"1_000\"", "\"0o7\"", "\"~\"", "\"é\"", "\"\\u0085\""),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => JsonSerializer.Serialize(s.Get.Replace("\0", "", StringComparison.Ordinal).Where(c => !char.IsSurrogate(c) && c is not ('\ufffe' or '\uffff')).Aggregate("", (t, c) => t + c))));

    private static Gen<string> Tree(int depth) => depth == 0 ? Scalars : Gen.OneOf(
        Scalars,
        Tree(depth - 1).ListOf(3).Select(items => $"[{string.Join(',', items)}]"),
        Tree(depth - 1).ListOf(3).Select(items => $"{{{string.Join(',', items.Select((item, i) => $"\"{"abc"[i]}{(i == 1 ? ".x/y" : i == 2 ? ": " : "")}\":{item}"))}}}"));

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private (int Code, string Output, string Error) Run(params string[] words) => RunOn($"sqlite://{_folder}/store.db", words);

    private static (int Code, string Output, string Error) RunOn(string datastore, params string[] words)
    {
        using StringWriter output = new(), error = new();
        string[] all = words[0] == "validate" ? words : [.. words, "--datastore", datastore];
        int code = CalicoCommand.Run(all, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
