using System.Buffers.Binary;
using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Interpreter;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Verification;

/// <summary>Where a packet comes from or goes to, as one node sees it: a workload's interface, the node itself, or the rest of the world.</summary>
internal readonly record struct NodeEnd(string? Interface, bool IsHost)
{
    public static NodeEnd Elsewhere => new(null, false);

    public static NodeEnd Host => new(null, true);

    public static NodeEnd Workload(string name) => new(name, false);

    public bool IsWorkload => Interface is not null;
}

/// <summary>
/// A packet's way through the hooks of one node, without NAT. The table is taken apart where connection tracking comes in: what hooks in before sees no connection,
/// and may keep the packet out of it.
/// </summary>
internal sealed class NodePath
{
    private const int ConntrackPriority = -200; // NF_IP_PRI_CONNTRACK
    private readonly NftInterpreter _before, _after;
    private readonly NftInterface _fabric, _loopback = new("lo", 1);
    private readonly Dictionary<string, NftInterface> _workloads = new(StringComparer.Ordinal);

    public NodePath(NftTable table, string fabric)
    {
        _fabric = new NftInterface(fabric, 2);
        _before = new NftInterpreter([Only(table, priority => priority < ConntrackPriority)]);
        _after = new NftInterpreter([Only(table, priority => priority >= ConntrackPriority)]);
    }

    /// <summary>Where packets of an end come in or go out; null for the host's own.</summary>
    public string? InterfaceOf(NodeEnd end) => end.IsHost ? null : end.Interface ?? _fabric.Name;

    public bool Delivers(Flow flow, NodeEnd from, NodeEnd to, uint mark = 0, List<string>? trace = null)
    {
        NftPacket packet = PacketOf(flow, mark);
        NftInterface? input = from.IsHost ? null : Interface(from), output = to.IsHost ? null : Interface(to);
        if (from.IsHost && to.IsHost) return Send(packet, _loopback, flow.State, trace) && Receive(PacketOf(flow, mark), _loopback, null, flow.State, trace);
        return from.IsHost ? Send(packet, output!, flow.State, trace) : Receive(packet, input!, output, flow.State, trace);
    }

    /// <summary>Whether a packet gets past the checks of its source address.</summary>
    public bool PassesSourceCheck(Flow flow, string workload)
    {
        NftPacket packet = PacketOf(flow, 0);
        packet.Input = Interface(NodeEnd.Workload(workload));
        return Run(_before, NftHook.Prerouting, packet, null);
    }

    private bool Send(NftPacket packet, NftInterface output, ConntrackState state, List<string>? trace)
    {
        packet.Output = output;
        if (!Run(_before, NftHook.Output, packet, trace)) return false;
        Track(packet, state);
        return Run(_after, NftHook.Output, packet, trace) && Run(_after, NftHook.Postrouting, packet, trace);
    }

    private bool Receive(NftPacket packet, NftInterface input, NftInterface? output, ConntrackState state, List<string>? trace)
    {
        packet.Input = input;
        if (!Run(_before, NftHook.Prerouting, packet, trace)) return false;
        Track(packet, state);
        if (!Run(_after, NftHook.Prerouting, packet, trace)) return false;
        if (output is null) return Run(_after, NftHook.Input, packet, trace);
        packet.Output = output;
        return Run(_after, NftHook.Forward, packet, trace) && Run(_after, NftHook.Postrouting, packet, trace);
    }

    private static void Track(NftPacket packet, ConntrackState state)
    {
        if (packet.IsUntracked || state == ConntrackState.Invalid) return;
        packet.Connection = new NftConnection
        {
            State = state switch { ConntrackState.Established => NftCtState.Established, ConntrackState.Related => NftCtState.Related, _ => NftCtState.New },
        };
    }

    private static bool Run(NftInterpreter interpreter, NftHook hook, NftPacket packet, List<string>? trace)
    {
        NftEvaluation result = interpreter.Evaluate(packet, hook, trace is not null);
        trace?.AddRange(result.Trace.Select(s => s.ToString()));
        return result.IsAccepted;
    }

    private NftInterface Interface(NodeEnd end)
    {
        if (end.Interface is not { } name) return _fabric;
        if (!_workloads.TryGetValue(name, out NftInterface? known)) _workloads[name] = known = new NftInterface(name, (uint)_workloads.Count + 3);
        return known;
    }

    private static NftTable Only(NftTable table, Predicate<int> priority) =>
        table with { Chains = table.Chains.Where(c => c.Base is null || priority(c.Base.Priority)).ToValueList() };

    private static NftPacket PacketOf(Flow flow, uint mark)
    {
        Span<byte> content = stackalloc byte[20];
        content.Clear();
        if (flow.Protocol.HasPorts)
        {
            BinaryPrimitives.WriteUInt16BigEndian(content, flow.SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(content[2..], flow.DestinationPort);
        }
        else if (flow.Protocol.IsIcmp)
        {
            (content[0], content[1]) = (flow.IcmpType, flow.IcmpCode);
        }

        NftPacket packet = NftPacket.Ip(flow.Protocol.Number, flow.Source, flow.Destination, content);
        packet.Mark = mark;
        return packet;
    }
}
