using System.Text.Json.Nodes;

namespace Calico.Cli.Tests.Ipam;

public sealed class IpamCommandTests : IDisposable
{
    private readonly Cli _cli = new();
    private readonly string _store;

    public IpamCommandTests()
    {
        _store = $"sqlite://{_cli.File("calico.db", "")}";
        File.Delete(_store["sqlite://".Length..]);
        Apply("pool.yaml", """
            apiVersion: projectcalico.org/v3
            kind: IPPool
            metadata: {name: pods}
            spec: {cidr: 10.0.0.0/24, blockSize: 26, nodeSelector: all()}
            """);
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Assign_and_release_for_scripts()
    {
        string[] addresses = Ok("ipam", "assign", "--node", "n1", "--handle", "vm-1", "--ipv4", "2").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, addresses.Distinct().Count());
        JsonNode json = JsonNode.Parse(Ok("ipam", "assign", "--node", "n1", "--handle", "vm-2", "--ip", "10.0.0.7", "--pool", "pods", "-o", "json"))!;
        Assert.Equal("10.0.0.7", json[0]!["ip"]!.GetValue<string>());
        Assert.Contains("Address already assigned in block", Fails("ipam", "assign", "--node", "n1", "--handle", "vm-3", "--ip", "10.0.0.7"), StringComparison.Ordinal);
        Assert.Contains("IP 10.0.0.7 is in use", Ok("ipam", "show", "--ip", "10.0.0.7"), StringComparison.Ordinal);
        Assert.Equal(addresses, Ok("ipam", "release", "--handle", "vm-1").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("IPAMHandle(vm-1)", Fails("ipam", "release", "--handle", "vm-1"), StringComparison.Ordinal);
        Assert.Contains("Successfully released IP address 10.0.0.7", Ok("ipam", "release", "--ip", "10.0.0.7"), StringComparison.Ordinal);
        Assert.Contains("10.0.0.7 is not assigned", Ok("ipam", "show", "--ip", "10.0.0.7"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_datastore_and_a_negative_count_are_refused()
    {
        Assert.Contains("cannot assign -1 addresses", Fails("ipam", "assign", "--node", "n1", "--handle", "vm-1", "--ipv4", "-1"), StringComparison.Ordinal);
        Ok("datastore", "lock");
        Assert.Contains("the datastore is locked", Fails("ipam", "assign", "--node", "n1", "--handle", "vm-1"), StringComparison.Ordinal);
        Ok("ipam", "assign", "--node", "n1", "--handle", "vm-1", "--force");
        Ok("datastore", "unlock");
        Ok("ipam", "assign", "--node", "n1", "--handle", "vm-1");
    }

    [Fact]
    public void A_request_that_fails_leaves_nothing_behind()
    {
        Ok("ipam", "assign", "--node", "n1", "--handle", "a", "--ip", "10.0.0.1");
        Fails("ipam", "assign", "--node", "n1", "--handle", "b", "--ip", "10.0.0.2", "--ip", "10.0.0.1");
        Assert.Contains("is not assigned", Ok("ipam", "show", "--ip", "10.0.0.2"), StringComparison.Ordinal);
    }

    [Fact]
    public void Show_draws_calicoctls_tables()
    {
        Ok("ipam", "assign", "--node", "n1", "--handle", "vm-1", "--ip", "10.0.0.7");
        Assert.Equal("""
            +----------+-------------+-----------+------------+--------------+------------+
            | GROUPING |    CIDR     | IPS TOTAL | IPS IN USE | IPS RESERVED |  IPS FREE  |
            +----------+-------------+-----------+------------+--------------+------------+
            | IP Pool  | 10.0.0.0/24 |       256 | 1 (0%)     | 0 (0%)       | 255 (100%) |
            | Block    | 10.0.0.0/26 |        64 | 1 (2%)     | 0 (0%)       | 63 (98%)   |
            +----------+-------------+-----------+------------+--------------+------------+

            """, Ok("ipam", "show", "--show-blocks"), ignoreLineEndingDifferences: true);
        Ok("ipam", "assign", "--node", "n2", "--handle", "vm-2", "--ip", "10.0.0.8");
        Assert.Contains("| 10.0.0.8 | n2             | 10.0.0.0/26 | n1          |      | vm-2         |", Ok("ipam", "show", "--borrowed"), StringComparison.Ordinal);
    }

    [Fact]
    public void Configure_checks_what_it_is_told()
    {
        Assert.Contains("needs strictAffinity", Fails("ipam", "configure", "--max-blocks-per-host", "3"), StringComparison.Ordinal);
        Assert.Contains("Successfully set StrictAffinity to: true", Ok("ipam", "configure", "--strictaffinity", "true"), StringComparison.Ordinal);
        Ok("ipam", "configure", "--max-blocks-per-host", "3");
        string shown = Ok("ipam", "show", "--configuration");
        Assert.Contains("| StrictAffinity               | true    |", shown, StringComparison.Ordinal);
        Assert.Contains("| MaxBlocksPerHost             |       3 |", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leak_is_found_reported_and_released_only_while_it_is_the_same()
    {
        Apply("endpoint.yaml", """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: n1-k8s-web--0-eth0, namespace: shop}
            spec: {node: n1, orchestrator: k8s, pod: web-0, endpoint: eth0, interfaceName: cali1, ipNetworks: [10.0.0.1/32]}
            """);
        Ok("ipam", "assign", "--node", "n1", "--handle", "used", "--ip", "10.0.0.1", "--attribute", "pod=web-0", "--attribute", "namespace=shop");
        foreach (string leaked in (string[])["2", "3"]) Ok("ipam", "assign", "--node", "n1", "--handle", $"leaked-{leaked}", "--ip", $"10.0.0.{leaked}", "--attribute", $"pod=gone-{leaked}", "--attribute", "namespace=shop");
        string report = _cli.File("report.json", "");
        (int code, string output, _) = Run("ipam", "check", "--show-problem-ips", "-o", report);
        Assert.Equal(1, code);
        Assert.Contains("10.0.0.2 leaked", output, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1 leaked", output, StringComparison.Ordinal);
        Assert.Contains("looks leaked: 10.0.0.3", Ok("ipam", "gc", "--dry-run"), StringComparison.Ordinal);
        Ok("ipam", "release", "--ip", "10.0.0.3");
        Ok("ipam", "assign", "--node", "n1", "--handle", "again", "--ip", "10.0.0.3", "--attribute", "pod=new", "--attribute", "namespace=shop");
        Assert.Contains("not locked", Fails("ipam", "release", "--from-report", report), StringComparison.Ordinal);
        Assert.Contains("Released 1 IP addresses; 1 were in use again", Ok("ipam", "release", "--from-report", report, "--force"), StringComparison.Ordinal);
        Assert.Contains("in use", Ok("ipam", "show", "--ip", "10.0.0.3"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_workloads_nothing_counts_as_leaked()
    {
        Ok("ipam", "assign", "--node", "n1", "--handle", "x", "--ip", "10.0.0.1", "--attribute", "pod=gone", "--attribute", "namespace=shop");
        string report = _cli.File("report.json", "");
        Ok("ipam", "check", "-o", report);
        Assert.Contains("Released 0 IP addresses", Ok("ipam", "release", "--from-report", report, "--force"), StringComparison.Ordinal);
        Assert.Contains("Nothing looks leaked", Ok("ipam", "gc", "--dry-run"), StringComparison.Ordinal);
    }

    [Fact]
    public void Split_and_migrate()
    {
        Ok("ipam", "assign", "--node", "n1", "--handle", "old", "--ip", "10.0.0.1");
        Assert.Contains("power of two", Fails("ipam", "split", "3", "--name", "pods", "--force"), StringComparison.Ordinal);
        Assert.Contains("Successfully split IP pool pods", Ok("ipam", "split", "2", "--cidr", "10.0.0.0/24", "--force"), StringComparison.Ordinal);
        Assert.Contains("Waiting: 1 address of pool split-pods-0 is in use", Negative("ipam", "migrate", "--from", "split-pods-0", "--to", "split-pods-1"), StringComparison.Ordinal);
        Ok("ipam", "release", "--handle", "old");
        Assert.Contains("is gone: nothing is left to do", Ok("ipam", "migrate", "--from", "split-pods-0", "--to", "split-pods-1"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_shows_owners_and_states()
    {
        Apply("reservation.yaml", """
            apiVersion: projectcalico.org/v3
            kind: IPReservation
            metadata: {name: gateways}
            spec: {reservedCIDRs: [10.0.0.62/31]}
            """);
        Ok("ipam", "assign", "--node", "n1", "--handle", "a", "--ip", "10.0.0.0");
        Ok("ipam", "assign", "--node", "n2", "--handle", "b", "--ip", "10.0.0.1");
        Assert.Contains("10.0.0.0/26  n1  █◆" + new string('·', 60) + "╳╳  2/64", Ok("ipam", "map"), StringComparison.Ordinal);
        string page = Ok("ipam", "map", "--html", "-");
        Assert.StartsWith("<!doctype html>", page, StringComparison.Ordinal);
        Assert.Contains("title=\"10.0.0.1 b, borrowed by n2\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
    }

    private void Apply(string name, string manifest) => Ok("apply", "-f", _cli.File(name, manifest));

    private string Ok(params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.True(code == 0, $"{code}: {output}{error}");
        return output;
    }

    private string Fails(params string[] args)
    {
        (int code, _, string error) = Run(args);
        Assert.NotEqual(0, code);
        return error;
    }

    private string Negative(params string[] args)
    {
        (int code, string output, _) = Run(args);
        Assert.Equal(1, code);
        return output;
    }

    private (int ExitCode, string Out, string Error) Run(params string[] args) => _cli.Run([.. args, "--datastore", _store]);
}
