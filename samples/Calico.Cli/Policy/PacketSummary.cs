using Calico.Policy.Analysis;
using Calico.Policy.Model;

namespace Calico.Cli.Policy;

/// <summary>Classes of packets as briefly as they can be said without saying anything else: <c>TCP 80,443 ICMP</c>, <c>all but UDP 4789</c>.</summary>
internal static class PacketSummary
{
    private static readonly PortRange All = new(0, ushort.MaxValue);
    private static readonly PortRange AllIcmp = new(0, byte.MaxValue);

    /// <summary>The same packets in fewer classes: neighbours become one.</summary>
    public static IReadOnlyList<PacketClass> Merge(IEnumerable<PacketClass> packets)
    {
        List<PacketClass> bySource = [];
        foreach (IGrouping<(IpProtocol?, PortRange), PacketClass> same in packets.GroupBy(static p => (p.Protocol, p.DestinationPorts)))
            bySource.AddRange(Joined(same, static p => p.SourcePorts).Select(range => same.First() with { SourcePorts = range }));
        List<PacketClass> merged = [];
        foreach (IGrouping<(IpProtocol?, PortRange), PacketClass> same in bySource.GroupBy(static p => (p.Protocol, p.SourcePorts)))
            merged.AddRange(Joined(same, static p => p.DestinationPorts).Select(range => same.First() with { DestinationPorts = range }));
        return merged;
    }

    /// <param name="packets">What is allowed.</param>
    /// <param name="protocols">Every protocol that some rule tells from others.</param>
    public static string Brief(IReadOnlyList<PacketClass> packets, IReadOnlyCollection<IpProtocol> protocols)
    {
        ILookup<IpProtocol?, PacketClass> byProtocol = Merge(packets).ToLookup(static p => p.Protocol);
        if (!byProtocol.Contains(null)) return string.Join(' ', byProtocol.Select(static g => Named(g.Key!.Value, [.. g])));
        List<string> missing = [];
        foreach (IpProtocol protocol in protocols)
        {
            PacketClass[] allowed = [.. byProtocol[protocol]];
            if (allowed.Length == 0) missing.Add(Name(protocol));
            else if (!IsWhole(allowed)) missing.Add(Missing(protocol, allowed));
        }

        return missing.Count == 0 ? "all" : $"all but {string.Join(", ", missing)}";
    }

    private static string Missing(IpProtocol protocol, PacketClass[] allowed)
    {
        if (!protocol.HasPorts || allowed.Any(static p => p.SourcePorts != All)) return $"some {Name(protocol)} (not {Named(protocol, allowed)})";
        List<PortRange> gaps = [];
        int next = 0;
        foreach (PortRange range in allowed.Select(static p => p.DestinationPorts).OrderBy(static r => r.First))
        {
            if (range.First > next) gaps.Add(new PortRange((ushort)next, (ushort)(range.First - 1)));
            next = range.Last + 1;
        }

        if (next <= ushort.MaxValue) gaps.Add(new PortRange((ushort)next, ushort.MaxValue));
        return $"{Name(protocol)} {string.Join(',', gaps.Select(Range))}";
    }

    private static string Named(IpProtocol protocol, PacketClass[] allowed)
    {
        if (IsWhole(allowed)) return Name(protocol);
        if (!protocol.HasPorts)
            return $"{Name(protocol)} type {string.Join(',', allowed.Select(static p => Range(p.SourcePorts) + (p.DestinationPorts == AllIcmp ? "" : $" code {Range(p.DestinationPorts)}")))}";
        return $"{Name(protocol)} {string.Join(',', allowed.Select(static p => (p.DestinationPorts == All ? "any" : Range(p.DestinationPorts)) + (p.SourcePorts == All ? "" : $" (from {Range(p.SourcePorts)})")))}";
    }

    private static bool IsWhole(PacketClass[] allowed) =>
        allowed is [var one] && (one.SourcePorts == All || one.SourcePorts == AllIcmp) && (one.DestinationPorts == All || one.DestinationPorts == AllIcmp);

    private static string Name(IpProtocol protocol) => char.IsAsciiDigit(protocol.ToString()[0]) ? $"protocol {protocol}" : protocol.ToString();

    private static string Range(PortRange range) => range.ToString().Replace(':', '-');

    private static IEnumerable<PortRange> Joined(IEnumerable<PacketClass> packets, Func<PacketClass, PortRange> of)
    {
        PortRange? open = null;
        foreach (PortRange range in packets.Select(of).OrderBy(static r => r.First))
        {
            if (open is { } known && range.First <= known.Last + 1) open = new PortRange(known.First, Math.Max(known.Last, range.Last));
            else
            {
                if (open is { } done) yield return done;
                open = range;
            }
        }

        if (open is { } last) yield return last;
    }
}
