using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Datastore.Tests.Layout;

public sealed class ValidationTests
{
    private static readonly ResourceStore Resources = new(new MemoryDatastore());

    public static IEnumerable<TheoryDataRow<string, string>> All =>
        from file in (string[])["bgp_configuration", "bgp_filter", "bgp_peer", "bgp_peer_ip", "block_affinity", "ip_pool", "ip_reservation", "node"]
        from id in Cases.Ids($"validation/{file}.json")
        select new TheoryDataRow<string, string>(file, id.Data);

    [Theory]
    [MemberData(nameof(All))]
    public void Objects_are_taken_and_refused_as_Calico_does(string file, string id)
    {
        JsonElement one = Cases.Get($"validation/{file}.json", id);
        (Resource resource, bool valid) = Read(one);
        IReadOnlyList<ResourceProblem> problems = Resources.Validate(resource);
        Assert.True(valid == (problems.Count == 0), $"{resource.ToJsonText()}\n{string.Join('\n', problems)}");
    }

    private static (Resource Resource, bool Valid) Read(JsonElement one)
    {
        if (one.TryGetProperty("peerIP", out JsonElement peer))
            return (New("BGPPeer", new JsonObject { ["peerIP"] = peer.GetString() }), !one.GetProperty("expectError").GetBoolean());
        JsonNode input = GoNames.Convert(one.GetProperty("input"))!;
        bool valid = one.GetProperty("valid").GetBoolean();
        string type = one.GetProperty("type").GetString()!;
        switch (type)
        {
            case "BGPFilterRuleV4": return (New("BGPFilter", new JsonObject { ["exportV4"] = new JsonArray(input) }), valid);
            case "BGPFilterRuleV6": return (New("BGPFilter", new JsonObject { ["importV6"] = new JsonArray(input) }), valid);
            case "BGPFilterOperation": return (New("BGPFilter", new JsonObject { ["exportV4"] = new JsonArray(new JsonObject { ["action"] = "Accept", ["operations"] = new JsonArray(input) }) }), valid);
            case "NodeStatus": return (WithStatus("Node", (JsonObject)input), valid);
        }

        if (type.EndsWith("Spec", StringComparison.Ordinal)) return (New(type[..^4], (JsonObject)input), valid);
        JsonObject whole = new() { ["apiVersion"] = "projectcalico.org/v3", ["kind"] = type, ["metadata"] = input["objectMeta"]!.DeepClone(), ["spec"] = input["spec"]!.DeepClone() };
        return (new Resource(whole), valid);
    }

    private static Resource WithStatus(string kind, JsonObject status)
    {
        Resource resource = New(kind, []);
        resource.Json["status"] = status;
        return resource;
    }

    private static Resource New(string kind, JsonObject spec) => new(new JsonObject
    {
        ["apiVersion"] = "projectcalico.org/v3", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = "default" }, ["spec"] = spec,
    });

    [Theory]
    [InlineData("jlkVyQYooZYzI2wFfNhSZez5eWh44yfq1wKVjLvSXgY=", true)]
    [InlineData("bm90IDMyIG9jdGV0cw==", false)]
    [InlineData("no base64!", false)]
    public void A_public_key_of_WireGuard_is_32_octets_in_base64(string key, bool valid)
    {
        foreach (string field in (string[])["wireguardPublicKey", "wireguardPublicKeyV6"])
            Assert.Equal(valid, Resources.Validate(WithStatus("Node", new JsonObject { [field] = key })).Count == 0);
    }
}
