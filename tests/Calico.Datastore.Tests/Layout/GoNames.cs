using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Datastore.Tests.Layout;

/// <summary>Objects written with Go's field names as the API's JSON.</summary>
internal static class GoNames
{
    private static readonly string[] Leading = ["IPv", "IPIP", "IPNATs", "IPNetworks", "VXLAN", "CIDR", "ASNumber", "BGP", "NAT", "TTL", "MAC"];

    public static JsonNode? Convert(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when value.TryGetProperty("stringOfLength", out JsonElement length) => JsonValue.Create(new string('x', length.GetInt32())),
        JsonValueKind.Object when value.TryGetProperty("Duration", out JsonElement duration) => JsonValue.Create(duration.GetString()),
        JsonValueKind.Object => Members(value),
        JsonValueKind.Array => new JsonArray([.. value.EnumerateArray().Select(Convert)]),
        _ => JsonNode.Parse(value.GetRawText()),
    };

    public static string Field(string name)
    {
        if (name == "CIDR") return "cidr";
        foreach (string start in Leading)
        {
            if (!name.StartsWith(start, StringComparison.Ordinal)) continue;
            int capitals = start.TakeWhile(char.IsUpper).Count();
            if (start is "ASNumber") capitals = 2;
            if (start is "IPNATs" or "IPNetworks") capitals = 2;
            return name[..capitals].ToLowerInvariant() + name[capitals..];
        }

        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static JsonObject Members(JsonElement value)
    {
        JsonObject json = [];
        foreach (JsonProperty member in value.EnumerateObject())
        {
            // Embedded in Go, flat in JSON.
            if (member.Name == "LocalObjectReference")
            {
                foreach ((string name, JsonNode? inner) in Members(member.Value)) json[name] = inner?.DeepClone();
            }
            else json[member.Name is "Labels" or "Annotations" ? member.Name.ToLowerInvariant() : Field(member.Name)] = member.Name is "Labels" or "Annotations" ? Plain(member.Value) : Convert(member.Value);
        }

        return json;
    }

    private static JsonObject Plain(JsonElement map)
    {
        JsonObject json = [];
        foreach (JsonProperty member in map.EnumerateObject()) json[member.Name] = Convert(member.Value);
        return json;
    }
}
