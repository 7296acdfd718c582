using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Ipam;

namespace Calico.Datastore.Tests.Layout;

public sealed class EtcdLayoutTests
{
    public static IEnumerable<TheoryDataRow<string>> KeyIds => Cases.Ids("etcd/keys.json");

    public static IEnumerable<TheoryDataRow<string>> PathIds => Cases.Ids("etcd/ipam_paths.json");

    public static IEnumerable<TheoryDataRow<string>> ValueIds => Cases.Ids("etcd/ipam_values.json");

    public static IEnumerable<TheoryDataRow<string>> PeerIds => Cases.Ids("etcd/bgp_peer_keys.json");

    [Theory]
    [MemberData(nameof(KeyIds))]
    public void Keys_and_values_mean_what_they_mean_to_Calico(string id)
    {
        JsonElement one = Cases.Get("etcd/keys.json", id);
        if (one.TryGetProperty("rawValue", out JsonElement raw)) Value(one, raw.GetString()!);
        else if (one.TryGetProperty("op", out _)) CalicoKey.TryParse(one.GetProperty("path").GetString()!, out _);
        else Key(one);
    }

    [Theory]
    [MemberData(nameof(PathIds))]
    public void Ipam_documents_lie_under_Calicos_keys(string id)
    {
        JsonElement one = Cases.Get("etcd/ipam_paths.json", id);
        string Text(string name) => one.GetProperty(name).GetString()!;
        IPNetwork Cidr() => IPNetwork.Parse(Text("cidr"));
        string path = Text("object") switch
        {
            "block" => IpamKeys.Block(Cidr()),
            "affinity" => IpamKeys.Affinity(new AffinityOwner(Text("type"), Text("host")), Cidr()),
            "handle" => IpamKeys.Handle(Text("handle")),
            "config" => IpamKeys.Config,
            _ => IpamKeys.Host(Text("host")),
        };
        Assert.Equal(Text("path"), path);
        Assert.True(CalicoKey.TryParse(path, out CalicoKey? key));
        if (one.TryGetProperty("cidr", out JsonElement cidr)) Assert.Equal(cidr.GetString(), key.Parts["CIDR"]);
    }

    [Theory]
    [MemberData(nameof(ValueIds))]
    public async Task Ipam_values_survive_a_store_and_a_change_with_every_field(string id)
    {
        JsonElement one = Cases.Get("etcd/ipam_values.json", id);
        byte[] value = Encoding.UTF8.GetBytes(one.TryGetProperty("raw", out JsonElement raw) ? raw.GetString()! : one.GetProperty("json").GetRawText());
        await using MemoryDatastore store = new();
        DatastoreIpamStore ipam = new(store);
        await ipam.CommitAsync(new[] { StoreWrite.Create("/k", value) });
        ReadOnlyMemory<byte> read = (await ipam.GetAsync("/k"))!.Value;
        Assert.Equal(value, read.ToArray());
        if (one.GetProperty("object").GetString() != "block") return;
        JsonObject json = (JsonObject)JsonNode.Parse(read.Span)!;
        json["futureField"] = 18446744073709551615UL;
        byte[] again = IpamBlock.Decode(Encoding.UTF8.GetBytes(json.ToJsonString())).Encode();
        JsonNode written = JsonNode.Parse(again)!;
        foreach (string field in (string[])["cidr", "affinity", "allocations", "unallocated", "sequenceNumber", "sequenceNumberForAllocation", "deleted", "futureField"])
            Assert.True(JsonNode.DeepEquals(json[field], written[field]), $"{field}: {json[field]?.ToJsonString()} became {written[field]?.ToJsonString()}");
    }

    [Theory]
    [MemberData(nameof(PeerIds))]
    public void Peers_lie_under_Calicos_keys(string id)
    {
        JsonElement one = Cases.Get("etcd/bgp_peer_keys.json", id);
        string path = one.GetProperty("strKey").GetString()!;
        JsonElement expected = one.GetProperty("expected");
        string? node = expected.TryGetProperty("Nodename", out JsonElement n) ? n.GetString() : null;
        IPAddress address = IPAddress.Parse(expected.GetProperty("PeerIP").GetString()!);
        int port = expected.GetProperty("Port").GetInt32();
        Assert.Equal(path, CalicoKey.BgpPeer(node, address, port));
        Assert.True(CalicoKey.TryParse(path, out CalicoKey? key));
        Assert.Equal((one.GetProperty("isGlobalPeer").GetBoolean() ? "GlobalBGPPeerKey" : "NodeBGPPeerKey", $"{port}", address.ToString()), (key.Type, key.Parts["Port"], key.Parts["PeerIP"]));
    }

    private static void Key(JsonElement one)
    {
        bool parsed = CalicoKey.TryParse(one.GetProperty("path").GetString()!, out CalicoKey? key);
        Assert.Equal(one.GetProperty("expectError").GetBoolean(), !parsed);
        if (!parsed) return;
        Assert.Equal(one.GetProperty("expectType").GetString(), key!.Type);
        Dictionary<string, string> expected = Flatten(one.GetProperty("expect")).ToDictionary(p => p.Name, p => p.Value.GetString()!);
        Assert.Equal(expected.OrderBy(p => p.Key), key.Parts.OrderBy(p => p.Key));
    }

    private static IEnumerable<JsonProperty> Flatten(JsonElement expected) =>
        expected.EnumerateObject().SelectMany(p => p.Value.ValueKind == JsonValueKind.Object ? Flatten(p.Value) : [p]);

    private static void Value(JsonElement one, string raw)
    {
        JsonElement key = one.GetProperty("key"), expected = one.GetProperty("expectValue");
        if (one.GetProperty("keyType").GetString() == "BlockAffinityKey")
        {
            AffinityState state = BlockAffinity.Decode(IpamKeys.Affinity(AffinityOwner.Host(key.GetProperty("Host").GetString()!), IPNetwork.Parse(key.GetProperty("CIDR").GetString()!)), Encoding.UTF8.GetBytes(raw)).State;
            string text = expected.TryGetProperty("State", out JsonElement s) ? s.GetString()! : "confirmed";
            Assert.Equal(text, state.ToString(), ignoreCase: true);
            return;
        }

        ResourceKinds.TryFind("projectcalico.org/v3", key.GetProperty("Kind").GetString()!, out ResourceKind? kind);
        ResourceKey name = new(kind!, key.GetProperty("Name").GetString()!);
        Resource read = Resource.FromStore(new(name.StoreKey, Encoding.UTF8.GetBytes(raw), 1, 7));
        Assert.Equal((name, 7L), (read.Key, read.Revision));
        Assert.True(JsonNode.DeepEquals(GoNames.Convert(expected.GetProperty("Spec")), read.Spec));
    }
}
