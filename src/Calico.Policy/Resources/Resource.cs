using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>An object as people write it: Kubernetes or projectcalico.org/v3, compared by content.</summary>
/// <remarks>Fields that may be left out are nullable or empty lists; nothing is defaulted here, see <c>Validation</c> and <c>Conversion</c>.</remarks>
public abstract record Resource
{
    /// <summary>Group and version, for example <c>projectcalico.org/v3</c>.</summary>
    public abstract string ApiVersion { get; }

    /// <summary>The kind, for example <c>NetworkPolicy</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Name, namespace, labels.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Whether objects of this kind live in a namespace.</summary>
    [JsonIgnore]
    public virtual bool IsNamespaced => true;

    /// <summary>What the object is called in the cluster.</summary>
    [JsonIgnore]
    public ResourceId Id => new(ApiVersion, Kind, IsNamespaced ? Metadata.Namespace ?? "" : "", Metadata.Name ?? "");
}

/// <summary>Names an object among all others.</summary>
/// <param name="ApiVersion">Group and version.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for a cluster-wide kind.</param>
/// <param name="Name">The name.</param>
public readonly record struct ResourceId(string ApiVersion, string Kind, string Namespace, string Name)
{
    /// <summary><c>Kind namespace/name</c>, or <c>Kind name</c> for a cluster-wide kind.</summary>
    public override string ToString() => string.IsNullOrEmpty(Namespace) ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>Standard metadata (Kubernetes <c>ObjectMeta</c>), the parts that policy looks at.</summary>
public sealed record ObjectMeta
{
    /// <summary>The name.</summary>
    public string? Name { get; init; }

    /// <summary>The start of a name the server completes.</summary>
    public string? GenerateName { get; init; }

    /// <summary>The namespace; null for cluster-wide kinds, and read as <c>default</c> for others.</summary>
    public string? Namespace { get; init; }

    /// <summary>Labels.</summary>
    public LabelMap Labels { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;

    /// <summary>Annotations.</summary>
    public LabelMap Annotations { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;

    /// <summary>The object's unique id.</summary>
    public string? Uid { get; init; }

    /// <summary>The revision at which the object was read, opaque.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>RFC 3339 time of creation.</summary>
    public string? CreationTimestamp { get; init; }

    /// <summary>RFC 3339 time at which deletion was asked for; a pod with it is still there.</summary>
    public string? DeletionTimestamp { get; init; }
}
