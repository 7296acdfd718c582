namespace Calico.Ipam.GarbageCollection;

/// <summary>What is known about the users of addresses. What is not known (null) makes every address of that kind count as in use.</summary>
public sealed record ClusterFacts
{
    /// <summary>Names of the nodes that exist; null when they could not be read.</summary>
    public IReadOnlySet<string>? Nodes { get; init; }

    /// <summary>The pods that exist; null when they could not be read.</summary>
    public IReadOnlyCollection<PodFact>? Pods { get; init; }

    /// <summary>Virtual machines and instances that exist, as <c>name</c> or <c>namespace/name</c>; null when they could not be read.</summary>
    public IReadOnlySet<string>? VirtualMachines { get; init; }

    /// <summary>Names whose fixed addresses are to stay, see <see cref="FixedAddresses"/>; null keeps all of them.</summary>
    public IReadOnlySet<string>? FixedNames { get; init; }
}

/// <summary>What is known about a pod.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Node">The node it runs on.</param>
/// <param name="Addresses">The addresses of its status or annotations; none while it starts.</param>
/// <param name="IsEvicted">It failed and was evicted: it holds no address any more.</param>
public sealed record PodFact(string Namespace, string Name, string Node, IReadOnlyCollection<System.Net.IPAddress> Addresses, bool IsEvicted = false);
