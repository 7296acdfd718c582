using System.Net.Sockets;

namespace Calico.Lab.Probes;

/// <summary>Every source with every target, both families, on the ports that the policies speak of, their neighbours, and one that none does.</summary>
internal static class ProbePlan
{
    private const int Unmentioned = 7777;
    private const int MaxPorts = 12;

    public static IReadOnlyList<Probe> For(IReadOnlyList<ProbeEnd> sources, IReadOnlyList<ProbeEnd> targets, ProbePorts ports) =>
    [
        .. from source in sources
           from target in targets
           where source.Name != target.Name
           from fromAddress in source.Addresses
           from toAddress in target.Addresses
           where fromAddress.AddressFamily == toAddress.AddressFamily
           from probe in Questions(ports)
           select new Probe(source, fromAddress, target, toAddress, probe.Protocol, probe.Port),
    ];

    private static IEnumerable<(ProbeProtocol Protocol, int Port)> Questions(ProbePorts ports) =>
        ports.Tcp.Select(p => (ProbeProtocol.Tcp, p)).Concat(ports.Udp.Select(p => (ProbeProtocol.Udp, p))).Append((ProbeProtocol.Icmp, 0));

    /// <summary>Ports for probing: each mentioned port and range end, the port after each range, and one that nobody mentions.</summary>
    public static ProbePorts PortsFrom(IEnumerable<(bool Udp, int First, int Last)> mentioned)
    {
        SortedSet<int> tcp = [], udp = [];
        foreach ((bool isUdp, int first, int last) in mentioned)
        {
            SortedSet<int> ports = isUdp ? udp : tcp;
            ports.Add(first);
            ports.Add(last);
            if (last > first && last < 65535) ports.Add(last + 1);
        }

        if (udp.Count == 0) udp.Add(53);
        return new ProbePorts([.. tcp.Where(IsFree).Take(MaxPorts), Unmentioned], [.. udp.Where(IsFree).Take(MaxPorts), Unmentioned]);
    }

    // The agents listen for BGP in the nodes' namespaces.
    private static bool IsFree(int port) => port is > 0 and not 179;

    public static bool IsIPv4(Probe probe) => probe.ToAddress.AddressFamily == AddressFamily.InterNetwork;
}

internal sealed record ProbePorts(IReadOnlyList<int> Tcp, IReadOnlyList<int> Udp);
