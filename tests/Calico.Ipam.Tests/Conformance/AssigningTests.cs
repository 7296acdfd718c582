using System.Net;
using System.Text.Json;

namespace Calico.Ipam.Tests.Conformance;

public class AssigningTests
{
    public static IEnumerable<TheoryDataRow<string>> AutoAssignIds => Cases.Ids("ipam/autoassign.json");

    public static IEnumerable<TheoryDataRow<string>> WindowsIds => Cases.Ids("ipam/windows.json");

    public static IEnumerable<TheoryDataRow<string>> AssignIpIds => Cases.Ids("ipam/assign_ip.json");

    public static IEnumerable<TheoryDataRow<string>> PartialIds => Cases.Ids("ipam/partial_fulfilment.json");

    [Theory, MemberData(nameof(AutoAssignIds))]
    public Task AutoAssign(string id) => AutoAssignCases(Cases.WithHistory("ipam/autoassign.json", id));

    [Theory, MemberData(nameof(WindowsIds))]
    public async Task Windows(string id)
    {
        JsonElement one = Cases.Get("ipam/windows.json", id);
        if (one.Field("expect") is { } expect && expect.Field("windowsSecond") is not null) await TwoWindowsTwoLinux(expect);
        else await AutoAssignCases([one]);
    }

    [Theory, MemberData(nameof(AssignIpIds))]
    public async Task AssignIP(string id)
    {
        InMemoryIpamStore store = new();
        foreach (JsonElement one in Cases.WithHistory("ipam/assign_ip.json", id))
        {
            IpamClient client = new(store, new MutableCluster { Pools = one.Pools() });
            AssignIPRequest request = new(IPAddress.Parse(one.Text("ip")!)) { Node = one.Text("host")!, Handle = "h" };
            if (one.Field("expectError") is not { } error)
            {
                Assert.Equal(request.Address, (await client.AssignIPAsync(request)).Address);
                continue;
            }

            IpamException thrown = await Assert.ThrowsAsync<IpamException>(() => client.AssignIPAsync(request));
            Assert.Contains(error.Text("message")!, thrown.Message, StringComparison.Ordinal);
            if (error.Text("kind") == "ErrorResourceAlreadyExists") Assert.Equal(IpamErrorCode.AlreadyAssigned, thrown.Code);
            if (error.Text("identifier") is { } identifier) Assert.Contains(identifier, thrown.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(PartialIds))]
    public void PartialFulfilment(string id)
    {
        JsonElement one = Cases.Get("ipam/partial_fulfilment.json", id), given = one.GetProperty("assignments");
        IEnumerable<AssignedAddress> addresses = Enumerable.Range(0, given.Number("count")).Select(i => new AssignedAddress(IPAddress.Parse($"10.0.0.{i}"), IPNetwork.Parse("10.0.0.0/26"), 1, false));
        Assignments assignments = new(given.Number("ipVersion"), given.Number("numRequested"), [.. addresses], given.Texts("msgs")) { HostReserved = given.HostReserved("hostReservedAttr") };
        Assert.Equal(one.Text("expectError"), assignments.ShortfallMessage);
    }

    private static async Task AutoAssignCases(IReadOnlyList<JsonElement> run)
    {
        InMemoryIpamStore store = new();
        foreach (JsonElement one in run)
        {
            bool strict = one.Flag("strictAffinity");
            MutableCluster cluster = new() { Pools = one.Pools(), Config = IpamConfig.Default with { StrictAffinity = strict } };
            IpamClient client = new(store, cluster);
            AutoAssignRequest request = Request(one);
            JsonElement expect = one.GetProperty("expect");
            if (expect.Text("error") is "ErrNoQualifiedPool" or "ErrStrictAffinity")
            {
                IpamException thrown = await Assert.ThrowsAsync<IpamException>(() => client.AutoAssignAsync(request));
                Assert.Equal(expect.Text("error") == "ErrStrictAffinity" ? IpamErrorCode.StrictAffinityRequired : IpamErrorCode.NoQualifiedPool, thrown.Code);
                Assert.Equal(0, store.Count);
                continue;
            }

            AutoAssignResult result = await client.AutoAssignAsync(request);
            Check(expect.Field("v4"), result.IPv4, expect.Text("error"));
            Check(expect.Field("v6"), result.IPv6, expect.Text("error"));
            foreach (AssignedAddress address in result.IPv4?.Addresses ?? [])
                if (request.IPv4Pools.Count > 0) Assert.True(request.IPv4Pools[0].Contains(address.Address));
            Assert.Equal(result.Addresses.Count(), result.Addresses.Select(address => address.Address).Distinct().Count());
            Assert.Empty(expect.Texts("neverAssigned").Intersect(result.Addresses.Select(address => address.Address.ToString())));
        }
    }

    private static void Check(JsonElement? expect, Assignments? actual, string? error)
    {
        if (expect is not { } wanted)
        {
            Assert.Null(actual);
            return;
        }

        Assert.NotNull(actual);
        Assert.Equal(wanted.Number("count"), actual.Addresses.Count);
        if (wanted.Field("numRequested") is { } requested) Assert.Equal(requested.GetInt32(), actual.Requested);
        if (wanted.Field("ipVersion") is { } version) Assert.Equal(version.GetInt32(), actual.IpVersion);
        if (wanted.TryGetProperty("msgs", out _)) Assert.Equal(wanted.Texts("msgs"), actual.Messages);
        if (wanted.TryGetProperty("hostReservedAttr", out _)) Assert.Equal(wanted.HostReserved("hostReservedAttr"), actual.HostReserved);
        Assert.Equal(error == "ErrBlockLimit" ? IpamErrorCode.BlockLimit : null, actual.Error);
    }

    private static AutoAssignRequest Request(JsonElement one)
    {
        List<IPNetwork> pools = one.Text("requestPool") is { } pool ? [Cases.Network(pool)] : [];
        return new AutoAssignRequest
        {
            Node = one.Text("host")!,
            IPv4 = one.Number("num4"),
            IPv6 = one.Number("num6"),
            IPv4Pools = [.. pools.Where(network => network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)],
            IPv6Pools = [.. pools.Where(network => network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)],
            MaxBlocksPerHost = one.Number("maxBlocksPerHost"),
            Use = one.Text("intendedUse") is { } use ? Enum.Parse<AllowedUses>(use) : AllowedUses.Workload,
            HostReserved = one.HostReserved("hostReserved"),
        };
    }

    private static async Task TwoWindowsTwoLinux(JsonElement expect)
    {
        IPPool pool = new() { Name = "pool", Cidr = IPNetwork.Parse("100.0.0.0/24") };
        IpamClient client = new(new InMemoryIpamStore(), new MutableCluster { Pools = [pool], Config = IpamConfig.Default with { StrictAffinity = true } });
        AutoAssignRequest For(string host, int count) => new() { Node = host, IPv4 = count, HostReserved = host[0] == 'w' ? HostReservedAddresses.Windows : null };
        string[] hosts = ["w1", "w2", "l1", "l2"];
        foreach (string host in hosts) Assert.Single((await client.AutoAssignAsync(For(host, 1))).Addresses);
        foreach (string host in hosts)
        {
            int got = (await client.AutoAssignAsync(For(host, 100))).Addresses.Count();
            Assert.Equal(expect.Number(host[0] == 'w' ? "windowsSecond" : "linuxSecond"), got);
        }
    }
}
