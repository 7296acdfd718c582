using System.Net;
using System.Net.Sockets;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Support;

/// <summary>Flows aimed at the boundaries of a cluster's policies: at each port a rule names and beside it, from and to everyone, first and last addresses of nets.</summary>
internal static class BoundaryFlows
{
    private static readonly byte[] Rare = [4, 47, 58, 1, 136];

    public static IEnumerable<Flow> Of(ClusterState state, int most, int seed)
    {
        Random random = new(seed);
        List<IPAddress> addresses = [.. Addresses(state).Distinct()];
        List<ushort> ports = [.. Ports(state).Distinct()];
        for (int i = 0; i < most; i++)
        {
            IPAddress source = addresses[random.Next(addresses.Count)];
            IPAddress[] same = [.. addresses.Where(a => a.AddressFamily == source.AddressFamily)];
            IPAddress destination = same[random.Next(same.Length)];
            bool v6 = source.AddressFamily == AddressFamily.InterNetworkV6;
            IpProtocol protocol = random.Next(10) switch
            {
                < 5 => IpProtocol.Tcp,
                < 7 => IpProtocol.Udp,
                7 => IpProtocol.Sctp,
                8 => v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp,
                _ => new IpProtocol(Rare[random.Next(Rare.Length)]),
            };
            yield return new Flow
            {
                Source = source,
                Destination = destination,
                Protocol = protocol,
                DestinationPort = ports[random.Next(ports.Count)],
                SourcePort = random.Next(4) == 0 ? ports[random.Next(ports.Count)] : (ushort)40000,
                IcmpType = new byte[] { 0, 3, 8, 128, 135 }[random.Next(5)],
                IcmpCode = (byte)random.Next(3),
                State = random.Next(14) switch { 0 => ConntrackState.Established, 1 => ConntrackState.Related, 2 => ConntrackState.Invalid, _ => ConntrackState.New },
            };
        }
    }

    private static IEnumerable<IPAddress> Addresses(ClusterState state)
    {
        foreach (WorkloadEndpointModel workload in state.Workloads.Values)
        {
            foreach (IPNetwork net in workload.Nets.ToArray()) yield return net.BaseAddress;
        }

        foreach (NodeModel node in state.Nodes.Values)
        {
            foreach (IPAddress address in node.Addresses.ToArray()) yield return address;
        }

        yield return IPAddress.Parse("203.0.113.5");
        yield return IPAddress.Parse("2001:db8::5");
        IEnumerable<IPNetwork> nets = state.Policies.Values.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => new[] { r.Source, r.Destination })
            .SelectMany(m => m.Nets.Concat(m.NotNets)).Concat(state.NetworkSets.Values.SelectMany(s => s.Nets));
        foreach (IPNetwork net in nets)
        {
            yield return net.BaseAddress;
            yield return Last(net);
        }
    }

    private static IPAddress Last(IPNetwork net)
    {
        byte[] bytes = net.BaseAddress.GetAddressBytes();
        for (int bit = net.PrefixLength; bit < bytes.Length * 8; bit++) bytes[bit / 8] |= (byte)(0x80 >> bit % 8);
        return new IPAddress(bytes);
    }

    private static IEnumerable<ushort> Ports(ClusterState state)
    {
        yield return 80;
        yield return 4789;
        IEnumerable<EntityMatch> matches = state.Policies.Values.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => new[] { r.Source, r.Destination });
        IEnumerable<PortRange> ranges = matches.SelectMany(m => m.Ports.Concat(m.NotPorts))
            .Concat(state.Workloads.Values.SelectMany(w => w.Ports).Select(p => new PortRange(p.Port)));
        foreach (PortRange range in ranges)
        {
            yield return range.First;
            yield return range.Last;
            if (range.First > 1) yield return (ushort)(range.First - 1);
            if (range.Last < ushort.MaxValue) yield return (ushort)(range.Last + 1);
        }
    }
}
