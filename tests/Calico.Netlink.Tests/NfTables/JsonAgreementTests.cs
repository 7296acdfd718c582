using System.Text.Json;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>What we read agrees with <c>nft -j list ruleset</c>, field by field.</summary>
public sealed class JsonAgreementTests
{
    [Fact]
    public async Task Tables_chains_sets_and_objects_agree_with_json()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        NftProgram.Load(network, SampleRuleset.Text);
        using NftClient client = NftClient.Open(Lab.In(network));
        NftSnapshot snapshot = await client.ReadAsync(cancellationToken: TestContext.Current.CancellationToken);
        int seen = 0;
        foreach (JsonElement entry in JsonDocument.Parse(NftProgram.Run(network, null, "-j", "list", "ruleset")).RootElement.GetProperty("nftables").EnumerateArray())
        {
            JsonProperty item = entry.EnumerateObject().Single();
            JsonElement json = item.Value;
            if (item.Name == "metainfo") continue;
            seen++;
            NftTableId id = new(Enum.Parse<NftFamily>(json.GetProperty("family").GetString()!, ignoreCase: true), Text(json, item.Name == "table" ? "name" : "table")!);
            NftTable table = snapshot.Table(id)!;
            switch (item.Name)
            {
                case "table": Assert.Equal(json.GetProperty("handle").GetUInt64(), table.Handle); break;
                case "chain": CompareChain(json, table.Chain(Text(json, "name")!)!); break;
                case "set" or "map": CompareSet(json, table.Set(Text(json, "name")!)!); break;
                case "rule":
                    NftRule rule = table.Chain(Text(json, "chain")!)!.Rules.Single(r => r.Handle == json.GetProperty("handle").GetUInt64());
                    Assert.Equal(Text(json, "comment"), rule.Comment);
                    break;
                case "counter":
                    CounterExpression counter = (CounterExpression)((NftStatefulObject)table.Objects.Single(o => o.Name == Text(json, "name")).Content).State;
                    Assert.Equal((json.GetProperty("packets").GetUInt64(), json.GetProperty("bytes").GetUInt64()), (counter.Packets, counter.Bytes));
                    break;
                case "quota":
                    QuotaExpression quota = (QuotaExpression)((NftStatefulObject)table.Objects.Single(o => o.Name == Text(json, "name")).Content).State;
                    Assert.Equal(json.GetProperty("bytes").GetUInt64(), quota.Bytes);
                    break;
                case "limit":
                    LimitExpression limit = (LimitExpression)((NftStatefulObject)table.Objects.Single(o => o.Name == Text(json, "name")).Content).State;
                    Assert.Equal((json.GetProperty("rate").GetUInt64(), json.GetProperty("burst").GetUInt32()), (limit.Rate, limit.Burst));
                    break;
                case "ct helper":
                    NftCtHelperObject helper = (NftCtHelperObject)table.Objects.Single(o => o.Name == Text(json, "name")).Content;
                    Assert.Equal(Text(json, "type"), helper.Helper);
                    break;
                default: Assert.Fail($"nft lists a {item.Name}."); break;
            }
        }

        int read = snapshot.Tables.Sum(t => 1 + t.Chains.Count + t.Sets.Count + t.Objects.Count + t.Chains.Sum(c => c.Rules.Count));
        Assert.Equal(seen, read);
    }

    private static void CompareChain(JsonElement json, NftChain chain)
    {
        Assert.Equal(json.GetProperty("handle").GetUInt64(), chain.Handle);
        Assert.Equal(Text(json, "hook"), chain.Base?.Hook.ToString().ToLowerInvariant());
        if (chain.Base is not { } at) return;
        Assert.Equal(Text(json, "type"), at.Type);
        Assert.Equal(json.GetProperty("prio").GetInt32(), at.Priority);
        Assert.Equal(Text(json, "policy"), at.Policy.ToString().ToLowerInvariant());
        if (Text(json, "dev") is { } device) Assert.Equal([device], at.Devices); // nft 1.0.6 leaves it out of most
    }

    private static void CompareSet(JsonElement json, NftSet set)
    {
        Assert.Equal(json.GetProperty("handle").GetUInt64(), set.Handle);
        JsonElement type = json.GetProperty("type");
        string key = type.ValueKind == JsonValueKind.Array ? string.Join(" . ", type.EnumerateArray().Select(t => t.GetString())) : type.GetString()!;
        if (!key.Contains("typeof", StringComparison.Ordinal)) Assert.Equal(key, set.KeyType.Name);
        Assert.Equal(Text(json, "map"), set.DataType?.Name ?? (set.ObjectType?.ToString().ToLowerInvariant()));
        Assert.Equal(Text(json, "comment"), set.Comment);
        Assert.Equal(json.TryGetProperty("size", out JsonElement size) ? size.GetUInt32() : 0, set.Size);
        Assert.Equal(json.TryGetProperty("timeout", out JsonElement timeout) ? timeout.GetDouble() : 0, set.Timeout.TotalSeconds);
        Assert.Equal(json.TryGetProperty("elem", out JsonElement elements) ? elements.GetArrayLength() : 0, set.Elements.Count);
        if (!json.TryGetProperty("flags", out JsonElement flags)) return;
        string[] names = flags.ValueKind == JsonValueKind.Array ? [.. flags.EnumerateArray().Select(f => f.GetString()!)] : [flags.GetString()!];
        foreach (string flag in names) Assert.True(set.Flags.HasFlag(Enum.Parse<NftSetFlags>(flag, ignoreCase: true)), flag);
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
