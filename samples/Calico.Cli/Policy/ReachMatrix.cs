using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Analysis;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Cli.Policy;

/// <summary>Who may reach whom: the pods, and the addresses outside the cluster by the classes that some rule tells apart. Exact, over all packets.</summary>
internal sealed class ReachMatrix
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.1"), ElsewhereV6 = IPAddress.Parse("2001:db8::1");

    private readonly Reachability _reachability;
    private readonly Dictionary<string, AddressClass> _classes = [];
    private readonly List<string> _peers = [];

    private bool _isIPv6;
    private IReadOnlyCollection<IpProtocol>? _protocols;

    private ReachMatrix(Reachability reachability) => _reachability = reachability;

    /// <summary>The pods in order, then the outside.</summary>
    public IReadOnlyList<string> Peers => _peers;

    public Connectivity this[string from, string to] => _reachability[_classes[from], _classes[to]];

    public static ReachMatrix Of(ManifestCluster cluster)
    {
        ReachMatrix matrix = new(PolicyAnalysis.Reachability(cluster.State));
        List<(string Name, IPAddress Address)> pods = [.. cluster.Pods
            .Where(static p => p.Spec.HostNetwork is not true && EndpointReference.AddressesOf(p).Any())
            .Select(static p => ($"{p.Metadata.Namespace}/{p.Metadata.Name}", EndpointReference.AddressesOf(p).First()))
            .OrderBy(static p => p.Item1, StringComparer.Ordinal)];
        // One family in one matrix: rows and columns of different ones have no packets in common.
        bool v6 = pods.Count > 0 && pods.TrueForAll(static p => p.Address.AddressFamily == AddressFamily.InterNetworkV6);
        matrix._isIPv6 = v6;
        foreach ((string name, IPAddress address) in pods.Where(p => p.Address.AddressFamily == AddressFamily.InterNetworkV6 == v6))
            matrix.Add(name, matrix._reachability.ClassOf(address));
        AddressClass elsewhere = matrix._reachability.ClassOf(v6 ? ElsewhereV6 : Elsewhere);
        foreach (AddressClass outside in matrix._reachability.Classes(v6 ? IpVersion.IPv6 : IpVersion.IPv4).Where(static c => c.Endpoints.Count == 0 && c.Node is null))
        {
            if (outside != elsewhere) matrix.Add(outside.ToString(), outside);
        }

        matrix.Add("outside", elsewhere);
        return matrix;
    }

    private void Add(string name, AddressClass addresses)
    {
        if (_classes.TryAdd(name, addresses)) _peers.Add(name);
    }

    /// <summary>Each ordered pair of different peers.</summary>
    public IEnumerable<(string From, string To, Connectivity Allowed)> Pairs() =>
        _peers.SelectMany(from => _peers.Where(to => to != from).Select(to => (from, to, this[from, to])));

    public string Summary()
    {
        (string From, string To, Connectivity Allowed)[] pairs = [.. Pairs()];
        return string.Create(CultureInfo.InvariantCulture, $"{_peers.Count} peers, {pairs.Count(static p => !p.Allowed.IsNone)} of {pairs.Length} pairs open");
    }

    /// <summary><c>all</c>, <c>-</c>, or the packets as briefly as they can be said.</summary>
    public string Brief(Connectivity allowed)
    {
        if (allowed.IsAll) return "all";
        return allowed.IsNone ? "-" : PacketSummary.Brief(allowed.Packets, Protocols);
    }

    // ICMP of the other family is one of the protocols nobody means.
    private IReadOnlyCollection<IpProtocol> Protocols => _protocols ??=
    [
        .. Pairs().SelectMany(static p => p.Allowed.Packets).Select(static p => p.Protocol).OfType<IpProtocol>().Distinct()
            .Where(p => p != (_isIPv6 ? IpProtocol.Icmp : IpProtocol.IcmpV6)).Order(),
    ];
}
