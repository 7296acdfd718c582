using System.Text.Json;
using System.Text.Json.Serialization;

namespace Calico.Bgp.Topology;

/// <summary>Reads and writes the specs as Calico's JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BgpConfigurationSpec))]
[JsonSerializable(typeof(BgpPeerSpec))]
[JsonSerializable(typeof(BgpFilterSpec))]
[JsonSerializable(typeof(IReadOnlyList<BgpFilterRuleSpec>))]
public sealed partial class TopologyJson : JsonSerializerContext;

/// <summary>AS numbers as Calico writes them: a number, or a string that may be dotted (<c>1.10</c>).</summary>
internal sealed class AsnJsonConverter : JsonConverter<Asn?>
{
    public override Asn? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out uint number)) return new Asn(number);
        if (reader.TokenType == JsonTokenType.String && Asn.TryParse(reader.GetString(), null, out Asn asn)) return asn;
        throw new JsonException("Not an AS number: 0 to 4294967295, or X.Y with 0 to 65535 each.");
    }

    public override void Write(Utf8JsonWriter writer, Asn? value, JsonSerializerOptions options)
    {
        if (value is { } asn) writer.WriteNumberValue(asn.Value);
        else writer.WriteNullValue();
    }
}
