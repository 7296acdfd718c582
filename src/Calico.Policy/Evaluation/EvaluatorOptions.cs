using System.Net;
using Calico.Policy.Model;

namespace Calico.Policy.Evaluation;

/// <summary>What happens to a packet from a workload to its own host after its egress policy has allowed it (Felix <c>DefaultEndpointToHostAction</c>).</summary>
public enum EndpointToHostAction : byte
{
    /// <summary>Drop, Felix's default.</summary>
    Drop,

    /// <summary>Accept.</summary>
    Accept,

    /// <summary>Leave it to the host's other rules; the evaluator knows none and allows.</summary>
    Return,
}

/// <summary>A port of the host that no policy can close (Felix <c>FailsafeInboundHostPorts</c>, <c>FailsafeOutboundHostPorts</c>).</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Port">The port, host byte order.</param>
/// <param name="Net">The other side's network; null for any.</param>
public readonly record struct FailsafePort(IpProtocol Protocol, ushort Port, IPNetwork? Net = null);

/// <summary>How the dataplane is set up; the defaults are Felix's.</summary>
public sealed record EvaluatorOptions
{
    /// <summary>Felix's defaults.</summary>
    public static EvaluatorOptions Default { get; } = new();

    /// <summary>Workload to own host.</summary>
    public EndpointToHostAction EndpointToHostAction { get; init; }

    /// <summary>Ports of the host that stay reachable.</summary>
    public EquatableArray<FailsafePort> FailsafeInbound { get; init; } =
    [
        new(IpProtocol.Tcp, 22), new(IpProtocol.Udp, 68), new(IpProtocol.Tcp, 179), new(IpProtocol.Tcp, 2379), new(IpProtocol.Tcp, 2380),
        new(IpProtocol.Tcp, 5473), new(IpProtocol.Tcp, 6443), new(IpProtocol.Tcp, 6666), new(IpProtocol.Tcp, 6667),
    ];

    /// <summary>Ports the host can always reach.</summary>
    public EquatableArray<FailsafePort> FailsafeOutbound { get; init; } =
    [
        new(IpProtocol.Udp, 53), new(IpProtocol.Udp, 67), new(IpProtocol.Tcp, 179), new(IpProtocol.Tcp, 2379), new(IpProtocol.Tcp, 2380),
        new(IpProtocol.Tcp, 5473), new(IpProtocol.Tcp, 6443), new(IpProtocol.Tcp, 6666), new(IpProtocol.Tcp, 6667),
    ];

    /// <summary>Let packets pass that connection tracking calls invalid (Felix <c>DisableConntrackInvalidCheck</c>).</summary>
    public bool DisableConntrackInvalidCheck { get; init; }

    /// <summary>Let workloads send VXLAN (Felix <c>AllowVXLANPacketsFromWorkloads</c>).</summary>
    public bool AllowVxlanFromWorkloads { get; init; }

    /// <summary>Let workloads send IP-in-IP (Felix <c>AllowIPIPPacketsFromWorkloads</c>).</summary>
    public bool AllowIpipFromWorkloads { get; init; }

    /// <summary>The UDP port of VXLAN.</summary>
    public ushort VxlanPort { get; init; } = 4789;

    /// <summary>The interface by which nodes reach each other and the world.</summary>
    public string FabricInterface { get; init; } = "eth0";

    /// <summary>The one node that judges; every other lets all pass. Null when all nodes judge, as in a cluster they do.</summary>
    public string? OnlyNode { get; init; }

    /// <summary>
    /// The domain names an address is known by, for rules with domains. Null when nothing is known: then such a rule matches nothing if it allows and everyone if it denies.
    /// </summary>
    public Func<IPAddress, IEnumerable<string>>? DomainsOf { get; init; }
}
