using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>Kinds and names as people type them: <c>ippool pool-1</c>, <c>ippool/pool-1</c>, <c>networkpolicies.networking.k8s.io</c>.</summary>
internal static class ResourceNames
{
    public static ResourceKind Kind(string word) =>
        ResourceKinds.TryFindByWord(word, out ResourceKind? kind) ? kind : throw new CommandException(Unknown(word));

    /// <summary>The kinds a <c>get</c> is of: one, several with commas, or <c>all</c>.</summary>
    public static IReadOnlyList<ResourceKind> Kinds(string words) =>
        words == "all" ? ResourceKinds.All : [.. words.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Kind)];

    /// <summary>The objects that <c>KIND NAME…</c> or <c>KIND/NAME</c> means.</summary>
    public static List<ResourceKey> Keys(string[] words, string? inNamespace)
    {
        if (words.Length == 0) throw new CommandException("No kind is given.");
        if (words[0].Contains('/', StringComparison.Ordinal))
            return [.. words.Select(word => word.Split('/', 2)).Select(pair => Key(Kind(pair[0]), pair[1], inNamespace))];
        ResourceKind kind = Kind(words[0]);
        return [.. words[1..].Select(name => Key(kind, name, inNamespace))];
    }

    public static ResourceKey Key(ResourceKind kind, string name, string? inNamespace) =>
        kind.IsNamespaced ? new(kind, inNamespace is { Length: > 0 } ? inNamespace : "default", name) : new(kind, name);

    private static string Unknown(string word)
    {
        string[] close = [.. ResourceKinds.All.Where(k => k.Plural.StartsWith(word.Length > 3 ? word[..3].ToLowerInvariant() : word.ToLowerInvariant(), StringComparison.Ordinal)).Select(k => k.Plural).Distinct()];
        string hint = close.Length > 0 ? $" Did you mean {string.Join(", ", close)}?" : "";
        return $"resource type '{word}' is not supported.{hint}";
    }
}
