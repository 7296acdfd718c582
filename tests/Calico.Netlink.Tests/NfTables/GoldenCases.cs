using System.Text.Json;
using Calico.Tests;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Rules with the bytes nft sent for them.</summary>
internal sealed record GoldenCase(string Family, string Hook, string Rule, string List, byte[][] Batch)
{
    private static readonly Lazy<GoldenCase[]> Cases = new(Load);

    public static GoldenCase[] All => Cases.Value;

    public static IEnumerable<TheoryDataRow<int>> Rows()
    {
        if (Conformance.Root is null && !Conformance.Required) return [new TheoryDataRow<int>(-1) { Skip = "No conformance data on this machine." }];
        return All.Select((c, i) => new TheoryDataRow<int>(i) { TestDisplayName = $"{c.Family}: {c.Rule}" });
    }

    private static GoldenCase[] Load() =>
        [.. File.ReadLines(Path.Combine(Conformance.Folder("netlink"), "nft_golden.jsonl")).Select(Parse)];

    private static GoldenCase Parse(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        string Text(string name) => json.GetProperty(name).GetString()!;
        byte[][] batch = [.. json.GetProperty("batch").EnumerateArray().Select(m => Convert.FromHexString(m.GetString()!))];
        return new GoldenCase(Text("fam"), Text("hook"), Text("rule"), Text("list"), batch);
    }
}
