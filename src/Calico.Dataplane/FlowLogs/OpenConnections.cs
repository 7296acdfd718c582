using System.Net;
using Calico.Netlink;

namespace Calico.Dataplane.FlowLogs;

/// <summary>
/// The verdicts about connections that have not ended yet, the oldest forgotten when there are too many. The kernel hands verdicts over in batches, so the end of a
/// short connection can come before its verdicts: it waits for them until the next interval is over.
/// </summary>
internal sealed class OpenConnections(int most)
{
    private readonly Dictionary<Tuple, LinkedListNode<Entry>> _open = [];
    private readonly LinkedList<Entry> _byAge = [];
    private Dictionary<Tuple, ConnectionEnd> _early = [], _earlier = [];

    public int Count => _open.Count;

    /// <param name="verdict">A verdict about a new connection.</param>
    /// <param name="ended">The connection's end, when that has come already.</param>
    /// <returns>How many connections were forgotten for it.</returns>
    public int Add(FlowRecord verdict, out ConnectionEnd? ended)
    {
        Tuple tuple = new(verdict.Source, verdict.Destination, verdict.Protocol, verdict.SourcePort, verdict.DestinationPort);
        if (_early.TryGetValue(tuple, out ended) || _earlier.TryGetValue(tuple, out ended)) return 0;
        bool refused = verdict is { Allowed: false, Staged: false };
        if (_open.TryGetValue(tuple, out LinkedListNode<Entry>? known))
        {
            // What one endpoint let out the other refused: there will be no connection.
            if (refused) Forget(known);
            else if (!known.Value.Verdicts.Exists(v => v.Ingress == verdict.Ingress && v.DecidedBy == verdict.DecidedBy)) known.Value.Verdicts.Add(verdict);
            return 0;
        }

        if (refused) return 0;
        _open[tuple] = _byAge.AddLast(new Entry(tuple, [verdict]));
        if (_open.Count <= most) return 0;
        Forget(_byAge.First!);
        return 1;
    }

    /// <returns>The verdicts about the connection that ended.</returns>
    public IReadOnlyList<FlowRecord> End(ConnectionEnd end)
    {
        Tuple tuple = TupleOf(end);
        if (!_open.TryGetValue(tuple, out LinkedListNode<Entry>? known))
        {
            if (_early.Count < most) _early[tuple] = end;
            return [];
        }

        Forget(known);
        return known.Value.Verdicts;
    }

    /// <summary>An interval is over: ends that have waited through a whole one belong to connections from before.</summary>
    public void Settle()
    {
        (_earlier, _early) = (_early, _earlier);
        _early.Clear();
    }

    private void Forget(LinkedListNode<Entry> entry)
    {
        _open.Remove(entry.Value.Tuple);
        _byAge.Remove(entry);
    }

    // Policy sees the destination after DNAT: where the answers come from. Of ICMP the verdict has type and code in the destination port's place.
    private static Tuple TupleOf(ConnectionEnd end) => end.Original.Protocol is 1 or 58
        ? new(end.Original.Source, end.Reply.Source, end.Original.Protocol, 0, (ushort)(end.Original.IcmpType << 8 | end.Original.IcmpCode))
        : new(end.Original.Source, end.Reply.Source, end.Original.Protocol, end.Original.SourcePort, end.Reply.SourcePort);

    private readonly record struct Tuple(IPAddress Source, IPAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort);

    private sealed record Entry(Tuple Tuple, List<FlowRecord> Verdicts);
}
