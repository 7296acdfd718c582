using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Verification;

/// <summary>One pass over all classes, and what was found.</summary>
internal sealed class VerificationRun
{
    private readonly ClusterState _cluster;
    private readonly string _node;
    private readonly FlowSpace _space;
    private readonly NodePath _path;
    private readonly IReadOnlyList<ConntrackState> _states;
    private readonly IReadOnlyList<uint> _marks;
    private readonly CancellationToken _cancellation;
    private readonly PolicyEvaluator _evaluator;
    private readonly PolicyDecisions _decisions;
    private readonly List<VerificationDifference> _differences = [];
    private long _packets;

    public VerificationRun(ClusterState cluster, string node, FlowSpace space, EvaluatorOptions options, NodePath path, DataplaneVerifier verifier, CancellationToken cancellation)
    {
        (_cluster, _node, _space, _path, _states, _marks, _cancellation) = (cluster, node, space, path, verifier.States, verifier.Marks, cancellation);
        _evaluator = new PolicyEvaluator(cluster, options);
        _decisions = new PolicyDecisions(cluster, space, options);
    }

    private bool IsFull => _differences.Count >= DataplaneVerifier.MostDifferences;

    public void Policies()
    {
        foreach (IpVersion version in (IpVersion[])[IpVersion.IPv4, IpVersion.IPv6])
        {
            IReadOnlyList<AddressClass> classes = _space.AddressClasses(version);
            NodeEnd[] ends = [.. classes.Select(EndOf)];
            bool[] allowed = new bool[_space.PacketClasses(version).Count];
            for (int s = 0; s < classes.Count; s++)
            {
                for (int d = 0; d < classes.Count && !IsFull; d++)
                {
                    if (!Concerns(ends[s], ends[d]) || (ends[s].IsWorkload && ends[s] == ends[d])) continue; // a workload's packets to itself never leave it
                    _cancellation.ThrowIfCancellationRequested();
                    _decisions.Decide(classes[s], classes[d], allowed);
                    Compare(classes[s], classes[d], ends[s], ends[d], _space.PacketClasses(version), allowed);
                }
            }
        }
    }

    /// <summary>Every workload's interface with every source address, towards every destination.</summary>
    public void Sources()
    {
        foreach (WorkloadEndpointModel workload in _cluster.Workloads.Values.Where(w => w.Id.Node == _node))
        {
            foreach (IpVersion version in (IpVersion[])[IpVersion.IPv4, IpVersion.IPv6])
            {
                foreach (AddressClass source in _space.AddressClasses(version))
                {
                    foreach (AddressClass destination in _space.AddressClasses(version))
                    {
                        if (IsFull) return;
                        Flow flow = new() { Source = source.Example, Destination = destination.Example, Protocol = IpProtocol.Udp };
                        bool may = SourceCheck.MaySend(workload, flow.Source, flow.Destination), passes = _path.PassesSourceCheck(flow, workload.InterfaceName);
                        _packets++;
                        if (may != passes) _differences.Add(new VerificationDifference(flow, workload.InterfaceName, null, may, passes, [], []));
                    }
                }
            }
        }
    }

    public VerificationReport Report(IReadOnlyList<string> unreadable) => new(
        _packets,
        _space.AddressClasses(IpVersion.IPv4).Count + _space.AddressClasses(IpVersion.IPv6).Count,
        _space.PacketClasses(IpVersion.IPv4).Count + _space.PacketClasses(IpVersion.IPv6).Count,
        _differences,
        unreadable);

    private static bool Concerns(NodeEnd from, NodeEnd to) => from.IsWorkload || from.IsHost || to.IsWorkload || to.IsHost;

    private NodeEnd EndOf(AddressClass addresses)
    {
        if (addresses.Node != _node) return NodeEnd.Elsewhere;
        return _cluster.WorkloadAt(addresses.Example) is { } workload ? NodeEnd.Workload(workload.InterfaceName) : NodeEnd.Host;
    }

    private void Compare(AddressClass source, AddressClass destination, NodeEnd from, NodeEnd to, IReadOnlyList<PacketClass> packets, bool[] allowed)
    {
        for (int p = 0; p < packets.Count; p++)
        {
            Flow example = packets[p].Example(source.Example, destination.Example);
            foreach (ConntrackState state in _states)
            {
                Flow flow = example with { State = state };
                bool expected = state == ConntrackState.New ? allowed[p] : _evaluator.Evaluate(flow).IsAllowed;
                foreach (uint mark in _marks)
                {
                    _packets++;
                    if (_path.Delivers(flow, from, to, mark) == expected) continue;
                    List<string> trace = [];
                    bool actual = _path.Delivers(flow, from, to, mark, trace);
                    _differences.Add(new VerificationDifference(flow, _path.InterfaceOf(from), _path.InterfaceOf(to), expected, actual, trace, _evaluator.Evaluate(flow).Trace));
                    if (IsFull) return;
                }
            }
        }
    }
}
