using System.Net;

namespace Calico.Lab.Fabric;

/// <summary>Names and addresses of the fabric, as a pure function of the number of nodes.</summary>
/// <remarks>
/// The router has a link to every node (10.11.<i>i</i>.0/24, fd00:11:<i>i</i>::/64), one to the server (10.99.0.0/24, fd00:99::/64)
/// and loopback addresses that all nodes peer with (10.255.0.1, fd00:255::1).
/// </remarks>
internal sealed record FabricPlan(string Id, IReadOnlyList<NodePlan> Nodes)
{
    public const uint RouterAs = 65000;
    public const uint ClusterAs = 64512;

    public static readonly IPAddress RouterLoopback4 = IPAddress.Parse("10.255.0.1");
    public static readonly IPAddress RouterLoopback6 = IPAddress.Parse("fd00:255::1");

    public string RouterNamespace => Id + "-router";

    public string ServerNamespace => Id + "-server";

    public static LinkPlan ServerLink { get; } = new("server", Network("10.99.0.1/24"), Network("10.99.0.2/24"), Network("fd00:99::1/64"), Network("fd00:99::2/64"));

    /// <summary>The server's second address, the one that policy knows as bad.</summary>
    public static IReadOnlyList<(IPAddress Address, int PrefixLength)> ServerExtraAddresses { get; } = [Network("10.99.0.66/24"), Network("fd00:99::66/64")];

    public string PodNamespace(string podNamespace, string podName) => $"{Id}-{podNamespace}-{podName}";

    public static FabricPlan For(string id, int nodes) =>
        new(id, [.. Enumerable.Range(1, nodes).Select(i => new NodePlan($"node-{i}", $"{id}-node-{i}", LinkOf(i)))]);

    private static LinkPlan LinkOf(int i) =>
        new($"node-{i}", Network($"10.11.{i}.1/24"), Network($"10.11.{i}.2/24"), Network($"fd00:11:{i:x}::1/64"), Network($"fd00:11:{i:x}::2/64"));

    private static (IPAddress, int) Network(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return (IPAddress.Parse(text.AsSpan(0, slash)), int.Parse(text.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>One node: its Kubernetes name, the namespace it lives in and its link to the router.</summary>
internal sealed record NodePlan(string Name, string Namespace, LinkPlan Link);

/// <summary>A link between the router (near) and a host (far), whose interface is <c>eth0</c> there.</summary>
internal sealed record LinkPlan(
    string RouterInterface,
    (IPAddress Address, int PrefixLength) Near4,
    (IPAddress Address, int PrefixLength) Far4,
    (IPAddress Address, int PrefixLength) Near6,
    (IPAddress Address, int PrefixLength) Far6)
{
    public const string HostInterface = "eth0";
}
