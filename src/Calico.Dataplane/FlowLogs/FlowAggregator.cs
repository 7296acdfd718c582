using System.Net;
using Calico.Netlink;

namespace Calico.Dataplane.FlowLogs;

/// <summary>
/// Sums up verdicts of the same kind – everything but the source port equal – and adds what their connections carried when those end.
/// Memory is bounded: <paramref name="most"/> kinds in an interval, and as many connections remembered; past that the rest is counted as lost.
/// </summary>
internal sealed class FlowAggregator(int most)
{
    private readonly Dictionary<Key, FlowRecord> _records = [];
    private readonly OpenConnections _open = new(most);

    /// <summary>Verdicts and connections that found no room since the last <see cref="Take"/>.</summary>
    public long Lost { get; private set; }

    public int Count => _records.Count;

    public void Add(FlowRecord record)
    {
        Key key = KeyOf(record);
        Sum(key, record);
        Lost += _open.Add(record, out ConnectionEnd? ended);
        if (ended is not null) AddTo(key, record, ended);
    }

    /// <summary>A connection is over: what it carried goes to each verdict about it.</summary>
    public void Add(ConnectionEnd end, DateTimeOffset now)
    {
        foreach (FlowRecord verdict in _open.End(end)) AddTo(KeyOf(verdict), verdict with { First = now, Last = now }, end);
    }

    public (IReadOnlyList<FlowRecord> Records, long Lost) Take()
    {
        (IReadOnlyList<FlowRecord>, long) taken = ([.. _records.Values], Lost);
        _records.Clear();
        _open.Settle();
        Lost = 0;
        return taken;
    }

    private void AddTo(Key key, FlowRecord verdict, ConnectionEnd end) => Sum(key, verdict with
    {
        Flows = 0,
        ConnectionsEnded = 1,
        PacketsSent = end.PacketsSent,
        BytesSent = end.BytesSent,
        PacketsReceived = end.PacketsReceived,
        BytesReceived = end.BytesReceived,
    });

    private void Sum(Key key, FlowRecord record)
    {
        if (_records.TryGetValue(key, out FlowRecord? known))
        {
            _records[key] = known with
            {
                Last = record.Last > known.Last ? record.Last : known.Last,
                Flows = known.Flows + record.Flows,
                ConnectionsEnded = known.ConnectionsEnded + record.ConnectionsEnded,
                PacketsSent = known.PacketsSent + record.PacketsSent,
                BytesSent = known.BytesSent + record.BytesSent,
                PacketsReceived = known.PacketsReceived + record.PacketsReceived,
                BytesReceived = known.BytesReceived + record.BytesReceived,
            };
        }
        else if (_records.Count < most) _records[key] = record;
        else Lost += record.Flows + record.ConnectionsEnded;
    }

    private static Key KeyOf(FlowRecord record) =>
        new(record.Source, record.Destination, record.Protocol, record.DestinationPort, record.Ingress, record.Staged, record.DecidedBy);

    private readonly record struct Key(IPAddress Source, IPAddress Destination, byte Protocol, ushort DestinationPort, bool Ingress, bool Staged, string DecidedBy);
}
