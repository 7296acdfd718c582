using Calico.Policy.Model;

namespace Calico.Policy.Analysis;

/// <summary>Who can talk to whom on what, over all addresses and packets.</summary>
public sealed class Reachability
{
    private readonly FlowSpace _space;
    private readonly Dictionary<PacketSet, Connectivity>[] _known = [[], []];
    private readonly Connectivity[][] _matrix = [[], []];

    internal Reachability(CompiledCluster cluster)
    {
        FlowSpaceBuilder builder = new();
        builder.Add(cluster);
        _space = builder.Build();
        for (int family = 0; family < 2; family++) Fill(new ClusterDecisions(cluster, _space, family == 1), family);
    }

    /// <summary>The address classes of a family: rows and columns.</summary>
    public IReadOnlyList<AddressClass> Classes(IpVersion version) => _space.AddressClasses(version);

    /// <summary>What gets from one class to another.</summary>
    /// <exception cref="ArgumentException">The classes are of different families.</exception>
    public Connectivity this[AddressClass source, AddressClass destination]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(source);
            ArgumentNullException.ThrowIfNull(destination);
            if (source.IsIPv6 != destination.IsIPv6) throw new ArgumentException("The classes are of different IP versions.", nameof(destination));
            int family = source.IsIPv6 ? 1 : 0;
            return _matrix[family][(source.Index * Classes(source.IsIPv6 ? IpVersion.IPv6 : IpVersion.IPv4).Count) + destination.Index];
        }
    }

    /// <summary>The class an address is in.</summary>
    public AddressClass ClassOf(System.Net.IPAddress address)
    {
        Net.IpPrefix wanted = Net.IpPrefix.From(address);
        return _space.Addresses(wanted.IsIPv6).Classes.First(c => c.Ranges.Any(r =>
            Net.IpPrefix.From(r.First).CompareTo(wanted) <= 0 && wanted.CompareTo(Net.IpPrefix.From(r.Last)) <= 0));
    }

    private void Fill(ClusterDecisions decisions, int family)
    {
        PacketSpace packets = _space.Packets(family == 1);
        int count = _space.Addresses(family == 1).Classes.Count;
        _matrix[family] = new Connectivity[count * count];
        ulong[] allowed = new ulong[packets.Words];
        for (int source = 0; source < count; source++)
        {
            for (int destination = 0; destination < count; destination++)
            {
                decisions.Decide(source, destination, allowed);
                Dictionary<PacketSet, Connectivity> known = _known[family];
                if (!known.TryGetValue(new PacketSet(allowed), out Connectivity? connectivity))
                    known.Add(new PacketSet([.. allowed]), connectivity = new Connectivity(packets.Describe(allowed), allowed.AsSpan().SequenceEqual(packets.All)));
                _matrix[family][(source * count) + destination] = connectivity;
            }
        }
    }
}

/// <summary>The packets that get through between two classes of addresses.</summary>
public sealed class Connectivity
{
    internal Connectivity(IReadOnlyList<PacketClass> packets, bool isAll) => (Packets, IsAll) = (packets, isAll);

    /// <summary>The packets; empty when none gets through.</summary>
    public IReadOnlyList<PacketClass> Packets { get; }

    /// <summary>True when every packet gets through.</summary>
    public bool IsAll { get; }

    /// <summary>True when none does.</summary>
    public bool IsNone => Packets.Count == 0;

    /// <summary><c>all</c>, <c>none</c> or the packets.</summary>
    public override string ToString() => IsAll ? "all" : IsNone ? "none" : string.Join(", ", Packets);
}
