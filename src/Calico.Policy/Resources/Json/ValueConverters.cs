using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Model;

namespace Calico.Policy.Resources.Json;

/// <summary>Lists; null reads as empty, and a null element is an error.</summary>
internal sealed class EquatableArrayConverter<T> : JsonConverter<EquatableArray<T>>
{
    public override bool HandleNull => true;

    public override EquatableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return default;
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException($"expected a list, found {JsonShown.Token(ref reader)}");
        // The converter itself, not JsonSerializer: a nested call would count positions from the element on.
        JsonConverter<T> element = (JsonConverter<T>)options.GetTypeInfo(typeof(T)).Converter;
        List<T> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Null) throw new JsonException("an element of the list is null");
            items.Add(element.Read(ref reader, typeof(T), options)!);
        }

        return items.ToEquatableArray();
    }

    public override void Write(Utf8JsonWriter writer, EquatableArray<T> value, JsonSerializerOptions options)
    {
        JsonTypeInfo<T> element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        foreach (T item in value) JsonSerializer.Serialize(writer, item, element);
        writer.WriteEndArray();
    }
}

/// <summary>Maps of text to text; a null value reads as empty text, as Kubernetes reads it.</summary>
internal sealed class LabelMapConverter : JsonConverter<LabelMap>
{
    public override LabelMap Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"expected key: value pairs, found {JsonShown.Token(ref reader)}");
        Dictionary<string, string> map = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            map[key] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Null => "",
                _ => throw new JsonException($"the value of '{key}' must be text, found {JsonShown.Token(ref reader)}: put it in quotes"),
            };
        }

        return LabelMap.From(map);
    }

    public override void Write(Utf8JsonWriter writer, LabelMap value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string key, string text) in value.AsSpan()) writer.WriteString(key, text);
        writer.WriteEndObject();
    }
}

internal sealed class ProtocolConverter : JsonConverter<Protocol>
{
    public override Protocol Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetByte(out byte number) => new Protocol(number),
        JsonTokenType.String => new Protocol(reader.GetString()!),
        _ => throw new JsonException($"expected a protocol, a name or 0–255, found {JsonShown.Token(ref reader)}"),
    };

    public override void Write(Utf8JsonWriter writer, Protocol value, JsonSerializerOptions options)
    {
        if (value.Name is { } name) writer.WriteStringValue(name);
        else writer.WriteNumberValue(value.Number);
    }
}

internal sealed class PortConverter : JsonConverter<Port>
{
    public override Port Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt16(out ushort number)) return new Port(number);
        if (reader.TokenType != JsonTokenType.String) throw new JsonException($"expected a port, 0–65535, first:last or a name, found {JsonShown.Token(ref reader)}");
        return Port.TryParse(reader.GetString(), out Port port, out string? error) ? port : throw new JsonException(error);
    }

    public override void Write(Utf8JsonWriter writer, Port value, JsonSerializerOptions options)
    {
        if (value.Name is null && value.First == value.Last) writer.WriteNumberValue(value.First);
        else writer.WriteStringValue(value.ToString());
    }
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt32(out int number) => new IntOrString(number),
        JsonTokenType.String => new IntOrString(reader.GetString()!),
        _ => throw new JsonException($"expected a whole number or text, found {JsonShown.Token(ref reader)}"),
    };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Number is { } number) writer.WriteNumberValue(number);
        else writer.WriteStringValue(value.Text);
    }
}

internal sealed class DscpConverter : JsonConverter<Dscp>
{
    public override Dscp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt32(out int number) => new Dscp(number),
        JsonTokenType.String => new Dscp(reader.GetString()!),
        _ => throw new JsonException($"expected a DSCP value, 0–63 or a name, found {JsonShown.Token(ref reader)}"),
    };

    public override void Write(Utf8JsonWriter writer, Dscp value, JsonSerializerOptions options)
    {
        if (value.Number is { } number) writer.WriteNumberValue(number);
        else writer.WriteStringValue(value.Name);
    }
}

/// <summary>How a wrong token is shown in a message.</summary>
internal static class JsonShown
{
    public static string Token(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => $"the text \"{Short(reader.GetString()!)}\"",
        JsonTokenType.Number => $"the number {Short(JsonElement.ParseValue(ref reader).GetRawText())}",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => reader.TokenType.ToString(),
    };

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
