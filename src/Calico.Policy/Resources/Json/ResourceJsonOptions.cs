using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Model;

namespace Calico.Policy.Resources.Json;

/// <summary>The generated metadata, with empty maps and empty rule sides left out of what is written.</summary>
internal static class ResourceJsonOptions
{
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Compact.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Create(bool indented)
    {
        JsonSerializerOptions options = new(ResourceJsonContext.Default.Options)
        {
            TypeInfoResolver = ResourceJsonContext.Default.WithAddedModifier(LeaveOutEmpty).WithAddedModifier(HeaderFirst),
            WriteIndented = indented,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.MakeReadOnly();
        return options;
    }

    private static void HeaderFirst(JsonTypeInfo type)
    {
        if (!type.Type.IsAssignableTo(typeof(Resource))) return;
        foreach (JsonPropertyInfo property in type.Properties)
        {
            property.Order = property.Name switch
            {
                "apiVersion" => -3,
                "kind" => -2,
                "metadata" => -1,
                _ => 0,
            };
        }
    }

    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.PropertyType == typeof(LabelMap)) property.ShouldSerialize = static (_, value) => value is LabelMap { Count: > 0 };
            else if (property.PropertyType == typeof(EntityRule)) property.ShouldSerialize = static (_, value) => value is EntityRule side && side != EntityRule.Any;
        }
    }
}
