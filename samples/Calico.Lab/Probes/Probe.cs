using System.Net;

namespace Calico.Lab.Probes;

internal enum ProbeProtocol { Tcp, Udp, Icmp }

/// <summary>One question: does a first packet from here to there arrive and come back?</summary>
internal sealed record Probe(ProbeEnd From, IPAddress FromAddress, ProbeEnd To, IPAddress ToAddress, ProbeProtocol Protocol, int Port)
{
    public override string ToString() => Protocol == ProbeProtocol.Icmp
        ? $"{From.Label(FromAddress)} -> {To.Name} ({ToAddress}) ping"
        : $"{From.Label(FromAddress)} -> {To.Name} ({ToAddress}) {Protocol.ToString().ToUpperInvariant()} {Port}";
}

/// <summary>What a probe showed beside what the evaluator said.</summary>
internal sealed record ProbeOutcome(Probe Probe, bool Expected, bool Reached)
{
    public bool Agrees => Expected == Reached;
}

internal enum EndKind { Pod, Node, Server }

/// <summary>A place that probes come from or go to.</summary>
internal sealed record ProbeEnd(EndKind Kind, string Name, string Namespace, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>The name, with the address where one end has several of a family.</summary>
    public string Label(IPAddress address) =>
        Addresses.Count(a => a.AddressFamily == address.AddressFamily) > 1 ? $"{Name}({address})" : Name;
}
