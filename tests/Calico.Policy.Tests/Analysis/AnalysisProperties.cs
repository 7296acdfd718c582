using System.Net;
using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Analysis;

/// <summary>The analysis over classes against the evaluator, packet by packet, on universes small enough to try.</summary>
public sealed class AnalysisProperties
{
    [Property(MaxTest = 150, EndSize = 50)]
    public Property ReachabilityIsWhatTheEvaluatorSays() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Flow.ArrayOf(40)), (objects, flows) =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        PolicyEvaluator evaluator = new(cluster);
        Reachability reachability = PolicyAnalysis.Reachability(cluster);
        HashSet<IpProtocol> named = Named(cluster);
        foreach (Flow flow in flows.Select(f => f with { State = ConntrackState.New }))
        {
            if (IsSelf(cluster, flow)) continue;
            Connectivity connectivity = reachability[reachability.ClassOf(flow.Source), reachability.ClassOf(flow.Destination)];
            Assert.True(evaluator.Evaluate(flow).IsAllowed == connectivity.Packets.Any(p => Holds(p, flow, named)), $"{flow}: {evaluator.Evaluate(flow)}; {connectivity}");
        }
    });

    [Property(MaxTest = 80, EndSize = 40)]
    public Property ComparisonFindsExactlyTheFlowsThatDiffer() => Prop.ForAll(
        ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Object.ListOf()), Arb.From(ClusterGenerators.Flow.ArrayOf(60)), (objects, changes, flows) =>
        {
            ClusterState before = ClusterState.Of(objects), after = ClusterState.Of(objects.Concat(changes.Take(3)));
            PolicyComparison comparison = PolicyAnalysis.Compare(before, after);
            PolicyEvaluator left = new(before), right = new(after);
            HashSet<IpProtocol> named = Named(before, after);
            foreach (FlowDifference difference in comparison.Differences)
            {
                if (IsSelf(before, difference.Example) || IsSelf(after, difference.Example)) continue;
                Assert.Equal(difference.IsAllowedAfter, right.Evaluate(difference.Example).IsAllowed);
                Assert.Equal(!difference.IsAllowedAfter, left.Evaluate(difference.Example).IsAllowed);
            }

            foreach (Flow flow in flows.Select(f => f with { State = ConntrackState.New }))
            {
                if (IsSelf(before, flow) || IsSelf(after, flow)) continue;
                bool was = left.Evaluate(flow).IsAllowed, now = right.Evaluate(flow).IsAllowed;
                bool reported = comparison.Differences.Any(d => d.IsAllowedAfter == now && d.Packets.Any(p => Holds(p, flow, named))
                    && Contains(d.Destination, flow.Destination) && d.Sources.Any(s => Contains(s, flow.Source)));
                Assert.True((was != now) == reported, $"{flow}: {was} → {now}, reported {reported}");
            }
        });

    [Property(MaxTest = 25, EndSize = 30)]
    public Property ExamplesOfAllClassesAreJudgedAsTheNaiveModelJudgesThem() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), objects =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        NaiveModel naive = new(cluster.Objects);
        Reachability reachability = PolicyAnalysis.Reachability(cluster);
        HashSet<IpProtocol> named = Named(cluster);
        foreach (AddressClass source in reachability.Classes(IpVersion.IPv4))
        {
            foreach (AddressClass destination in reachability.Classes(IpVersion.IPv4).Take(6))
            {
                foreach (PacketClass packet in new FlowSpaceBuilder().Add(cluster).Build().PacketClasses(IpVersion.IPv4).Where((_, i) => i % 7 == 0))
                {
                    Flow flow = packet.Example(source.Example, destination.Example);
                    if (!IsSelf(cluster, flow)) Assert.Equal(naive.Allows(flow), reachability[source, destination].Packets.Any(p => Holds(p, flow, named)));
                }
            }
        }
    });

    [Property(MaxTest = 100)]
    public Property ComparedWithItselfEverythingIsEqual() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), objects =>
        Assert.True(PolicyAnalysis.Compare(ClusterState.Of(objects), ClusterState.Of(objects)).IsEqual));

    internal static bool IsSelf(ClusterState cluster, Flow flow) => cluster.WorkloadAt(flow.Source) is { } workload && workload == cluster.WorkloadAt(flow.Destination);

    private static HashSet<IpProtocol> Named(params ClusterState[] clusters)
    {
        FlowSpaceBuilder builder = new();
        foreach (ClusterState cluster in clusters) builder.Add(cluster);
        return [.. builder.Build().PacketClasses(IpVersion.IPv4).Select(c => c.Protocol).OfType<IpProtocol>()];
    }

    private static bool Holds(PacketClass packet, Flow flow, HashSet<IpProtocol> named)
    {
        if (packet.Protocol is { } protocol)
        {
            if (protocol != flow.Protocol) return false;
        }
        else if (named.Contains(flow.Protocol))
            return false;
        bool isIcmp = flow.Protocol == (flow.IpVersion == IpVersion.IPv6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp);
        if (isIcmp) return packet.SourcePorts.Contains(flow.IcmpType) && packet.DestinationPorts.Contains(flow.IcmpCode);
        return !flow.Protocol.HasPorts || (packet.SourcePorts.Contains(flow.SourcePort) && packet.DestinationPorts.Contains(flow.DestinationPort));
    }

    private static bool Contains(AddressClass addresses, IPAddress address) =>
        addresses.Ranges.Any(r => r.First.AddressFamily == address.AddressFamily && Compare(r.First, address) <= 0 && Compare(address, r.Last) <= 0);

    private static int Compare(IPAddress left, IPAddress right) => left.GetAddressBytes().AsSpan().SequenceCompareTo(right.GetAddressBytes());
}
