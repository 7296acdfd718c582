using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Ipam.Tests.Conformance;

public class DocumentTests
{
    public static IEnumerable<TheoryDataRow<string>> PathIds => Cases.Ids("etcd/ipam_paths.json");

    public static IEnumerable<TheoryDataRow<string>> ValueIds => Cases.Ids("etcd/ipam_values.json");

    public static IEnumerable<TheoryDataRow<string>> LabelIds => Cases.Ids("ipam/hostname_label.json");

    [Theory, MemberData(nameof(LabelIds))]
    public void Hostname_label(string id)
    {
        JsonElement one = Cases.Get("ipam/hostname_label.json", id);
        Assert.Equal(one.Text("label"), KubernetesNames.HostnameHash(one.Text("host")!));
    }

    [Theory, MemberData(nameof(PathIds))]
    public void Path(string id)
    {
        JsonElement one = Cases.Get("etcd/ipam_paths.json", id);
        AffinityOwner owner = new(one.Text("type") ?? "host", one.Text("host") ?? "");
        string path = one.Text("path")!;
        switch (one.Text("object"))
        {
            case "block":
                Assert.Equal(path, IpamKeys.Block(Cases.Network(one.Text("cidr")!)));
                Assert.True(IpamKeys.TryParseBlock(path, out System.Net.IPNetwork block));
                Assert.Equal(Cases.Network(one.Text("cidr")!), block);
                break;
            case "affinity":
                Assert.Equal(path, IpamKeys.Affinity(owner, Cases.Network(one.Text("cidr")!)));
                Assert.True(IpamKeys.TryParseAffinity(path, out AffinityOwner? parsed, out System.Net.IPNetwork range));
                Assert.Equal((owner, Cases.Network(one.Text("cidr")!)), (parsed, range));
                break;
            case "handle":
                Assert.Equal(path, IpamKeys.Handle(one.Text("handle")!));
                break;
            case "config":
                Assert.Equal(IpamKeys.Config, path);
                break;
            case "host":
                Assert.Equal(path, IpamKeys.Host(one.Text("host")!));
                break;
            case string other:
                Assert.Fail($"unknown object {other}");
                break;
        }
    }

    [Theory, MemberData(nameof(ValueIds))]
    public void Value(string id)
    {
        JsonElement one = Cases.Get("etcd/ipam_values.json", id);
        byte[] given = one.Field("json") is { } json ? Encoding.UTF8.GetBytes(json.GetRawText()) : Encoding.UTF8.GetBytes(one.Text("raw") ?? "");
        byte[] withUnknown = given.Length == 0 ? given : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(given).TrimEnd()[..^1] + (given.Length > 2 ? "," : "") + """ "futureField":{"n":18446744073709551615,"list":[1,null,"x"]}}""");
        Check(one, given, ReadAndWrite(one, given));
        Check(one, withUnknown, ReadAndWrite(one, withUnknown));
    }

    private static byte[] ReadAndWrite(JsonElement one, byte[] given)
    {
        switch (one.Text("object"))
        {
            case "block":
                return IpamBlock.Decode(given).Encode();
            case "affinity":
                BlockAffinity affinity = BlockAffinity.Decode("/calico/ipam/v2/host/node-1/ipv4/block/10.0.0.0-30", given);
                if (one.Field("meaning") is { } state) Assert.Equal(state.Text("state") is "" or null ? "confirmed" : state.Text("state"), BlockAffinity.StateText(affinity.State));
                return affinity.Encode();
            case "handle":
                return IpamHandle.Decode("/calico/ipam/v2/handle/h", given).Encode();
            case "config":
                IpamConfig config = IpamConfig.Decode(given);
                if (one.Field("meaning") is { } meaning)
                {
                    Assert.Equal(meaning.Flag("strict_affinity"), config.StrictAffinity);
                    Assert.Equal(meaning.Flag("auto_allocate_blocks"), config.AutoAllocateBlocks);
                    Assert.Equal(meaning.Number("maxBlocksPerHost"), config.MaxBlocksPerHost);
                }

                return config.Encode();
            default:
                Assert.Fail($"unknown object {one.Text("object")}");
                return [];
        }
    }

    // Written back it is the same document; nulls that older versions wrote inside attributes are left out.
    private static void Check(JsonElement one, byte[] given, byte[] written)
    {
        if (given.Length == 0)
        {
            Assert.Equal("""{"state":"confirmed","deleted":false}""", Encoding.UTF8.GetString(written));
            return;
        }

        JsonNode expected = JsonNode.Parse(given)!;
        foreach (JsonNode? attribute in expected["attributes"] as JsonArray ?? [])
        {
            foreach (string name in attribute!.AsObject().Where(field => field.Value is null).Select(field => field.Key).ToList()) attribute.AsObject().Remove(name);
        }

        if (one.Text("object") is "affinity" or "handle" && expected["deleted"] is null) expected["deleted"] = false;
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(written)), $"{expected.ToJsonString()}\n{Encoding.UTF8.GetString(written)}");
    }
}
