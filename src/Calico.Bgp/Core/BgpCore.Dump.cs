using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Calico.Bgp.Mrt;

namespace Calico.Bgp;

// The tables as TABLE_DUMP_V2 (RFC 6396 section 4.3), a part at a time so that a large one does not hold up sessions.
public sealed partial class BgpCore
{
    /// <summary>Writes all tables as TABLE_DUMP_V2: a peer index table, then a record for each destination with the routes of all neighbours after import policy.</summary>
    /// <param name="output">Where to. Local routes are those of a peer 0.0.0.0 with the speaker's own AS.</param>
    public void WriteMrt(IBufferWriter<byte> output)
    {
        var dump = new MrtRibDump(this);
        while (dump.Write(output, slots: int.MaxValue))
        {
        }
    }

    /// <summary>A dump under way: peers and families are those of its begin.</summary>
    internal sealed class MrtRibDump
    {
        private readonly BgpCore _core;
        private readonly Rib[] _ribs;
        private readonly Dictionary<ushort, (ushort Index, Neighbor? Neighbor)> _peers = [];
        private readonly ArrayBufferWriter<byte> _entries = new(), _attributes = new(), _nlri = new();
        private readonly MrtTimestamp _timestamp;
        private bool _begun;
        private int _rib;
        private int _slot = 1;
        private uint _sequence;

        public MrtRibDump(BgpCore core)
        {
            _core = core;
            _ribs = [.. core._ribs.Values];
            _timestamp = MrtTimestamp.From(core.Timers.Time.GetUtcNow());
        }

        /// <summary>Writes the records of so many slots; false when all are written.</summary>
        public bool Write(IBufferWriter<byte> output, int slots)
        {
            var writer = new MrtWriter(output);
            if (!_begun) WritePeers(writer);
            for (; _rib < _ribs.Length; _rib++, _slot = 1, _sequence = 0)
            {
                Rib rib = _ribs[_rib];
                for (; _slot < rib.SlotLimit; _slot++)
                {
                    if (slots-- <= 0) return true;
                    if (rib.Head(_slot) != 0) WriteSlot(writer, rib);
                }
            }

            return false;
        }

        private void WritePeers(MrtWriter writer)
        {
            _begun = true;
            var peers = new List<MrtPeer> { new(_core.Options.RouterId, IPAddress.Any, _core.Options.Asn) };
            _peers.Add(PathSource.LocalIndex, (0, null));
            foreach (Neighbor neighbor in _core._neighbors.Values)
            {
                _peers.Add(neighbor.Source.Index, ((ushort)peers.Count, neighbor));
                peers.Add(new MrtPeer(Net.IpPrefix.V4(neighbor.Source.RouterId).ToAddress(), neighbor.Address, neighbor.Source.Party.Asn is { Value: not 0 } known ? known : neighbor.Options.Asn ?? new Asn(0)));
            }

            writer.Write(_timestamp, new MrtPeerIndexTable { CollectorId = _core.Options.RouterId, Peers = peers });
        }

        private void WriteSlot(MrtWriter writer, Rib rib)
        {
            bool addPath = false;
            for (int index = rib.Head(_slot); index != 0; index = rib.Paths[index].Next) addPath |= rib.Paths[index].PathId != 0;
            _entries.ResetWrittenCount();
            ushort count = 0;
            for (int index = rib.Head(_slot); index != 0; index = rib.Paths[index].Next)
            {
                RibPath path = rib.Paths[index];
                if (!_peers.TryGetValue(path.Source, out (ushort Index, Neighbor? Neighbor) peer)) continue;
                _attributes.ResetWrittenCount();
                MrtAttributeBlock.Write(_attributes, _core._attributes[path.Attributes]);
                uint since = peer.Neighbor is { } neighbor ? MrtTimestamp.From(neighbor.Since).Seconds : _timestamp.Seconds;
                new MrtRibEntry { PeerIndex = peer.Index, OriginatedTime = since, PathId = path.PathId, Attributes = _attributes.WrittenSpan }.WriteTo(_entries, addPath);
                count++;
            }

            if (count == 0) return;
            _nlri.ResetWrittenCount();
            _nlri.Advance(rib.WriteKey(_slot, _nlri.GetSpan(32)));
            writer.Write(_timestamp, new MrtRib { Sequence = _sequence++, Family = rib.Family, AddPath = addPath, NlriOctets = _nlri.WrittenSpan, EntryCount = count, Entries = _entries.WrittenSpan });
        }
    }
}
