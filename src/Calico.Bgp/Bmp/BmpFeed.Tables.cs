using System.Buffers;
using System.Net;
using Calico.Net;

namespace Calico.Bgp.Bmp;

// Tables as Route Monitoring: routes with equal attributes share an UPDATE.
internal sealed partial class BmpFeed
{
    // Less than a message of 4,096 octets leaves beside the attributes of an ordinary route.
    private const int MostNlri = 2048;
    private readonly List<MonitoredChange> _changes = [];
    private readonly ArrayBufferWriter<byte> _nlri = new();

    private bool HasNewTables() => _options.Tables.HasFlag(BmpTables.PostPolicy) | _options.Tables.HasFlag(BmpTables.LocRib)
        && _core.Ribs.Any(rib => !_lanes.Exists(lane => lane.Rib == rib));

    private void ReadTables(ArrayBufferWriter<byte> output, int about)
    {
        if (HasNewTables()) AddLanes();
        foreach (MonitorLane lane in _lanes)
        {
            while (output.WrittenCount < about && !lane.IsClean)
            {
                _changes.Clear();
                lane.Read(_up.ContainsKey, _changes);
                foreach (IGrouping<(ushort, PathAttributes?), MonitoredChange> group in _changes.GroupBy(c => (c.Source, c.Attributes))) Write(output, lane, group.Key.Item1, group.Key.Item2, group);
            }

            if (!lane.IsAwaited || !lane.IsClean) continue;
            lane.IsAwaited = false;
            WriteEndOfRib(output, lane);
        }
    }

    private void AddLanes()
    {
        foreach (Rib rib in _core.Ribs)
        {
            if (_lanes.Exists(lane => lane.Rib == rib)) continue;
            if (_options.Tables.HasFlag(BmpTables.PostPolicy))
            {
                rib.TellEveryPath = true;
                Add(new MonitorLane(rib, bestOnly: false));
            }

            if (_options.Tables.HasFlag(BmpTables.LocRib)) Add(new MonitorLane(rib, bestOnly: true));
        }

        void Add(MonitorLane lane)
        {
            lane.Rib.AddLane(lane);
            _lanes.Add(lane);
        }
    }

    private void Write(ArrayBufferWriter<byte> output, MonitorLane lane, ushort source, PathAttributes? attributes, IEnumerable<MonitoredChange> changes)
    {
        Rib rib = lane.Rib;
        if (!lane.BestOnly && !_up.ContainsKey(source)) return;
        bool addPath = !lane.BestOnly && _up[source].ReceivesPaths(rib.Family);
        if (attributes is not null && attributes.NextHopWire.IsEmpty) attributes = new PathAttributesBuilder(attributes).SetNextHop(rib.Family.Afi == 2 ? IPAddress.IPv6Any : IPAddress.Any).Build();
        BmpPeer peer = lane.BestOnly ? LocRib : PeerOf(_up[source], BmpPeerFlags.PostPolicy);
        _nlri.ResetWrittenCount();
        foreach (MonitoredChange change in changes)
        {
            Span<byte> target = _nlri.GetSpan(64);
            int at = 0;
            if (addPath)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(target, change.PathId);
                at = 4;
            }

            _nlri.Advance(at + rib.WriteKey(change.Slot, target[at..]));
            if (_nlri.WrittenCount > MostNlri) WriteUpdate(output, peer, rib.Family, attributes);
        }

        WriteUpdate(output, peer, rib.Family, attributes);
    }

    private void WriteUpdate(ArrayBufferWriter<byte> output, in BmpPeer peer, Family family, PathAttributes? attributes)
    {
        if (_nlri.WrittenCount == 0) return;
        _update.ResetWrittenCount();
        bool written = attributes is null
            ? UpdateWriter.TryWriteWithdrawal(_update, family, _nlri.WrittenSpan)
            : UpdateWriter.TryWrite(_update, family, attributes, _nlri.WrittenSpan, MessageFrame.ExtendedMaximumLength);
        _nlri.ResetWrittenCount();
        if (written) BmpWriter.Write(output, new BmpRouteMonitoring { Peer = peer, Update = _update.WrittenSpan });
    }

    private void WriteEndOfRib(ArrayBufferWriter<byte> output, MonitorLane lane)
    {
        _update.ResetWrittenCount();
        MessageWriter.WriteEndOfRib(_update, lane.Rib.Family);
        if (lane.BestOnly)
        {
            BmpWriter.Write(output, new BmpRouteMonitoring { Peer = LocRib, Update = _update.WrittenSpan });
            return;
        }

        foreach (Session session in _up.Values)
        {
            if (session.Families.Contains(lane.Rib.Family)) BmpWriter.Write(output, new BmpRouteMonitoring { Peer = PeerOf(session, BmpPeerFlags.PostPolicy), Update = _update.WrittenSpan });
        }
    }

    /// <summary>Routes of a neighbour from before the connection; each is looked up when it is told, so that it is never older than a queued UPDATE.</summary>
    private sealed class KeptRoutes(Session session, Family family, (IpPrefix Prefix, uint PathId)[] keys)
    {
        private int _next;

        /// <summary>False when all are told.</summary>
        public bool Write(BmpFeed feed, ArrayBufferWriter<byte> output, int about)
        {
            NeighborFamily member = session.Neighbor.FamilyOf(family);
            if (session.IsClosed || member.AdjRibIn is not { } kept) return false;
            BmpPeer peer = feed.PeerOf(session, BmpPeerFlags.None);
            for (; _next < keys.Length && output.WrittenCount < about; _next++)
            {
                (IpPrefix prefix, uint pathId) = keys[_next];
                if (!kept.TryGetValue((prefix, pathId), out PathAttributes? attributes)) continue;
                Span<byte> target = feed._nlri.GetSpan(32);
                feed._nlri.Advance(NlriForm.Write(prefix, member.AddPathReceive ? pathId : null, target));
                feed.WriteUpdate(output, peer, family, attributes);
            }

            if (_next < keys.Length) return true;
            feed._update.ResetWrittenCount();
            MessageWriter.WriteEndOfRib(feed._update, family);
            BmpWriter.Write(output, new BmpRouteMonitoring { Peer = peer, Update = feed._update.WrittenSpan });
            return false;
        }
    }
}
