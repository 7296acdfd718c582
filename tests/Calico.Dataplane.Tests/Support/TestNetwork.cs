using System.Net;
using Calico.Netlink.NfTables;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A cluster whose nodes each run the ruleset compiled for them; packets travel as the evaluator's network model says, by one interface eth0 each.</summary>
internal sealed class TestNetwork
{
    private readonly ClusterState _state;
    private readonly Dictionary<string, TestKernel> _kernels = [];

    public TestNetwork(ClusterState state, DataplaneOptions options, Func<string, NftTable, NftTable>? through = null)
    {
        _state = state;
        IEnumerable<string> nodes = state.Nodes.Keys.Concat(state.Workloads.Keys.Select(w => w.Node)).Concat(state.Hosts.Keys.Select(h => h.Node)).Distinct();
        foreach (string node in nodes)
        {
            PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
            foreach (ModelObject model in state.Objects) engine.Upsert(model);
            engine.MarkInSync();
            Dataplane.Plan.PolicyPlanner planner = new(options);
            IEnumerable<IPAddress> addresses = state.Nodes.TryGetValue(node, out NodeModel? known) ? known.Addresses : [];
            planner.SetInterface("eth0", addresses);
            foreach (var delta in engine.Flush()) planner.Apply(delta);
            planner.Flush();
            NftTable table = planner.Ruleset.ToTable(NftFamily.Inet, "calico");
            _tables[node] = table;
            _kernels[node] = new TestKernel(through?.Invoke(node, table) ?? table);
        }
    }

    private readonly Dictionary<string, NftTable> _tables = [];

    public NftTable TableOf(string node) => _tables[node];

    public List<string> Trace { get; private set; } = [];

    public bool Delivers(Flow flow)
    {
        WorkloadEndpointModel? from = _state.WorkloadAt(flow.Source), to = _state.WorkloadAt(flow.Destination);
        string? fromNode = from?.Id.Node ?? _state.NodeAt(flow.Source), toNode = to?.Id.Node ?? _state.NodeAt(flow.Destination);
        if (from is not null && from == to && flow.OriginalDestination is null) return true;
        string? natNode = flow.OriginalDestination is { } original ? _state.NodeAt(original.Address) : null;
        Trace = [];
        bool here = fromNode is not null && fromNode == toNode;
        string output = to is not null && here ? to.InterfaceName : here ? "lo" : "eth0";
        if (fromNode is not null && !Leave(fromNode, Packet(flow), from?.InterfaceName, output, here && to is null)) return false;
        if (here) return from is not null || to is not null || Arrive(toNode!, Packet(flow), "lo", null, null);
        if (natNode is not null && natNode != fromNode && natNode != toNode && !Arrive(natNode, Packet(flow), "eth0", "eth0", flow.OriginalDestination)) return false;
        return toNode is null || Arrive(toNode, Packet(flow), "eth0", to?.InterfaceName, natNode == toNode ? flow.OriginalDestination : null);
    }

    private bool Leave(string node, TestPacket packet, string? input, string output, bool toHost)
    {
        TestKernel kernel = _kernels[node];
        Trace = packet.Trace;
        if (input is null)
        {
            packet.Output = output;
            return kernel.Run(NftHook.Output, packet) && kernel.Run(NftHook.Postrouting, packet);
        }

        packet.Input = input;
        if (!kernel.Run(NftHook.Prerouting, packet)) return false;
        if (toHost) return kernel.Run(NftHook.Input, packet);
        packet.Output = output;
        return kernel.Run(NftHook.Forward, packet) && kernel.Run(NftHook.Postrouting, packet);
    }

    private bool Arrive(string node, TestPacket packet, string input, string? output, IPEndPoint? before)
    {
        TestKernel kernel = _kernels[node];
        Trace.Add("→ " + node);
        packet.Input = input;
        (IPAddress address, ushort port) = (packet.Destination, packet.DestinationPort);
        if (before is not null) (packet.Destination, packet.DestinationPort) = (before.Address, (ushort)before.Port);
        if (!kernel.Run(NftHook.Prerouting, packet, below: NftPriority.DestinationNat)) return Stop();
        if (before is not null) packet.CtStatus |= 32;
        (packet.Destination, packet.DestinationPort) = (address, port);
        if (!kernel.Run(NftHook.Prerouting, packet, above: NftPriority.DestinationNat)) return Stop();
        if (output is null) return kernel.Run(NftHook.Input, packet) || Stop();
        packet.Output = output;
        return (kernel.Run(NftHook.Forward, packet) && kernel.Run(NftHook.Postrouting, packet)) || Stop();

        bool Stop()
        {
            Trace.AddRange(packet.Trace);
            return false;
        }
    }

    private static TestPacket Packet(Flow flow) => new()
    {
        Source = flow.Source,
        Destination = flow.Destination,
        Protocol = flow.Protocol.Number,
        SourcePort = flow.SourcePort,
        DestinationPort = flow.DestinationPort,
        IcmpType = flow.IcmpType,
        IcmpCode = flow.IcmpCode,
        CtState = flow.State switch { ConntrackState.Established => 2u, ConntrackState.Related => 4u, ConntrackState.Invalid => 1u, _ => 8u },
    };
}
