using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Cli.Policy;

/// <summary>What one peer may send another: ranges of ports by protocol, and ICMP echo.</summary>
internal sealed record Reach(IReadOnlyList<(IpProtocol Protocol, PortRange Ports)> Allowed)
{
    private static readonly IpProtocol[] WithPorts = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    public bool IsNothing => Allowed.Count == 0;

    public bool IsEverything => Allowed.Count == WithPorts.Length + 1 && Allowed.All(static a => !a.Protocol.HasPorts || a.Ports == new PortRange(1, ushort.MaxValue));

    public bool Equals(Reach? other) => other is not null && Allowed.SequenceEqual(other.Allowed);

    public override int GetHashCode() => Allowed.Count;

    /// <summary><c>all</c>, <c>-</c>, or <c>TCP 80,443 UDP 53</c>.</summary>
    public override string ToString() => IsEverything ? "all" : IsNothing ? "-" : string.Join(' ', Allowed.GroupBy(static a => a.Protocol).Select(static g =>
        !g.Key.HasPorts ? "ICMP" : g.First().Ports == new PortRange(1, ushort.MaxValue) ? $"{g.Key}" : $"{g.Key} {string.Join(',', g.Select(static a => a.Ports.ToString().Replace(':', '-')))}"));
}

/// <summary>
/// Who may reach whom. Between two neighbouring ports that no rule tells apart the verdict is one, so one packet a class decides exactly.
/// </summary>
internal sealed class ReachMatrix
{
    private static readonly IpProtocol[] WithPorts = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];
    private static readonly IPAddress OutsideV4 = IPAddress.Parse("198.51.100.1"), OutsideV6 = IPAddress.Parse("2001:db8::1");
    public const string Outside = "outside";

    private readonly Dictionary<(string From, string To), Reach> _cells = [];

    private ReachMatrix(IReadOnlyList<string> peers) => Peers = peers;

    /// <summary>The pods in order, then the world outside the cluster.</summary>
    public IReadOnlyList<string> Peers { get; }

    public Reach this[string from, string to] => _cells.GetValueOrDefault((from, to)) ?? new Reach([]);

    public static ReachMatrix Of(ManifestCluster cluster)
    {
        List<(string Name, IPAddress Address)> peers = [];
        foreach (Pod pod in cluster.Pods)
        {
            if (EndpointReference.AddressesOf(pod).FirstOrDefault() is { } address && pod.Spec.HostNetwork is not true)
                peers.Add(($"{pod.Metadata.Namespace}/{pod.Metadata.Name}", address));
        }

        peers.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        ReachMatrix matrix = new([.. peers.Select(static p => p.Name), Outside]);
        PolicyEvaluator evaluator = new(cluster.State);
        ushort[] starts = PortBoundaries(cluster.State);
        foreach ((string from, IPAddress source) in peers)
        {
            foreach ((string to, IPAddress destination) in peers)
            {
                if (from != to && source.AddressFamily == destination.AddressFamily) matrix._cells[(from, to)] = Between(evaluator, source, destination, starts);
            }

            IPAddress outside = source.AddressFamily == AddressFamily.InterNetworkV6 ? OutsideV6 : OutsideV4;
            matrix._cells[(from, Outside)] = Between(evaluator, source, outside, starts);
            matrix._cells[(Outside, from)] = Between(evaluator, outside, source, starts);
        }

        return matrix;
    }

    private static Reach Between(PolicyEvaluator evaluator, IPAddress from, IPAddress to, ushort[] starts)
    {
        List<(IpProtocol, PortRange)> allowed = [];
        bool v6 = from.AddressFamily == AddressFamily.InterNetworkV6;
        foreach (IpProtocol protocol in WithPorts)
        {
            for (int i = 0; i < starts.Length; i++)
            {
                if (!Allows(protocol, starts[i])) continue;
                int first = starts[i];
                while (i + 1 < starts.Length && Allows(protocol, starts[i + 1])) i++;
                allowed.Add((protocol, new PortRange((ushort)first, (ushort)(i + 1 < starts.Length ? starts[i + 1] - 1 : ushort.MaxValue))));
            }
        }

        IpProtocol icmp = v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp;
        if (Allows(icmp, 0)) allowed.Add((icmp, new PortRange(0)));
        return new Reach(allowed);

        bool Allows(IpProtocol protocol, ushort port) => evaluator.Evaluate(new Flow
        {
            Source = from, Destination = to, Protocol = protocol, DestinationPort = port, IcmpType = v6 ? (byte)128 : (byte)8,
        }).IsAllowed;
    }

    // The first port of each class: where a range of some rule begins or has just ended, and each named port.
    private static ushort[] PortBoundaries(ClusterState state)
    {
        SortedSet<int> starts = [1];
        IEnumerable<RuleModel> rules = state.Policies.Values.SelectMany(static p => p.Ingress.Concat(p.Egress)).Concat(state.Profiles.Values.SelectMany(static p => p.Ingress.Concat(p.Egress)));
        foreach (RuleModel rule in rules)
        {
            foreach (PortRange range in rule.Destination.Ports.Concat(rule.Destination.NotPorts)) Add(range.First, range.Last);
        }

        foreach (EndpointModel endpoint in state.Workloads.Values.Concat<EndpointModel>(state.Hosts.Values))
        {
            foreach (EndpointPort port in endpoint.Ports) Add(port.Port, port.Port);
        }

        foreach (EndpointSliceModel slice in state.EndpointSlices.Values)
        {
            foreach (ServicePort port in slice.Ports) Add(port.Port, port.Port);
        }

        return [.. starts.Select(static p => (ushort)p)];

        void Add(int first, int last)
        {
            if (first >= 1) starts.Add(first);
            if (last < ushort.MaxValue) starts.Add(last + 1);
        }
    }

    /// <summary>The number of pairs that may talk at all.</summary>
    public int OpenPairs => _cells.Values.Count(static r => !r.IsNothing);

    public string Summary() => string.Create(CultureInfo.InvariantCulture, $"{Peers.Count - 1} pods, {OpenPairs} of {_cells.Count} pairs open");
}
