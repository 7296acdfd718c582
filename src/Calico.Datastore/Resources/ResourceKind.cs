namespace Calico.Datastore;

/// <summary>A kind of object: how YAML names it and where it is kept.</summary>
public sealed class ResourceKind
{
    internal ResourceKind(string apiVersion, string kind, string plural, bool namespaced, string keyPrefix, params string[] shortNames)
    {
        ApiVersion = apiVersion;
        Kind = kind;
        Plural = plural;
        IsNamespaced = namespaced;
        KeyPrefix = keyPrefix;
        ShortNames = shortNames;
    }

    /// <summary>Group and version as in <c>apiVersion</c>: <c>projectcalico.org/v3</c>, <c>v1</c>.</summary>
    public string ApiVersion { get; }

    /// <summary>The group alone; empty for Kubernetes' core kinds.</summary>
    public string Group => ApiVersion.LastIndexOf('/') is > 0 and int slash ? ApiVersion[..slash] : "";

    /// <summary>The name as in <c>kind</c>: <c>IPPool</c>.</summary>
    public string Kind { get; }

    /// <summary>Lower-case plural as in keys and on command lines: <c>ippools</c>.</summary>
    public string Plural { get; }

    /// <summary>True when objects live in namespaces.</summary>
    public bool IsNamespaced { get; }

    /// <summary>What the keys of all objects of the kind begin with; ends with <c>/</c>.</summary>
    public string KeyPrefix { get; }

    /// <summary>Abbreviations for command lines: <c>pool</c>, <c>gnp</c>.</summary>
    public IReadOnlyList<string> ShortNames { get; }

    /// <summary>True for Calico's own API (<c>projectcalico.org/v3</c>).</summary>
    public bool IsCalico => ReferenceEquals(ApiVersion, ResourceKinds.CalicoApi) || ApiVersion == ResourceKinds.CalicoApi;

    /// <summary><c>Kind.group</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Kind : $"{Kind}.{Group}";
}
