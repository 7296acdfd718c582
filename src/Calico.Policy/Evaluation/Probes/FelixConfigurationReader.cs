using System.Net;
using System.Text.Json;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

namespace Calico.Policy.Evaluation.Probes;

/// <summary>The few fields of a FelixConfiguration that change verdicts.</summary>
internal static class FelixConfigurationReader
{
    public static EvaluatorOptions Read(ManifestSet manifests, EvaluatorOptions options)
    {
        foreach (ManifestObject configuration in manifests.Objects.Where(o => o.Kind == "FelixConfiguration"))
        {
            using JsonDocument document = JsonDocument.Parse(configuration.Json);
            if (!document.RootElement.TryGetProperty("spec", out JsonElement spec) || spec.ValueKind != JsonValueKind.Object) continue;
            foreach (JsonProperty field in spec.EnumerateObject()) options = Apply(options, field);
        }

        return options;
    }

    private static EvaluatorOptions Apply(EvaluatorOptions options, JsonProperty field) => field.Name switch
    {
        "defaultEndpointToHostAction" => options with { EndpointToHostAction = Enum.Parse<EndpointToHostAction>(field.Value.GetString()!, ignoreCase: true) },
        "failsafeInboundHostPorts" => options with { FailsafeInbound = Ports(field.Value) },
        "failsafeOutboundHostPorts" => options with { FailsafeOutbound = Ports(field.Value) },
        "disableConntrackInvalidCheck" => options with { DisableConntrackInvalidCheck = field.Value.GetBoolean() },
        "allowVXLANPacketsFromWorkloads" => options with { AllowVxlanFromWorkloads = field.Value.GetBoolean() },
        "allowIPIPPacketsFromWorkloads" => options with { AllowIpipFromWorkloads = field.Value.GetBoolean() },
        "vxlanPort" => options with { VxlanPort = field.Value.GetUInt16() },
        _ => options,
    };

    private static EquatableArray<FailsafePort> Ports(JsonElement list) => list.ValueKind != JsonValueKind.Array
        ? []
        : list.EnumerateArray().Select(port => new FailsafePort(
            IpProtocol.TryParse(port.TryGetProperty("protocol", out JsonElement protocol) ? protocol.GetString() : "tcp", out IpProtocol number)
                ? number
                : throw new FormatException($"'{protocol}' is no protocol"),
            port.GetProperty("port").GetUInt16(),
            port.TryGetProperty("net", out JsonElement net) && net.GetString() is { Length: > 0 } text ? IPNetwork.Parse(text) : null)).ToEquatableArray();
}
