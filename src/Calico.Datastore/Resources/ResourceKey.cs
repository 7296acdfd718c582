using System.Diagnostics.CodeAnalysis;

namespace Calico.Datastore;

/// <summary>Names one object: kind, namespace, name.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for kinds that have none.</param>
/// <param name="Name">The name.</param>
public sealed record ResourceKey(ResourceKind Kind, string Namespace, string Name)
{
    /// <summary>An object of a kind without namespaces.</summary>
    public ResourceKey(ResourceKind kind, string name)
        : this(kind, "", name)
    {
    }

    /// <summary>The key in the store, for example <c>/calico/resources/v3/projectcalico.org/networkpolicies/default/allow-dns</c>.</summary>
    public string StoreKey => Kind.IsNamespaced ? $"{Kind.KeyPrefix}{Namespace}/{Name}" : Kind.KeyPrefix + Name;

    /// <summary>Reads a store key; false when it is not one of an object of a known kind.</summary>
    public static bool TryParse(string storeKey, [NotNullWhen(true)] out ResourceKey? key)
    {
        ArgumentNullException.ThrowIfNull(storeKey);
        key = null;
        int name = storeKey.LastIndexOf('/') + 1;
        if (name <= 1 || name == storeKey.Length) return false;
        if (ResourceKinds.TryFindByPrefix(storeKey[..name], out ResourceKind? kind))
        {
            if (!kind.IsNamespaced) key = new(kind, storeKey[name..]);
            return key is not null;
        }

        int space = storeKey.LastIndexOf('/', name - 2) + 1;
        if (space <= 1 || space == name - 1 || !ResourceKinds.TryFindByPrefix(storeKey[..space], out kind) || !kind.IsNamespaced) return false;
        key = new(kind, storeKey[space..(name - 1)], storeKey[name..]);
        return true;
    }

    /// <summary><c>Kind namespace/name</c> or <c>Kind name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind.Kind} {Name}" : $"{Kind.Kind} {Namespace}/{Name}";
}
