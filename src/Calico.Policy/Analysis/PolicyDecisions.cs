using Calico.Policy.Evaluation;

namespace Calico.Policy.Analysis;

/// <summary>What a cluster does with each class of new connections of a space: the same answers as <see cref="PolicyEvaluator"/>, for all packets of a class at once.</summary>
public sealed class PolicyDecisions
{
    private readonly FlowSpace _space;
    private readonly ClusterDecisions[] _families;
    private readonly ulong[][] _allowed;

    /// <summary>Decisions of a cluster.</summary>
    /// <param name="cluster">The cluster; it must not change while this is in use.</param>
    /// <param name="space">A space that the cluster was added to.</param>
    /// <param name="options">The settings it was added with.</param>
    public PolicyDecisions(ClusterState cluster, FlowSpace space, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(space);
        CompiledCluster compiled = new(cluster, options ?? EvaluatorOptions.Default);
        _space = space;
        _families = [new ClusterDecisions(compiled, space, v6: false), new ClusterDecisions(compiled, space, v6: true)];
        _allowed = [new ulong[space.Packets4.Words], new ulong[space.Packets6.Words]];
    }

    /// <summary>Decides about all packet classes between two address classes.</summary>
    /// <param name="source">The senders.</param>
    /// <param name="destination">The receivers, of the same family.</param>
    /// <param name="allowed">Filled in the order of the family's packet classes: true for those that arrive.</param>
    /// <exception cref="ArgumentException">The families differ, or there are fewer places than packet classes.</exception>
    public void Decide(AddressClass source, AddressClass destination, Span<bool> allowed)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (source.IsIPv6 != destination.IsIPv6) throw new ArgumentException("The classes are of different IP versions.", nameof(destination));
        int family = source.IsIPv6 ? 1 : 0, count = _space.Packets(source.IsIPv6).Classes.Count;
        if (allowed.Length < count) throw new ArgumentException($"There are {count} packet classes and {allowed.Length} places.", nameof(allowed));
        ulong[] bits = _allowed[family];
        _families[family].Decide(source.Index, destination.Index, bits);
        for (int i = 0; i < count; i++) allowed[i] = (bits[i >> 6] & 1UL << (i & 63)) != 0;
    }
}
