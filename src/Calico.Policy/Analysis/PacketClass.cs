using System.Globalization;
using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Policy.Analysis;

/// <summary>
/// Packets that no rule tells apart once the addresses are given: a protocol with a range of source and of destination ports, or of ICMP types and codes.
/// The classes of a <see cref="FlowSpace"/> are disjoint and together hold every packet.
/// </summary>
/// <param name="Protocol">The protocol; null for all protocols that no class names.</param>
/// <param name="SourcePorts">Source ports; for ICMP of the packet's family the types; 0–65535 for protocols without either.</param>
/// <param name="DestinationPorts">Destination ports; for ICMP the codes; 0–65535 for protocols without either.</param>
/// <param name="ExampleProtocol">A protocol of the class.</param>
public sealed record PacketClass(IpProtocol? Protocol, PortRange SourcePorts, PortRange DestinationPorts, IpProtocol ExampleProtocol)
{
    /// <summary>A packet of the class.</summary>
    public Flow Example(IPAddress source, IPAddress destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        Flow flow = new() { Source = source, Destination = destination, Protocol = ExampleProtocol };
        if (ExampleProtocol.IsIcmp) return flow with { IcmpType = (byte)SourcePorts.First, IcmpCode = (byte)DestinationPorts.First };
        return ExampleProtocol.HasPorts ? flow with { SourcePort = SourcePorts.First, DestinationPort = DestinationPorts.First } : flow;
    }

    /// <summary><c>TCP 80:90</c>, <c>UDP 53 from 1024:65535</c>, <c>ICMP type 8 code 0:255</c>, <c>other protocols</c>.</summary>
    public override string ToString()
    {
        string name = Protocol?.ToString() ?? "other protocols";
        if (Protocol is { IsIcmp: true } && (SourcePorts.Last <= 255 || DestinationPorts.Last <= 255))
            return SourcePorts == new PortRange(0, 255) && DestinationPorts == new PortRange(0, 255) ? name : $"{name} type {SourcePorts} code {DestinationPorts}";
        PortRange all = new(0, ushort.MaxValue);
        string ports = DestinationPorts == all ? "" : $" {DestinationPorts}";
        return SourcePorts == all ? $"{name}{ports}" : string.Create(CultureInfo.InvariantCulture, $"{name}{(ports.Length == 0 ? " *" : ports)} from {SourcePorts}");
    }
}
