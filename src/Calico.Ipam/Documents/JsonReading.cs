using System.Text.Json;

namespace Calico.Ipam.Documents;

/// <summary>Small steps over <see cref="Utf8JsonReader"/> that every reader of this package needs.</summary>
internal static class JsonReading
{
    public static void ExpectObject(this ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException("no JSON");
        reader.ExpectObjectHere();
    }

    public static void ExpectObjectHere(this ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"expected an object, found {reader.TokenType}");
    }

    public static bool NextProperty(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.PropertyName => true,
            JsonTokenType.EndObject => false,
            _ => throw new JsonException($"expected a field, found {reader.TokenType}"),
        };
    }

    public static bool NextElement(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Steps into the array that comes next; false when it is null instead.</summary>
    public static bool NextArray(this ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.Null)) throw new JsonException($"expected an array, found {reader.TokenType}");
        return reader.TokenType == JsonTokenType.StartArray;
    }

    /// <summary>Steps into the object that comes next; false when it is null instead.</summary>
    public static bool NextObject(this ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return false;
        reader.ExpectObjectHere();
        return true;
    }

    public static string? NextString(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    public static ulong NextUInt64(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetUInt64();
    }

    public static int NextInt32(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? 0 : reader.GetInt32();
    }

    public static bool NextBoolean(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetBoolean();
    }

    /// <summary>A map of strings, or null.</summary>
    public static Dictionary<string, string>? NextMap(this ref Utf8JsonReader reader)
    {
        if (!reader.NextObject()) return null;
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        while (reader.NextProperty())
        {
            string key = reader.GetString()!;
            map[key] = reader.NextString() ?? "";
        }

        return map;
    }

    /// <summary>Keeps the field that the reader stands on.</summary>
    public static void ReadNext(this UnknownFields fields, ref Utf8JsonReader reader)
    {
        string name = reader.GetString()!;
        reader.Read();
        fields.Read(ref reader, name);
    }
}
