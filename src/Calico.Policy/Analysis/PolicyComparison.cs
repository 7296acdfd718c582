using System.Runtime.InteropServices;
using Calico.Policy.Evaluation;

namespace Calico.Policy.Analysis;

/// <summary>Flows that two clusters treat differently.</summary>
/// <param name="Sources">The senders.</param>
/// <param name="Destination">The receivers.</param>
/// <param name="Packets">The packets.</param>
/// <param name="IsAllowedAfter">True when the second cluster allows them and the first does not; false for the opposite.</param>
/// <param name="Example">One such packet.</param>
public sealed record FlowDifference(IReadOnlyList<AddressClass> Sources, AddressClass Destination, IReadOnlyList<PacketClass> Packets, bool IsAllowedAfter, Flow Example)
{
    /// <summary><c>+ a, b → c: TCP 80</c>.</summary>
    public override string ToString() => $"{(IsAllowedAfter ? '+' : '-')} {string.Join("; ", Sources)} → {Destination}: {string.Join(", ", Packets)}";
}

/// <summary>The outcome of a comparison.</summary>
/// <param name="Differences">The flows treated differently, by receiver; empty when there are none.</param>
public sealed record PolicyComparison(IReadOnlyList<FlowDifference> Differences)
{
    /// <summary>True when both treat every packet alike: a proof.</summary>
    public bool IsEqual => Differences.Count == 0;

    /// <summary>Flows that the second cluster allows and the first does not.</summary>
    public IEnumerable<FlowDifference> NewlyAllowed => Differences.Where(d => d.IsAllowedAfter);

    /// <summary>Flows that the second cluster denies and the first does not.</summary>
    public IEnumerable<FlowDifference> NewlyDenied => Differences.Where(d => !d.IsAllowedAfter);

    internal static PolicyComparison Of(CompiledCluster left, CompiledCluster right)
    {
        FlowSpaceBuilder builder = new();
        builder.Add(left);
        builder.Add(right);
        FlowSpace space = builder.Build();
        List<FlowDifference> differences = [];
        foreach (bool v6 in new[] { false, true }) Compare(space, new ClusterDecisions(left, space, v6), new ClusterDecisions(right, space, v6), v6, differences);
        return new PolicyComparison(differences);
    }

    private static void Compare(FlowSpace space, ClusterDecisions left, ClusterDecisions right, bool v6, List<FlowDifference> differences)
    {
        PacketSpace packets = space.Packets(v6);
        IReadOnlyList<AddressClass> classes = space.Addresses(v6).Classes;
        ulong[] before = new ulong[packets.Words], after = new ulong[packets.Words], changed = new ulong[packets.Words];
        for (int destination = 0; destination < classes.Count; destination++)
        {
            Dictionary<PacketSet, List<AddressClass>> opened = [], closed = [];
            for (int source = 0; source < classes.Count; source++)
            {
                left.Decide(source, destination, before);
                right.Decide(source, destination, after);
                if (before.AsSpan().SequenceEqual(after)) continue;
                Note(opened, after, before, classes[source]);
                Note(closed, before, after, classes[source]);
            }

            Report(opened, isAllowedAfter: true, classes[destination]);
            Report(closed, isAllowedAfter: false, classes[destination]);
        }

        void Note(Dictionary<PacketSet, List<AddressClass>> notes, ulong[] with, ulong[] without, AddressClass source)
        {
            with.CopyTo(changed, 0);
            Bits.AndNot(changed, without);
            if (Bits.IsEmpty(changed)) return;
            ref List<AddressClass>? sources = ref CollectionsMarshal.GetValueRefOrAddDefault(notes, new PacketSet([.. changed]), out _);
            (sources ??= []).Add(source);
        }

        void Report(Dictionary<PacketSet, List<AddressClass>> notes, bool isAllowedAfter, AddressClass destination)
        {
            foreach ((PacketSet set, List<AddressClass> sources) in notes)
            {
                Flow example = packets.Classes[Bits.First(set.Bits)].Example(sources[0].Example, destination.Example);
                differences.Add(new FlowDifference(sources, destination, packets.Describe(set.Bits), isAllowedAfter, example));
            }
        }
    }
}

/// <summary>A set of packet classes as a key.</summary>
internal readonly record struct PacketSet(ulong[] Bits)
{
    public bool Equals(PacketSet other) => Bits.AsSpan().SequenceEqual(other.Bits);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ulong word in Bits) hash.Add(word);
        return hash.ToHashCode();
    }
}
