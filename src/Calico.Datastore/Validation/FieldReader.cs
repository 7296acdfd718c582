using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Net;
using Calico.Policy.Selectors;
using Calico.Yaml;

namespace Calico.Datastore.Validation;

/// <summary>Reads the fields of a JSON object and notes what is wrong with them, with their paths.</summary>
internal readonly struct FieldReader(JsonObject json, string path, ICollection<ResourceProblem> problems)
{
    public static FieldReader Spec(Resource resource, ICollection<ResourceProblem> problems) => new(resource.Spec, "spec", problems);

    public bool Has(string name) => json[name] is not null;

    public void Add(string field, string reason) => problems.Add(new(field.Length == 0 ? path : DocumentPath.Join(path, field), reason));

    /// <summary>The text of a field; null when it is missing or no text.</summary>
    public string? Text(string name)
    {
        if (json[name] is not { } node) return null;
        if (node is JsonValue value && value.TryGetValue(out string? text)) return text;
        Add(name, "must be a string");
        return null;
    }

    public bool? Flag(string name)
    {
        if (json[name] is not { } node) return null;
        if (node.GetValueKind() is JsonValueKind.True or JsonValueKind.False) return node.GetValueKind() == JsonValueKind.True;
        Add(name, "must be true or false");
        return null;
    }

    public long? Number(string name, long minimum, long maximum)
    {
        if (json[name] is not { } node) return null;
        if (node is JsonValue value && value.TryGetValue(out long number) && number >= minimum && number <= maximum) return number;
        Add(name, $"must be a number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>An AS number: a number, or text as <c>64512</c> or <c>1.10</c>.</summary>
    public void AsNumber(string name)
    {
        switch (json[name])
        {
            case null: return;
            case JsonValue value when value.TryGetValue(out uint _): return;
            case JsonValue value when value.TryGetValue(out string? text) && IsAsNumber(text): return;
        }

        Add(name, "must be an AS number from 0 to 4294967295, or high.low");
    }

    public string? OneOf(string name, params ReadOnlySpan<string> allowed)
    {
        if (Text(name) is not { } text) return null;
        foreach (string value in allowed)
        {
            if (value == text) return text;
        }

        Add(name, $"must be one of {string.Join(", ", allowed!)}, not '{text}'");
        return null;
    }

    public void OneOfAnyCase(string name, params string[] allowed)
    {
        if (Text(name) is { Length: > 0 } text && !allowed.Contains(text, StringComparer.OrdinalIgnoreCase)) Add(name, $"must be one of {string.Join(", ", allowed)}, not '{text}'");
    }

    /// <summary>A list of ports and of ranges <c>first:last</c>.</summary>
    public void PortRanges(string name)
    {
        foreach ((int index, JsonNode? item) in List(name))
        {
            string[] ends = item is JsonValue value && value.TryGetValue(out string? text) ? text.Split(':') : [item?.ToJsonString() ?? ""];
            ushort[] ports = [.. ends.Select(e => ushort.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? port : (ushort)0)];
            if (ends.Length > 2 || ports.Contains((ushort)0) || ports[0] > ports[^1]) Add(DocumentPath.Join(name, index), "must be a port from 1 to 65535 or a range first:last");
        }
    }

    public void Annotations(string name) => MetadataRule.Annotations(json[name], DocumentPath.Join(path, name), problems);

    public void Selector(string name)
    {
        if (Text(name) is { Length: > 0 } text && !Calico.Policy.Selectors.Selector.TryParse(text, out _, out SelectorError error)) Add(name, error.ToString());
    }

    public IPAddress? Address(string name, int family = 0)
    {
        if (Text(name) is not { } text) return null;
        if (IpPrefix.TryParse(text, out IpPrefix prefix) && !text.Contains('/', StringComparison.Ordinal) && FamilyIs(prefix, family)) return prefix.ToAddress();
        Add(name, $"'{text}' is not an {Family(family)} address");
        return null;
    }

    /// <summary>An address or a prefix.</summary>
    public IpPrefix? Cidr(string name, int family = 0)
    {
        if (Text(name) is not { } text) return null;
        if (IpPrefix.TryParse(text, out IpPrefix prefix) && FamilyIs(prefix, family)) return prefix;
        Add(name, $"'{text}' is not an {Family(family)} address or prefix");
        return null;
    }

    public IEnumerable<FieldReader> Objects(string name)
    {
        List<FieldReader> objects = [];
        foreach ((int index, JsonNode? item) in List(name))
        {
            string itemPath = DocumentPath.Join(DocumentPath.Join(path, name), index);
            if (item is JsonObject found) objects.Add(new(found, itemPath, problems));
            else problems.Add(new(itemPath, "must be an object"));
        }

        return objects;
    }

    public IEnumerable<(string Text, string Field)> Texts(string name)
    {
        List<(string, string)> texts = [];
        foreach ((int index, JsonNode? item) in List(name))
        {
            if (item is JsonValue value && value.TryGetValue(out string? text)) texts.Add((text, DocumentPath.Join(name, index)));
            else Add(DocumentPath.Join(name, index), "must be a string");
        }

        return texts;
    }

    public FieldReader? Object(string name)
    {
        if (json[name] is not { } node) return null;
        if (node is JsonObject found) return new(found, DocumentPath.Join(path, name), problems);
        Add(name, "must be an object");
        return null;
    }

    public int Count => json.Count;

    /// <summary>Notes a problem of a value that stands at <paramref name="field"/>, a path within this object.</summary>
    public void AddAt(string field, string reason) => problems.Add(new($"{path}.{field}", reason));

    private IEnumerable<(int Index, JsonNode? Item)> List(string name)
    {
        if (json[name] is not { } node) return [];
        if (node is JsonArray array) return array.Index();
        Add(name, "must be a list");
        return [];
    }

    private static bool FamilyIs(in IpPrefix prefix, int family) => family == 0 || prefix.IsIPv6 == (family == 6);

    private static string Family(int family) => family == 0 ? "IP" : string.Create(CultureInfo.InvariantCulture, $"IPv{family}");

    private static bool IsAsNumber(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return true;
        string[] parts = text.Split('.');
        return parts.Length == 2 && parts.All(p => ushort.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}
