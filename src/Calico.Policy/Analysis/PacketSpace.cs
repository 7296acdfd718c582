using Calico.Policy.Model;

namespace Calico.Policy.Analysis;

/// <summary>The packet classes of one family, and sets of them as bits.</summary>
internal sealed class PacketSpace
{
    private readonly List<PacketClass> _classes = [];
    private readonly bool _v6;

    public PacketSpace(PacketBoundaries boundaries, bool v6)
    {
        _v6 = v6;
        IpProtocol other = new((byte)Enumerable.Range(0, 256).Reverse().First(n => !boundaries.Protocols.Contains((byte)n)));
        foreach (byte number in boundaries.Protocols)
        {
            IpProtocol protocol = new(number);
            if (protocol.HasPorts) AddAll(protocol, boundaries.SourcePorts, boundaries.DestinationPorts, ushort.MaxValue);
            else if (protocol == OwnIcmp) AddAll(protocol, boundaries.IcmpTypes, boundaries.IcmpCodes, byte.MaxValue);
            else _classes.Add(new PacketClass(protocol, new PortRange(0, ushort.MaxValue), new PortRange(0, ushort.MaxValue), protocol));
        }

        _classes.Add(new PacketClass(null, new PortRange(0, ushort.MaxValue), new PortRange(0, ushort.MaxValue), other));
        All = Where(_ => true);
        WithPorts = Where(c => c.ExampleProtocol.HasPorts);
    }

    public IReadOnlyList<PacketClass> Classes => _classes;

    public int Words => (_classes.Count + 63) / 64;

    public ulong[] All { get; }

    public ulong[] WithPorts { get; }

    public IpProtocol OwnIcmp => _v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp;

    public ulong[] Where(Func<PacketClass, bool> belongs)
    {
        ulong[] bits = new ulong[Words];
        for (int i = 0; i < _classes.Count; i++)
        {
            if (belongs(_classes[i])) bits[i >> 6] |= 1UL << (i & 63);
        }

        return bits;
    }

    /// <summary>The classes in a set, neighbours merged where they make one range.</summary>
    public IReadOnlyList<PacketClass> Describe(ReadOnlySpan<ulong> bits)
    {
        List<PacketClass> merged = [];
        for (int i = 0; i < _classes.Count; i++)
        {
            if ((bits[i >> 6] & 1UL << (i & 63)) == 0) continue;
            PacketClass next = _classes[i];
            if (merged.Count > 0 && merged[^1] is { } last && last.Protocol == next.Protocol && last.SourcePorts == next.SourcePorts && last.DestinationPorts.Last + 1 == next.DestinationPorts.First)
                merged[^1] = last with { DestinationPorts = new PortRange(last.DestinationPorts.First, next.DestinationPorts.Last) };
            else
                merged.Add(next);
        }

        for (int i = merged.Count - 1; i > 0; i--)
        {
            PacketClass last = merged[i - 1], next = merged[i];
            if (last.Protocol != next.Protocol || last.DestinationPorts != next.DestinationPorts || last.SourcePorts.Last + 1 != next.SourcePorts.First) continue;
            merged[i - 1] = last with { SourcePorts = new PortRange(last.SourcePorts.First, next.SourcePorts.Last) };
            merged.RemoveAt(i);
        }

        return merged;
    }

    private void AddAll(IpProtocol protocol, SortedSet<int> first, SortedSet<int> second, int last)
    {
        foreach (PortRange source in Ranges(first, last))
        {
            foreach (PortRange destination in Ranges(second, last)) _classes.Add(new PacketClass(protocol, source, destination, protocol));
        }
    }

    private static IEnumerable<PortRange> Ranges(SortedSet<int> starts, int last)
    {
        int from = 0;
        foreach (int start in starts.Where(s => s > 0 && s <= last))
        {
            yield return new PortRange((ushort)from, (ushort)(start - 1));
            from = start;
        }

        yield return new PortRange((ushort)from, (ushort)last);
    }
}

/// <summary>Where rules tell packets apart: the numbers at which a range begins.</summary>
internal sealed class PacketBoundaries
{
    public SortedSet<byte> Protocols { get; } = [1, 4, 6, 17, 58, 132, 136];

    public SortedSet<int> SourcePorts { get; } = [];

    public SortedSet<int> DestinationPorts { get; } = [];

    public SortedSet<int> IcmpTypes { get; } = [];

    public SortedSet<int> IcmpCodes { get; } = [];

    public static void Add(SortedSet<int> starts, PortRange range)
    {
        starts.Add(range.First);
        starts.Add(range.Last + 1);
    }

    public void Add(IcmpMatch icmp)
    {
        if (icmp.Type is { } type) Add(IcmpTypes, new PortRange(type));
        if (icmp.Code is { } code) Add(IcmpCodes, new PortRange(code));
    }
}
