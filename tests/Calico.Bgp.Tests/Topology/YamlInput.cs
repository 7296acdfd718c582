using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Bgp.Topology;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Calico.Bgp.Tests.Topology;

/// <summary>Calico's own test input (YAML manifests) as facts for the topology.</summary>
internal static class YamlInput
{
    public static List<JsonObject> Documents(string file)
    {
        YamlStream stream = [];
        using StreamReader reader = new(file);
        stream.Load(reader);
        return [.. stream.Documents.Select(d => ToJson(d.RootNode)).OfType<JsonObject>()];
    }

    public static TopologyInput ToInput(IReadOnlyList<JsonObject> objects, string node, IReadOnlyList<TopologyBlock> blocks, string? routerId)
    {
        Dictionary<string, BgpConfigurationSpec> configurations = Specs(objects, "BGPConfiguration", TopologyJson.Default.BgpConfigurationSpec);
        return new TopologyInput
        {
            Node = node,
            RouterId = routerId,
            Nodes = [.. Of(objects, "Node").Select(ToNode)],
            Configuration = configurations.GetValueOrDefault("default"),
            NodeConfigurations = configurations.Where(c => c.Key.StartsWith("node.", StringComparison.Ordinal)).ToDictionary(c => c.Key[5..], c => c.Value),
            Peers = Specs(objects, "BGPPeer", TopologyJson.Default.BgpPeerSpec),
            Filters = Specs(objects, "BGPFilter", TopologyJson.Default.BgpFilterSpec),
            Pools = [.. Of(objects, "IPPool").Select(ToPool)],
            Blocks = blocks,
        };
    }

    private static IEnumerable<JsonObject> Of(IEnumerable<JsonObject> objects, string kind) =>
        objects.Where(o => (string?)o["kind"] == kind && (string?)o["apiVersion"] == "projectcalico.org/v3");

    private static Dictionary<string, T> Specs<T>(IEnumerable<JsonObject> objects, string kind, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        Of(objects, kind).ToDictionary(o => (string)o["metadata"]!["name"]!, o => (o["spec"] ?? new JsonObject()).Deserialize(type)!);

    private static TopologyNode ToNode(JsonObject o)
    {
        JsonNode? bgp = o["spec"]?["bgp"];
        (IPAddress? v4, IPNetwork? v4Subnet) = Address((string?)bgp?["ipv4Address"]);
        (IPAddress? v6, IPNetwork? v6Subnet) = Address((string?)bgp?["ipv6Address"]);
        return new TopologyNode
        {
            Name = (string)o["metadata"]!["name"]!,
            Labels = (o["metadata"]!["labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => l.Value?.ToString() ?? ""),
            AsNumber = bgp?["asNumber"] is { } asn ? Asn.Parse(asn.ToString()) : null,
            IPv4Address = v4,
            IPv4Subnet = v4Subnet,
            IPv6Address = v6,
            IPv6Subnet = v6Subnet,
            RouteReflectorClusterId = (string?)bgp?["routeReflectorClusterID"],
        };
    }

    private static (IPAddress?, IPNetwork?) Address(string? text)
    {
        if (string.IsNullOrEmpty(text)) return (null, null);
        string[] parts = text.Split('/');
        IPAddress address = IPAddress.Parse(parts[0]);
        return (address, parts.Length == 2 ? Net.IpPrefix.From(address, int.Parse(parts[1], CultureInfo.InvariantCulture)).ToIPNetwork() : null);
    }

    private static TopologyPool ToPool(JsonObject o) => new(
        IPNetwork.Parse((string)o["spec"]!["cidr"]!),
        (bool?)o["spec"]!["disableBGPExport"] ?? false,
        Mode(o, "ipipMode"),
        Mode(o, "vxlanMode"));

    private static EncapsulationMode Mode(JsonObject o, string field) =>
        (string?)o["spec"]![field] is { Length: > 0 } mode ? Enum.Parse<EncapsulationMode>(mode) : EncapsulationMode.Never;

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => null,
    };

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted) return JsonValue.Create(text);
        return text switch
        {
            "" or "~" or "null" => null,
            "true" or "yes" => JsonValue.Create(true),
            "false" or "no" => JsonValue.Create(false),
            _ when long.TryParse(text, CultureInfo.InvariantCulture, out long number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }
}
