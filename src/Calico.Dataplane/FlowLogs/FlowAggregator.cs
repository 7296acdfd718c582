using System.Net;

namespace Calico.Dataplane.FlowLogs;

/// <summary>Sums up verdicts of the same kind: everything but the source port equal. Memory is bounded: past that the rest is counted as lost.</summary>
internal sealed class FlowAggregator(int most)
{
    private readonly Dictionary<Key, FlowRecord> _records = [];

    /// <summary>Verdicts that found no room since the last <see cref="Take"/>.</summary>
    public long Lost { get; private set; }

    public int Count => _records.Count;

    public void Add(FlowRecord record)
    {
        Key key = new(record.Source, record.Destination, record.Protocol, record.DestinationPort, record.Ingress, record.Staged, record.DecidedBy);
        if (_records.TryGetValue(key, out FlowRecord? known)) _records[key] = known with { Last = record.Last, Flows = known.Flows + record.Flows };
        else if (_records.Count < most) _records[key] = record;
        else Lost += record.Flows;
    }

    public (IReadOnlyList<FlowRecord> Records, long Lost) Take()
    {
        (IReadOnlyList<FlowRecord>, long) taken = ([.. _records.Values], Lost);
        _records.Clear();
        Lost = 0;
        return taken;
    }

    private readonly record struct Key(IPAddress Source, IPAddress Destination, byte Protocol, ushort DestinationPort, bool Ingress, bool Staged, string DecidedBy);
}
