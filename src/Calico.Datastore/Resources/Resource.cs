using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Datastore;

/// <summary>
/// One object: the JSON as it is, every field kept, with the fields all kinds share at hand. It is mutable, like the JSON it stands for;
/// <see cref="Clone"/> before changing one that others hold.
/// </summary>
public sealed class Resource
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    internal static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Wraps an object.</summary>
    /// <exception cref="ResourceException">It lacks apiVersion, kind or metadata.name, or its kind is unknown.</exception>
    public Resource(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        Json = json;
        string apiVersion = Text(json, "apiVersion") ?? throw ResourceException.Invalid(null, "apiVersion", "is missing");
        string kind = Text(json, "kind") ?? throw ResourceException.Invalid(null, "kind", "is missing");
        if (!ResourceKinds.TryFind(apiVersion, kind, out ResourceKind? found))
            throw ResourceException.Invalid(null, "kind", $"'{kind}' of {apiVersion} is not a known kind");
        Kind = found;
        if (json["metadata"] is not JsonObject) throw ResourceException.Invalid(null, "metadata", "is missing");
        if (string.IsNullOrEmpty(Name)) throw ResourceException.Invalid(null, "metadata.name", "is missing");
    }

    /// <summary>A new object with an empty spec.</summary>
    public Resource(ResourceKey key)
        : this(new JsonObject
        {
            ["apiVersion"] = (key ?? throw new ArgumentNullException(nameof(key))).Kind.ApiVersion,
            ["kind"] = key.Kind.Kind,
            ["metadata"] = key.Kind.IsNamespaced ? new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace } : new JsonObject { ["name"] = key.Name },
            ["spec"] = new JsonObject(),
        })
    {
    }

    private Resource(JsonObject json, ResourceKind kind) => (Json, Kind) = (json, kind);

    /// <summary>The whole object.</summary>
    public JsonObject Json { get; }

    /// <summary>Its kind.</summary>
    public ResourceKind Kind { get; }

    /// <summary>Kind, namespace and name.</summary>
    public ResourceKey Key => new(Kind, Kind.IsNamespaced ? Namespace : "", Name);

    /// <summary><c>metadata</c>.</summary>
    public JsonObject Metadata => Json["metadata"] as JsonObject ?? Child(Json, "metadata");

    /// <summary><c>spec</c>; added when it is missing.</summary>
    public JsonObject Spec => Json["spec"] as JsonObject ?? Child(Json, "spec");

    /// <summary><c>metadata.name</c>.</summary>
    public string Name => Text(Metadata, "name") ?? "";

    /// <summary><c>metadata.namespace</c>; empty where the kind has none.</summary>
    public string Namespace
    {
        get => Text(Metadata, "namespace") ?? "";
        set => Metadata["namespace"] = value;
    }

    /// <summary><c>metadata.uid</c>.</summary>
    public string Uid => Text(Metadata, "uid") ?? "";

    /// <summary><c>metadata.resourceVersion</c> as the store's revision; 0 when it is missing or no number.</summary>
    public long Revision
    {
        get => long.TryParse(Text(Metadata, "resourceVersion"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long revision) ? revision : 0;
        set
        {
            if (value == 0) Metadata.Remove("resourceVersion");
            else Metadata["resourceVersion"] = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A copy of <c>metadata.labels</c>.</summary>
    public IReadOnlyDictionary<string, string> Labels => Map("labels");

    /// <summary>A copy of <c>metadata.annotations</c>.</summary>
    public IReadOnlyDictionary<string, string> Annotations => Map("annotations");

    /// <summary>Sets a label, or removes it with null.</summary>
    public void SetLabel(string name, string? value) => SetIn("labels", name, value);

    /// <summary>Sets an annotation, or removes it with null.</summary>
    public void SetAnnotation(string name, string? value) => SetIn("annotations", name, value);

    /// <summary>Reads an object from JSON.</summary>
    /// <exception cref="ResourceException">The text is no JSON object of a known kind; never another exception.</exception>
    public static Resource Parse(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            if (JsonNode.Parse(utf8Json, documentOptions: Strict) is JsonObject json) return new(json);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw ResourceException.Invalid(null, "", $"is not JSON: {error.Message}");
        }

        throw ResourceException.Invalid(null, "", "is not a JSON object");
    }

    /// <summary>Reads an object as a store keeps it: resourceVersion from the revision, the user's name back in place.</summary>
    /// <exception cref="ResourceException">The value is no object of the kind that the key says.</exception>
    public static Resource FromStore(KeyValue item) => StoredForm.Read(item);

    /// <summary>The object as JSON, compact.</summary>
    public byte[] ToUtf8Json()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Compact)) Json.WriteTo(writer);
        return stream.ToArray();
    }

    /// <summary>The object as indented JSON.</summary>
    public string ToJsonText()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Compact with { Indented = true })) Json.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>An independent copy.</summary>
    public Resource Clone() => new((JsonObject)Json.DeepClone(), Kind);

    /// <summary>Kind, namespace and name.</summary>
    public override string ToString() => Key.ToString();

    internal static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonObject Child(JsonObject parent, string name)
    {
        JsonObject child = [];
        parent[name] = child;
        return child;
    }

    private Dictionary<string, string> Map(string name)
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        if (Metadata[name] is not JsonObject json) return map;
        foreach ((string key, JsonNode? _) in json)
        {
            if (Text(json, key) is { } value) map[key] = value;
        }

        return map;
    }

    private void SetIn(string map, string name, string? value)
    {
        if (value is not null)
        {
            (Metadata[map] as JsonObject ?? Child(Metadata, map))[name] = value;
            return;
        }

        if (Metadata[map] is not JsonObject json) return;
        json.Remove(name);
        if (json.Count == 0) Metadata.Remove(map);
    }
}
