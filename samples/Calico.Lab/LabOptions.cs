using System.Globalization;

namespace Calico.Lab;

/// <summary>What the command line asks for.</summary>
internal sealed record LabOptions
{
    /// <summary>Folder of manifests; the shop of samples/lab/manifests by default.</summary>
    public string? Manifests { get; init; }

    /// <summary>An etcd behind the router in place of one SQLite file.</summary>
    public bool Etcd { get; init; }

    public int Nodes { get; init; } = 3;

    /// <summary>At least this many pods on every node: what the manifests lack is filled up with pods of namespace <c>filler</c>.</summary>
    public int PodsPerNode { get; init; }

    public bool Keep { get; init; }

    public bool Json { get; init; }

    public bool Verbose { get; init; }

    /// <summary>Names the lab; two labs side by side differ in it, and so in every name they make.</summary>
    public string Id { get; init; } = "lab" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    public const int MaxNodes = 200;
    public const int MaxPodsPerNode = 60;
}
