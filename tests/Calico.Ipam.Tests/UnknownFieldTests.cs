using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

/// <summary>Documents of a newer Calico: whatever an operation writes, fields that this version does not know stay, at every depth.</summary>
public class UnknownFieldTests
{
    private const string Future = """{"n":18446744073709551615,"list":[null,{"a":"ü"}]}""";
    private static readonly IPAddress Kept = IPAddress.Parse("10.0.0.3");
    private static readonly AutoAssignRequest Auto = new() { Node = "n1", IPv4 = 1, Handle = "h" };

    private static readonly Dictionary<string, Func<IpamClient, Task>> Operations = new()
    {
        ["assign"] = client => client.AutoAssignAsync(Auto),
        ["assign many"] = client => client.AutoAssignAsync(Auto with { IPv4 = 40 }),
        ["assign with another handle"] = client => client.AutoAssignAsync(Auto with { Handle = "other" }),
        ["borrow"] = client => client.AutoAssignAsync(Auto with { Node = "n2", IPv4 = 300 }),
        ["assign by name"] = client => client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.0.0.9")) { Node = "n1", Handle = "h" }),
        ["release by address"] = client => client.ReleaseIPsAsync([new ReleaseOption(IPAddress.Parse("10.0.0.4"), "h")]),
        ["release by handle"] = client => client.ReleaseByHandleAsync("gone"),
        ["change owners"] = client => client.SetOwnerAttributesAsync(Kept, "h", new OwnerChange { Active = new Dictionary<string, string> { ["pod"] = "b" } }),
        ["claim again"] = client => client.ClaimAffinityAsync(IPNetwork.Parse("10.0.0.0/28"), "n1"),
        ["ensure a block"] = client => client.EnsureBlockAsync(Auto),
        ["give up while in use"] = client => client.ReleaseHostAffinitiesAsync("n1", mustBeEmpty: false),
        ["refuse to give up"] = client => Assert.ThrowsAsync<IpamException>(() => client.ReleaseHostAffinitiesAsync("n1", mustBeEmpty: true)),
        ["sweep"] = client => client.SweepCooledAsync(),
        ["settings"] = client => client.UpdateConfigAsync(config => config with { StrictAffinity = true }),
        ["migrate"] = client => client.MigratePoolAsync("pods", "next"),
        ["split"] = client => client.SplitPoolAsync("pods", 2),
    };

    public static IEnumerable<TheoryDataRow<string>> Names => Operations.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Names))]
    public async Task They_stay(string operation)
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of();
        foreach ((string key, string json) in Documents()) store.Put(key, Encoding.UTF8.GetBytes(json));
        Dictionary<string, string> before = await All(store);
        await Operations[operation](client);
        Dictionary<string, string> after = await All(store);
        bool changed = false;
        foreach ((string key, string json) in after)
        {
            changed |= !before.TryGetValue(key, out string? was) || was != json;
            if (key.Contains("ippools/split-", StringComparison.Ordinal)) was = before[World.Pool.Key];
            if (was is null) continue;
            int expected = Count(was);
            if (key.Contains("/block/10.0.0.0-28", StringComparison.Ordinal) && key.Contains("assignment", StringComparison.Ordinal) && operation == "release by handle") expected--;
            Assert.True(Count(json) >= expected, $"{operation} lost fields of {key}: {json}");
        }

        Assert.True(changed || operation is "refuse to give up" or "claim again" or "ensure a block", $"{operation} wrote nothing");
        foreach (string key in before.Keys.Where(key => !after.ContainsKey(key)))
            Assert.True(key.Contains("/host/n1/", StringComparison.Ordinal) || key == World.Pool.Key || key == IpamKeys.Handle("gone"), $"{operation} deleted {key}");
    }

    private static int Count(string json) => json.Split(Future).Length - 1;

    private static async Task<Dictionary<string, string>> All(InMemoryIpamStore store) =>
        (await store.ListAsync("/calico/")).ToDictionary(entry => entry.Key, entry => Encoding.UTF8.GetString(entry.Value.Span));

    /// <summary>A block with a kept address, one more of its handle, one of another handle, and one that cools; every document and every attribute has a field of the future.</summary>
    private static IEnumerable<(string Key, string Json)> Documents()
    {
        string pool(string name, string cidr) => $$"""{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"{{name}}","future":{{Future}}},"spec":{"cidr":"{{cidr}}","blockSize":28,"nodeSelector":"all()","future":{{Future}}},"status":{"future":{{Future}}},"future":{{Future}}}""";
        yield return (World.Pool.Key, pool("pods", "10.0.0.0/24"));
        yield return (IpamKeys.Pool("next"), pool("next", "10.1.0.0/24"));
        yield return (IpamKeys.Config, $$"""{"auto_allocate_blocks":true,"future":{{Future}}}""");
        yield return (IpamKeys.Handle("h"), $$"""{"block":{"10.0.0.0/28":2},"deleted":false,"future":{{Future}}}""");
        yield return (IpamKeys.Handle("gone"), $$"""{"block":{"10.0.0.0/28":1},"deleted":false,"future":{{Future}}}""");
        yield return ("/calico/ipam/v2/host/n1/ipv4/block/10.0.0.0-28", $$"""{"state":"pending","deleted":false,"future":{{Future}}}""");
        yield return ("/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-28", $$"""
            {"cidr":"10.0.0.0/28","affinity":"host:n1","allocations":[null,null,null,0,0,1,2,null,null,null,null,null,null,null,null,null],"unallocated":[15,14,13,12,11,10,9,8,7,2,1,0],
            "attributes":[{"handle_id":"h","secondary":{"pod":"a"},"future":{{Future}}},{"handle_id":"gone","secondary":null,"future":{{Future}}},{"releasedAt":"2025-01-01T00:00:00Z","handle_id":null,"secondary":null}],
            "sequenceNumber":18446744073709551000,"sequenceNumberForAllocation":{"3":18446744073709550001,"4":18446744073709550002,"5":18446744073709550003,"6":18446744073709550004},"deleted":false,"future":{{Future}}}
            """);
    }

    [Fact]
    public async Task A_number_above_two_to_the_fifty_third_stays_exact()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of();
        foreach ((string key, string json) in Documents()) store.Put(key, Encoding.UTF8.GetBytes(json));
        await client.AutoAssignAsync(Auto);
        string block = (await All(store))["/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-28"];
        foreach (string number in (string[])["\"3\":18446744073709550001", "\"4\":18446744073709550002", "\"5\":18446744073709550003"]) Assert.Contains(number, block, StringComparison.Ordinal);

        // The queue's order stays, what was swept comes behind, and the head is the address that was given.
        Assert.Equal([14, 13, 12, 11, 10, 9, 8, 7, 2, 1, 0, 6], JsonNode.Parse(block)!["unallocated"]!.AsArray().Select(one => one!.GetValue<int>()));
    }
}
