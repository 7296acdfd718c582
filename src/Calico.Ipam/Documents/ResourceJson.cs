using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Ipam.Documents;

/// <summary>A projectcalico.org/v3 object as a tree: read what is known, keep the rest.</summary>
internal sealed class ResourceJson
{
    private const string ApiVersion = "projectcalico.org/v3";

    private ResourceJson(string document, JsonObject root)
    {
        Root = root;
        Metadata = new JsonFields(document, "$.metadata", Child(document, root, "metadata"));
        Spec = new JsonFields(document, "$.spec", Child(document, root, "spec"));
        Status = root["status"] is JsonObject status ? new JsonFields(document, "$.status", status) : null;
    }

    public JsonObject Root { get; }

    public JsonFields Metadata { get; }

    public JsonFields Spec { get; }

    public JsonFields? Status { get; }

    public string Name => Metadata.Text("name") ?? "";

    public static ResourceJson Parse(ReadOnlySpan<byte> json, string document)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject root
                ? new ResourceJson(document, root)
                : throw new IpamDataException(document, "$", "is not an object");
        }
        catch (JsonException e)
        {
            throw new IpamDataException(document, e.Path ?? "$", e.Message, e);
        }
        catch (ArgumentException e)
        {
            throw new IpamDataException(document, "$", e.Message, e);
        }
    }

    public static ResourceJson For(string kind, string name, JsonObject? source)
    {
        JsonObject root = source?.DeepClone().AsObject() ?? new JsonObject { ["kind"] = kind, ["apiVersion"] = ApiVersion };
        ResourceJson resource = new(kind, root);
        resource.Metadata.Object["name"] = name;
        return resource;
    }

    public byte[] ToBytes() => JsonText.Write(Root, static (json, root) => root.WriteTo(json));

    private static JsonObject Child(string document, JsonObject root, string name)
    {
        switch (root[name])
        {
            case JsonObject child:
                return child;
            case null:
                JsonObject made = [];
                root[name] = made;
                return made;
            default:
                throw new IpamDataException(document, $"$.{name}", "is not an object");
        }
    }
}

/// <summary>The fields of one object in a document; a field of the wrong type is an error that says where.</summary>
internal sealed record JsonFields(string Document, string Path, JsonObject Object)
{
    public string? Text(string name) => Object[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Bad(name, "is not a text"),
    };

    public bool Flag(string name) => Object[name] switch
    {
        null => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Bad(name, "is not true or false"),
    };

    public int Number(string name) => Object[name] switch
    {
        null => 0,
        JsonValue value when value.TryGetValue(out int number) => number,
        _ => throw Bad(name, "is not a whole number"),
    };

    public IReadOnlyList<string> Strings(string name)
    {
        if (Object[name] is null) return [];
        if (Object[name] is not JsonArray array) throw Bad(name, "is not a list");
        List<string> texts = new(array.Count);
        foreach (JsonNode? item in array)
            texts.Add(item is JsonValue value && value.TryGetValue(out string? text) ? text : throw Bad($"{name}[{texts.Count}]", "is not a text"));
        return texts;
    }

    public IReadOnlyDictionary<string, string> Map(string name)
    {
        if (Object[name] is null) return AllocationRecord.None;
        if (Object[name] is not JsonObject map) throw Bad(name, "is not a map");
        Dictionary<string, string> texts = new(map.Count, StringComparer.Ordinal);
        foreach ((string key, JsonNode? item) in map)
            texts[key] = item is JsonValue value && value.TryGetValue(out string? text) ? text : throw Bad($"{name}['{key}']", "is not a text");
        return texts;
    }

    public T Choice<T>(string name, T absent)
        where T : struct, Enum
    {
        string? text = Text(name);
        if (text is null) return absent;
        return Enum.TryParse(text, out T value) && Enum.IsDefined(value) && Enum.GetName(value) == text
            ? value
            : throw Bad(name, $"'{text}' is not one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    public void Set(string name, IEnumerable<string> texts) =>
        Object[name] = new JsonArray([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]);

    /// <summary>Writes a text, or takes the field away when it is empty.</summary>
    public void SetOrRemove(string name, string? text)
    {
        if (string.IsNullOrEmpty(text)) Object.Remove(name);
        else Object[name] = text;
    }

    /// <summary>Writes true, or takes the field away.</summary>
    public void SetOrRemove(string name, bool flag)
    {
        if (flag) Object[name] = true;
        else Object.Remove(name);
    }

    public IpamDataException Bad(string name, string reason) => new(Document, $"{Path}.{name}", reason);
}
