using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Analysis;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Cli.Policy;

/// <summary>
/// Who may reach whom in one IP version: the pods, and the addresses outside the cluster by the classes that some rule tells apart. Exact, over all packets.
/// </summary>
internal sealed class ReachMatrix
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.1"), ElsewhereV6 = IPAddress.Parse("2001:db8::1");

    private readonly Reachability _reachability;
    private readonly Dictionary<string, AddressClass> _classes = [];
    private readonly List<string> _peers = [];
    private IReadOnlyCollection<IpProtocol>? _protocols;

    private ReachMatrix(Reachability reachability, IpVersion family) => (_reachability, Family) = (reachability, family);

    /// <summary>The IP version: rows and columns of different ones have no packets in common.</summary>
    public IpVersion Family { get; }

    /// <summary>The pods in order, then the outside.</summary>
    public IReadOnlyList<string> Peers => _peers;

    public Connectivity this[string from, string to] => _reachability[_classes[from], _classes[to]];

    /// <summary>A matrix for each IP version that pods have addresses of, and one of IPv4 when there is no pod.</summary>
    public static IReadOnlyList<ReachMatrix> Of(ManifestCluster cluster)
    {
        Reachability reachability = PolicyAnalysis.Reachability(cluster.State);
        (string Name, IPAddress[] Addresses)[] pods = [.. cluster.Pods
            .Where(static p => p.Spec.HostNetwork is not true)
            .Select(static p => ($"{p.Metadata.Namespace}/{p.Metadata.Name}", EndpointReference.AddressesOf(p).ToArray()))
            .OrderBy(static p => p.Item1, StringComparer.Ordinal)];
        List<ReachMatrix> matrices = [];
        foreach ((IpVersion family, AddressFamily addresses) in new[] { (IpVersion.IPv4, AddressFamily.InterNetwork), (IpVersion.IPv6, AddressFamily.InterNetworkV6) })
        {
            ReachMatrix matrix = new(reachability, family);
            foreach ((string name, IPAddress[] all) in pods)
            {
                if (Array.Find(all, a => a.AddressFamily == addresses) is { } address) matrix.Add(name, reachability.ClassOf(address));
            }

            if (matrix._peers.Count > 0 || (family == IpVersion.IPv4 && pods.All(static p => p.Addresses.Length == 0))) matrices.Add(matrix.WithOutside());
        }

        return matrices;
    }

    private ReachMatrix WithOutside()
    {
        AddressClass elsewhere = _reachability.ClassOf(Family == IpVersion.IPv6 ? ElsewhereV6 : Elsewhere);
        foreach (AddressClass outside in _reachability.Classes(Family).Where(static c => c.Endpoints.Count == 0 && c.Node is null))
        {
            if (outside != elsewhere) Add(outside.ToString(), outside);
        }

        Add("outside", elsewhere);
        return this;
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
        return string.Create(CultureInfo.InvariantCulture, $"{Family}: {_peers.Count} peers, {pairs.Count(static p => !p.Allowed.IsNone)} of {pairs.Length} pairs open");
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
            .Where(p => p != (Family == IpVersion.IPv6 ? IpProtocol.Icmp : IpProtocol.IcmpV6)).Order(),
    ];
}
