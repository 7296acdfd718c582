namespace Calico.Cli.Tests.Resources;

/// <summary>What an operator who knows calicoctl tries first.</summary>
public sealed class CalicoctlWaysTests : IDisposable
{
    private const string Pool = """
        apiVersion: projectcalico.org/v3
        kind: IPPool
        metadata: {name: pods, labels: {zone: a}}
        spec: {cidr: 10.0.0.0/24, blockSize: 26}
        """;

    private readonly Cli _cli = new();
    private readonly string _database;

    public CalicoctlWaysTests()
    {
        _database = _cli.File("calico.db", "");
        File.Delete(_database);
        Ok("apply", "-f", _cli.File("pool.yaml", Pool));
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Templates_are_outputs()
    {
        Assert.Equal("pods 10.0.0.0/24\n", Ok("get", "ippool", "-o", "go-template={{range .}}{{range .Items}}{{.ObjectMeta.Name}} {{.Spec.CIDR}}\n{{end}}{{end}}"));
        Assert.Equal("10.0.0.0/24", Ok("get", "ippool", "pods", "-o", "go-template={{range .}}{{.Spec.CIDR}}{{end}}"));
        Assert.Equal("26", Ok("get", "ippool", "pods", "-o", $"go-template-file={_cli.File("t.txt", "{{.spec.blockSize}}")}"));
        Assert.Equal("pods", Ok("get", "ippool", "-o", "jsonpath={.items[*].metadata.name}"));
        Assert.Contains("There is no file nowhere.txt", Fails("get", "ippool", "-o", "go-template-file=nowhere.txt"), StringComparison.Ordinal);
        Assert.Contains("needs something behind it", Fails("get", "ippool", "-o", "go-template="), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_found_is_still_a_list_of_the_kind()
    {
        Assert.Equal("NAME\n", Ok("get", "ipreservations"));
        Assert.Equal("NAME   CIDRS\n", Ok("get", "ipreservations", "-o", "wide"));
        Assert.Contains("kind: IPReservationList", Ok("get", "ipreservations", "-o", "yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_file_that_is_not_there_is_named()
    {
        string config = _cli.File("etcd.cfg", "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata:\nspec:\n  etcdEndpoints: http://127.0.0.1:1\n  etcdCACertFile: /no/such/ca.pem\n");
        (int code, _, string error) = _cli.Run("get", "nodes", "--config", config);
        Assert.NotEqual(0, code);
        Assert.Contains("There is no file /no/such/ca.pem", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_file_tells_the_datastore()
    {
        string config = _cli.File("calicoctl.cfg", $"apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata:\nspec:\n  datastoreType: sqlite\n  sqlitePath: {_database}\n");
        Assert.Equal("ippool/pods\n", Run("get", "ippool", "-o", "name", "--config", config).Out);
        Assert.Contains("10.0.0.0/24", Run("ipam", "show", "-c", config).Out, StringComparison.Ordinal);
        Assert.Contains("There is no configuration file /no/such.cfg", Run("get", "ippool", "-c", "/no/such.cfg").Error, StringComparison.Ordinal);
        Assert.Contains("kind is 'Other'", Run("get", "ippool", "-c", _cli.File("other.cfg", "{apiVersion: projectcalico.org/v3, kind: Other}")).Error, StringComparison.Ordinal);
        Assert.Contains("unknown field spec.etcdEndpoint;", Run("get", "ippool", "-c", _cli.File("typo.cfg", "{apiVersion: projectcalico.org/v3, kind: CalicoAPIConfig, spec: {etcdEndpoint: x}}")).Error, StringComparison.Ordinal);
        Assert.Contains(
            "DATASTORE_TYPE=kubernetes is not supported",
            Run("get", "ippool", "-c", _cli.File("k8s.cfg", "{apiVersion: projectcalico.org/v3, kind: CalicoAPIConfig, spec: {datastoreType: kubernetes, kubeconfig: /x}}")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_is_yaml_or_json_of_three_kinds()
    {
        Ok("patch", "ippool", "pods", "-p", "spec:\n  disabled: true");
        Assert.Equal("true", Ok("get", "ippool", "pods", "-o", "jsonpath={.spec.disabled}"));
        Ok("patch", "ippool", "pods", "--patch", "{metadata: {labels: {zone: null, rack: r1}}}", "--patch-type", "merge");
        Assert.Equal("{\"rack\":\"r1\"}", Ok("get", "ippool", "pods", "-o", "jsonpath={.metadata.labels}"));
        Ok("patch", "ippool", "pods", "-p", "- {op: replace, path: /spec/disabled, value: false}", "--type", "json");
        Assert.Equal("false", Ok("get", "ippool", "pods", "-o", "jsonpath={.spec.disabled}"));
        Assert.Contains("may be strategic, merge or json", Fails("patch", "ippool", "pods", "-p", "{}", "--type", "other"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deleted_pool_leaves_no_block_without_addresses_and_no_affinity()
    {
        Ok("ipam", "assign", "--node", "n1", "--handle", "stays", "--ip", "10.0.0.1");
        Ok("ipam", "assign", "--node", "n2", "--handle", "goes", "--ip", "10.0.0.65");
        Ok("ipam", "release", "--handle", "goes");
        Assert.Equal("Successfully deleted 1 'IPPool' resource(s)\n", Ok("delete", "ippool", "pods"));
        Assert.Equal("", Ok("get", "ippool", "-o", "name"));
        string show = Ok("ipam", "show", "--show-blocks");
        Assert.Contains("10.0.0.0/26", show, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.64/26", show, StringComparison.Ordinal);
        Assert.Contains("no affinity", Ok("ipam", "show", "--ip", "10.0.0.1"), StringComparison.Ordinal);
        Assert.Equal("10.0.0.1\n", Ok("ipam", "release", "--handle", "stays"));
        Assert.DoesNotContain("10.0.0.0/26", Ok("ipam", "show", "--show-blocks"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_forecast_comes_from_earlier_looks()
    {
        string history = _cli.File("history.jsonl", $$"""
            {"at":"{{TimeProvider.System.GetUtcNow().AddDays(-10):O}}","pool":"pods","inUse":0}

            """);
        Ok("ipam", "assign", "--node", "n1", "--handle", "h", "--ipv4", "100");
        string first = Ok("ipam", "forecast", "--history", history, "-o", "json");
        Assert.Equal(10, (double)System.Text.Json.Nodes.JsonNode.Parse(first)![0]!["growthPerDay"]!, 1);
        Assert.Contains(" +10 ", Ok("ipam", "forecast", "--history", history), StringComparison.Ordinal);
        Assert.Equal(3, File.ReadAllLines(history).Count(line => line.Length > 0));
        Ok("ipam", "forecast", "--history", history, "--dry-run");
        Assert.Equal(3, File.ReadAllLines(history).Count(line => line.Length > 0));
        Assert.Contains("not known yet", Ok("ipam", "forecast", "--history", _cli.File("empty.jsonl", "")), StringComparison.Ordinal);
        Assert.Contains("line 1 is no look", Fails("ipam", "forecast", "--history", _cli.File("wrong.jsonl", "{}\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_input_is_an_error_unless_it_may_be()
    {
        string empty = _cli.File("empty.yaml", "# nothing\n");
        Assert.Contains("No object is in", Fails("apply", "-f", empty), StringComparison.Ordinal);
        Ok("apply", "-f", empty, "--skip-empty", "-R");
        Ok("get", "ippool", "--allow-version-mismatch");
    }

    private string Ok(params string[] args)
    {
        (int code, string output, string error) = Run([.. args, "--datastore", $"sqlite://{_database}"]);
        Assert.True(code == 0, $"{code}: {output}{error}");
        return output;
    }

    private string Fails(params string[] args)
    {
        (int code, _, string error) = Run([.. args, "--datastore", $"sqlite://{_database}"]);
        Assert.NotEqual(0, code);
        return error;
    }

    private (int ExitCode, string Out, string Error) Run(params string[] args) => _cli.Run(args);
}
