using System.Net;
using System.Text.Json;
using Calico.Tests;

namespace Calico.Bgp.Tests.Topology;

internal static class TopologyData
{
    /// <summary>Next hops that stand for interfaces in the cases.</summary>
    public static Dictionary<string, string> Interfaces { get; } = [];

    public static TheoryData<string> Ids(string file)
    {
        if (Conformance.Root is null && !Conformance.Required) return ["(no conformance data)"];
        using JsonDocument document = Read(file);
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("id").GetString()!)];
    }

    public static JsonElement Case(string file, string id)
    {
        using JsonDocument document = Read(file);
        return document.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id).Clone();
    }

    private static JsonDocument Read(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder(Path.GetDirectoryName(file)!), Path.GetFileName(file))));

    public static PathAttributes Attributes(JsonElement route, string? @interface)
    {
        PathAttributesBuilder builder = new();
        if (route.TryGetProperty("communities", out JsonElement communities))
        {
            foreach (JsonElement text in communities.EnumerateArray())
            {
                if (Community.TryParse(text.GetString(), null, out Community community)) builder.Add(community);
                else builder.Add(LargeCommunity.Parse(text.GetString()!));
            }
        }

        if (route.TryGetProperty("asPath", out JsonElement path)) builder.SetAsPath(AsPath.Of([.. path.EnumerateArray().Select(a => new Asn(a.GetUInt32()))]));
        if (route.TryGetProperty("localPref", out JsonElement preference) && preference.ValueKind == JsonValueKind.Number) builder.SetLocalPreference(preference.GetUInt32());
        if (@interface is not null)
        {
            string nextHop = $"192.0.2.{1 + Math.Abs(@interface.GetHashCode(StringComparison.Ordinal) % 250)}";
            lock (Interfaces) Interfaces[nextHop] = @interface;
            builder.SetNextHop(IPAddress.Parse(nextHop));
        }

        return builder.Build();
    }
}
