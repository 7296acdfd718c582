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

    /// <summary>validator_policy.json: parts of kinds that are not policy's.</summary>
    private static readonly string[] Parts = ["ProtoPort", "Template"];

    public static IEnumerable<TheoryDataRow<string, int>> Others =>
        Cases.Numbered("policy/validator_other.json").Select(one => new TheoryDataRow<string, int>("validator_other", one.Number)).Concat(
            from one in Cases.Numbered("policy/validator_policy.json")
            where one.Case is not { } found || Parts.Contains(found.GetProperty("kind").GetString())
            select new TheoryDataRow<string, int>("validator_policy", one.Number));

    [Theory]
    [MemberData(nameof(Others))]
    public void Objects_and_fragments_are_taken_and_refused_as_Calico_does(string file, int number)
    {
        JsonElement one = Cases.Get($"policy/{file}.json", number);
        Resource resource = Build(one.GetProperty("kind").GetString()!, Cases.Expand(one.GetProperty("value")), "metadata");
        IReadOnlyList<ResourceProblem> problems = Resources.Validate(resource);
        Assert.True(one.GetProperty("valid").GetBoolean() == (problems.Count == 0), $"{one.GetProperty("ref")}\n{resource.ToJsonText()}\n{string.Join('\n', problems)}");
    }

    private static (Resource Resource, bool Valid) Read(JsonElement one)
    {
        if (one.TryGetProperty("peerIP", out JsonElement peer))
            return (New("BGPPeer", new JsonObject { ["peerIP"] = peer.GetString() }), !one.GetProperty("expectError").GetBoolean());
        JsonNode input = GoNames.Convert(one.GetProperty("input"))!;
        bool valid = one.GetProperty("valid").GetBoolean();
        return (Build(one.GetProperty("type").GetString()!, input, "objectMeta"), valid);
    }

    private static Resource Build(string type, JsonNode input, string metadata)
    {
        switch (type)
        {
            case "BGPFilterRuleV4": return New("BGPFilter", new JsonObject { ["exportV4"] = new JsonArray(input) });
            case "BGPFilterRuleV6": return New("BGPFilter", new JsonObject { ["importV6"] = new JsonArray(input) });
            case "BGPFilterOperation": return New("BGPFilter", new JsonObject { ["exportV4"] = new JsonArray(new JsonObject { ["action"] = "Accept", ["operations"] = new JsonArray(input) }) });
            case "NodeControllerConfig": return New("KubeControllersConfiguration", new JsonObject { ["controllers"] = new JsonObject { ["node"] = input } });
            case "Template": return Build("NodeControllerConfig", new JsonObject { ["hostEndpoint"] = new JsonObject { ["templates"] = new JsonArray(input) } }, metadata);
            case "ProtoPort": return New("FelixConfiguration", new JsonObject { ["failsafeInboundHostPorts"] = new JsonArray(input) });
            case "NodeStatus": return WithStatus("Node", (JsonObject)input);
        }

        if (type.EndsWith("Spec", StringComparison.Ordinal)) return New(type[..^4], (JsonObject)input);
        return new Resource(new JsonObject { ["apiVersion"] = "projectcalico.org/v3", ["kind"] = type, ["metadata"] = input[metadata]!.DeepClone(), ["spec"] = input["spec"]?.DeepClone() });
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
