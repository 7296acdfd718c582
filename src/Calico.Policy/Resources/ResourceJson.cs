using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Resources.Json;

namespace Calico.Policy.Resources;

/// <summary>Resources as the APIs' JSON, by generated code alone.</summary>
public static class ResourceJson
{
    /// <summary>Writes a resource; fields that are not set are left out.</summary>
    public static string Write(Resource resource, bool indented = false)
    {
        ArgumentNullException.ThrowIfNull(resource);
        JsonSerializerOptions options = indented ? ResourceJsonOptions.Indented : ResourceJsonOptions.Compact;
        return JsonSerializer.Serialize(resource, options.GetTypeInfo(resource.GetType()));
    }

    /// <summary>Writes a resource.</summary>
    public static void Write(Utf8JsonWriter writer, Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        JsonSerializer.Serialize(writer, resource, ResourceJsonOptions.Compact.GetTypeInfo(resource.GetType()));
    }

    /// <summary>Reads a resource of a known type; unknown fields are ignored. Use the manifest reader for text from people.</summary>
    /// <exception cref="JsonException">The text is not JSON, or a field has the wrong type.</exception>
    public static T Read<T>(string json)
        where T : Resource =>
        JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)ResourceJsonOptions.Compact.GetTypeInfo(typeof(T)))
            ?? throw new JsonException("The text is null, not an object.");

    /// <summary>Reads a resource of a known type; unknown fields are ignored.</summary>
    /// <exception cref="JsonException">The text is not JSON, or a field has the wrong type.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8Json)
        where T : Resource =>
        JsonSerializer.Deserialize(utf8Json, (JsonTypeInfo<T>)ResourceJsonOptions.Compact.GetTypeInfo(typeof(T)))
            ?? throw new JsonException("The text is null, not an object.");
}
