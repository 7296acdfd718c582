using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Ipam.Tests.Conformance;

public class ValidationTests
{
    public static IEnumerable<TheoryDataRow<string>> PoolIds => Cases.Ids("validation/ip_pool.json");

    public static IEnumerable<TheoryDataRow<string>> ReservationIds => Cases.Ids("validation/ip_reservation.json");

    [Theory, MemberData(nameof(PoolIds))]
    public void Pool(string id)
    {
        JsonElement one = Cases.Get("validation/ip_pool.json", id);
        IReadOnlyList<ValidationError> errors = IPPoolValidation.Validate(Object(one.GetProperty("input")));
        Assert.True(one.GetProperty("valid").GetBoolean() == (errors.Count == 0), string.Join("; ", errors));
    }

    [Theory, MemberData(nameof(ReservationIds))]
    public void Reservation(string id)
    {
        JsonElement one = Cases.Get("validation/ip_reservation.json", id);
        IReadOnlyList<ValidationError> errors = IPReservationValidation.Validate(Object(one.GetProperty("input")));
        Assert.True(one.GetProperty("valid").GetBoolean() == (errors.Count == 0), string.Join("; ", errors));
    }

    private static byte[] Object(JsonElement input) =>
        Encoding.UTF8.GetBytes(new JsonObject { ["metadata"] = Fields(input.GetProperty("ObjectMeta")), ["spec"] = Fields(input.GetProperty("Spec")) }.ToJsonString());

    // The files have Go's field names; maps (labels, annotations) keep theirs.
    private static JsonObject Fields(JsonElement element)
    {
        JsonObject fields = [];
        foreach (JsonProperty field in element.EnumerateObject())
        {
            string name = field.Name switch
            {
                "CIDR" => "cidr",
                "IPIPMode" => "ipipMode",
                "VXLANMode" => "vxlanMode",
                "NATOutgoing" => "natOutgoing",
                "DisableBGPExport" => "disableBGPExport",
                "ReservedCIDRs" => "reservedCIDRs",
                string go => char.ToLowerInvariant(go[0]) + go[1..],
            };
            fields[name] = Value(field.Value);
        }

        return fields;
    }

    private static JsonNode? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when value.Field("stringOfLength") is { } length => new string('x', length.GetInt32()),
        JsonValueKind.Object => new JsonObject(value.EnumerateObject().Select(field => KeyValuePair.Create(field.Name, Value(field.Value)))),
        JsonValueKind.Array => new JsonArray([.. value.EnumerateArray().Select(Value)]),
        _ => JsonNode.Parse(value.GetRawText()),
    };
}
