using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Datastore;

/// <summary>Between an object as people write it and as Calico keeps it in etcd: no resourceVersion in the value; a policy's name also in an annotation,
/// since stored names once carried their tier (libcalico-go <c>backend/model/keys.go</c> determinePolicyName).</summary>
internal static class StoredForm
{
    private const string MetadataAnnotation = "projectcalico.org/metadata";
    private const string DefaultTierPrefix = "default.";

    public static byte[] Write(Resource resource)
    {
        Resource stored = resource.Clone();
        stored.Json["apiVersion"] = stored.Kind.ApiVersion;
        stored.Metadata.Remove("resourceVersion");
        stored.Metadata.Remove("selfLink");
        if (IsTiered(stored.Kind))
            stored.SetAnnotation(MetadataAnnotation, new JsonObject { ["name"] = stored.Name }.ToJsonString());
        return stored.ToUtf8Json();
    }

    public static Resource Read(KeyValue item)
    {
        if (!ResourceKey.TryParse(item.Key, out ResourceKey? key))
            throw ResourceException.Invalid(null, "", $"{item.Key} is not the key of an object");
        try
        {
            if (JsonNode.Parse(item.Value.Span, documentOptions: Resource.Strict) is not JsonObject json) throw ResourceException.Invalid(key, "", "is not a JSON object");
            // Old releases left these out of values.
            json["apiVersion"] ??= key.Kind.ApiVersion;
            json["kind"] ??= key.Kind.Kind;
            if (json["metadata"] is not JsonObject) json["metadata"] = new JsonObject();
            json["metadata"]!["name"] ??= key.Name;
            if (key.Kind.IsNamespaced) json["metadata"]!["namespace"] ??= key.Namespace;
            Resource resource = new(json);
            if (!ReferenceEquals(resource.Kind, key.Kind)) throw ResourceException.Invalid(key, "kind", $"is {resource.Kind.Kind}");
            if (IsTiered(key.Kind)) RestoreName(resource);
            resource.Revision = item.ModRevision;
            return resource;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw ResourceException.Invalid(key, "", $"is not JSON: {error.Message}");
        }
    }

    /// <summary>As <see cref="Read"/>; where the value cannot be read, the bare name: it can still be deleted.</summary>
    public static Resource ReadLeniently(KeyValue item, ResourceKey key)
    {
        try
        {
            return Read(item);
        }
        catch (ResourceException)
        {
            return new Resource(key) { Revision = item.ModRevision };
        }
    }

    private static bool IsTiered(ResourceKind kind) =>
        kind == ResourceKinds.NetworkPolicy || kind == ResourceKinds.GlobalNetworkPolicy ||
        kind == ResourceKinds.StagedNetworkPolicy || kind == ResourceKinds.StagedGlobalNetworkPolicy;

    private static void RestoreName(Resource policy)
    {
        if (policy.Annotations.TryGetValue(MetadataAnnotation, out string? text) && text.Length > 0)
        {
            if (JsonNode.Parse(text, documentOptions: Resource.Strict) is JsonObject metadata && Resource.Text(metadata, "name") is { Length: > 0 } name)
                policy.Metadata["name"] = name;
            policy.SetAnnotation(MetadataAnnotation, null);
            return;
        }

        string tier = Resource.Text(policy.Spec, "tier") ?? "";
        if (tier is "" or "default" && policy.Name.StartsWith(DefaultTierPrefix, StringComparison.Ordinal) && policy.Name.Length > DefaultTierPrefix.Length)
            policy.Metadata["name"] = policy.Name[DefaultTierPrefix.Length..];
    }
}
