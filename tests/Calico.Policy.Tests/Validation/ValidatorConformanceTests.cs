using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Policy.Resources;
using Calico.Policy.Validation;

namespace Calico.Policy.Tests.Validation;

/// <summary>Calico's validator tables: object or fragment → accepted or not.</summary>
public class ValidatorConformanceTests
{
    // ProtoPort: a failsafe port of a FelixConfiguration. Template: a host endpoint template of a KubeControllersConfiguration. These and the other kinds
    // that are not policy's (validator_other.json) are judged by the tests of the datastore.
    // A kind that is neither here nor known below fails its test.
    private static readonly string[] Elsewhere = ["ProtoPort", "Template"];

    public static IEnumerable<TheoryDataRow<string>> Policy =>
        ConformanceCases.Of("policy/validator_policy.json").Where(row => !Elsewhere.Any(kind => row.Data.Contains($"\"kind\":\"{kind}\"", StringComparison.Ordinal)));

    public static IEnumerable<TheoryDataRow<string>> Workloads => ConformanceCases.Of("validation/workload_endpoint.json").Concat(ConformanceCases.Of("validation/ip_nat.json"));

    // AS numbers are BGP's.
    public static IEnumerable<TheoryDataRow<string>> Literals => ConformanceCases.Of("policy/ports_protocols_dscp.json").Where(row => !row.Data.Contains("asNumber", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Policy))]
    public void Objects_are_judged_as_Calico_judges_them(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        Assert.Equal((bool)@case["valid"]!, IsValid((string)@case["kind"]!, @case["value"]!, out string why) ? true : Fail((bool)@case["valid"]!, why));
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Workload_endpoints_are_judged_as_Calico_judges_them(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        Assert.Equal((bool)@case["valid"]!, IsValid((string)@case["type"]!, LowerFirst(@case["input"]!), out string why) ? true : Fail((bool)@case["valid"]!, why));
    }

    [Theory, MemberData(nameof(Literals))]
    public void Literals_are_read_as_Calico_reads_them(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        JsonNode? input = @case["input"];
        switch ((string)@case["op"]!)
        {
            case "parse-json":
                string? value = ParseLiteral((string)@case["type"]!, (string)input!);
                Assert.Equal((bool)@case["valid"]!, value is not null);
                if (value is not null) Assert.Equal(@case["value"]!.ToString(), value);
                break;
            case "protocol-supports-ports":
                Assert.Equal((bool)@case["value"]!, Protocol(input!).SupportsPorts);
                break;
            case "protocol-canonical":
                Assert.Equal((string)@case["value"]!, Protocol(input!).ToString());
                break;
            case "named-port":
                Assert.Equal((bool)@case["valid"]!, Record.Exception(() => Port.Named((string)input!)) is null);
                break;
            case "dscp-canonical":
                Assert.Equal((string)@case["value"]!, new Dscp((string)input!).ToString());
                break;
            case "dscp-number":
                Assert.Equal((int)@case["value"]!, (int)Dscp(input!).Resolve()!.Value);
                break;
            case "dscp-valid":
                Assert.Equal((bool)@case["valid"]!, Dscp(input!).Resolve() is not null);
                break;
            default:
                throw new InvalidOperationException(row);
        }
    }

    private static Protocol Protocol(JsonNode input) => input.GetValueKind() == JsonValueKind.Number ? new Protocol((byte)(int)input) : new Protocol((string)input!);

    private static Dscp Dscp(JsonNode input) => input.GetValueKind() == JsonValueKind.Number ? new Dscp((int)input) : new Dscp((string)input!);

    private static string? ParseLiteral(string type, string json)
    {
        try
        {
            switch (type)
            {
                case "port":
                    return Rule("{\"destination\":{\"ports\":[" + json + "]}}").Destination.Ports[0].ToString();
                case "protocol":
                    return Rule("{\"protocol\":" + json + "}").Protocol!.Value.ToString();
                default:
                    return ResourceJson.Read<WorkloadEndpoint>("{\"spec\":{\"qosControls\":{\"dscp\":" + json + "}}}").Spec.QosControls!.Dscp!.Value.ToString();
            }
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Rule Rule(string json) => ResourceJson.Read<Profile>("{\"spec\":{\"ingress\":[" + json + "]}}").Spec.Ingress[0];

    private static bool Fail(bool expected, string why) => expected ? throw new Xunit.Sdk.XunitException($"refused: {why}") : false;

    private static bool IsValid(string kind, JsonNode value, out string why)
    {
        Checks checks = new();
        why = "";
        try
        {
            switch (kind)
            {
                case "Rule": RuleChecks.Check(Rule(value.ToJsonString()), "rule", checks); break;
                case "EntityRule": EntityChecks.Check(Rule("{\"source\":" + value.ToJsonString() + "}").Source, new Protocol("TCP"), "source", checks); break;
                case "ICMPFields": RuleChecks.Icmp(Rule("{\"icmp\":" + value.ToJsonString() + "}").Icmp, "icmp", checks); break;
                case "HTTPMatch": RuleChecks.Http(Rule("{\"http\":" + value.ToJsonString() + "}").Http!, "http", checks); break;
                case "Protocol": checks.Protocol(Rule("{\"protocol\":" + value.ToJsonString() + "}").Protocol, "protocol"); break;
                case "ProfileSpec": PolicyChecks.Profile(Spec<Profile>(value).Spec, checks); break;
                case "HostEndpointSpec": EndpointChecks.Host(Spec<HostEndpoint>(value).Spec, checks); break;
                case "WorkloadEndpointSpec": EndpointChecks.Workload(Spec<WorkloadEndpoint>(value).Spec, checks); break;
                case "WorkloadEndpointPort": EndpointChecks.Port(Spec<WorkloadEndpoint>(new JsonObject { ["ports"] = new JsonArray(value.DeepClone()) }).Spec.Ports[0], "port", isWorkload: true, checks); break;
                case "IPNAT": EndpointChecks.Nat(Spec<WorkloadEndpoint>(new JsonObject { ["ipNATs"] = new JsonArray(value.DeepClone()) }).Spec.IPNats[0], "nat", checks); break;
                case "NetworkSetSpec" or "GlobalNetworkSetSpec": EndpointChecks.NetworkSet(Spec<NetworkSet>(value).Spec, checks); break;
                default:
                    string json = value.ToJsonString();
                    IReadOnlyList<ValidationError> errors = ResourceValidator.Validate(kind switch
                    {
                        "NetworkPolicy" => ResourceJson.Read<NetworkPolicy>(json),
                        "GlobalNetworkPolicy" => ResourceJson.Read<GlobalNetworkPolicy>(json),
                        "StagedNetworkPolicy" => ResourceJson.Read<StagedNetworkPolicy>(json),
                        "StagedGlobalNetworkPolicy" => ResourceJson.Read<StagedGlobalNetworkPolicy>(json),
                        "Tier" => ResourceJson.Read<Tier>(json),
                        "HostEndpoint" => ResourceJson.Read<HostEndpoint>(json),
                        "NetworkSet" => ResourceJson.Read<NetworkSet>(json),
                        "GlobalNetworkSet" => ResourceJson.Read<GlobalNetworkSet>(json),
                        _ => throw new InvalidOperationException(kind),
                    });
                    why = string.Join("; ", errors);
                    return errors.Count == 0;
            }
        }
        catch (JsonException e)
        {
            why = e.Message;
            return false;
        }

        why = string.Join("; ", checks.Errors);
        return checks.Errors.Count == 0;
    }

    private static T Spec<T>(JsonNode spec)
        where T : Resource => ResourceJson.Read<T>(new JsonObject { ["spec"] = spec.DeepClone() }.ToJsonString());

    // These cases carry Go's field names.
    private static JsonNode LowerFirst(JsonNode node)
    {
        switch (node)
        {
            case JsonObject o:
                JsonObject lower = [];
                foreach ((string key, JsonNode? value) in o) lower[Lower(key)] = value is null ? null : LowerFirst(value);
                return lower;
            case JsonArray a:
                return new JsonArray([.. a.Select(item => item is null ? null : LowerFirst(item))]);
            default:
                return node.DeepClone();
        }
    }

    private static string Lower(string key) => key switch
    {
        "IPNetworks" => "ipNetworks",
        "IPNATs" => "ipNATs",
        "IPv4Gateway" => "ipv4Gateway",
        "IPv6Gateway" => "ipv6Gateway",
        "MAC" => "mac",
        _ => char.ToLowerInvariant(key[0]) + key[1..],
    };
}
