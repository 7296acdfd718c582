using System.Buffers;
using Calico.Bgp.Mrt;

namespace Calico.Bgp.Tests.Mrt;

/// <summary>Takes a record apart into its fields and writes it again from them.</summary>
internal static class MrtRewriter
{
    public static void Rewrite(in MrtRecord record, MrtWriter writer)
    {
        MrtError error = default;
        switch (record.Content)
        {
            case MrtContent.PeerIndexTable when MrtPeerIndexTable.TryRead(record, out MrtPeerIndexTable? table, out error):
                writer.Write(record.Timestamp, table!);
                break;
            case MrtContent.Rib when MrtRib.TryRead(record, out MrtRib rib, out error):
                var entries = new ArrayBufferWriter<byte>();
                MrtRibEntryReader reader = rib.ReadEntries();
                while (reader.TryRead(out MrtRibEntry entry)) entry.WriteTo(entries, rib.AddPath);
                writer.Write(record.Timestamp, new MrtRib
                {
                    Sequence = rib.Sequence,
                    Family = rib.Family,
                    NlriOctets = rib.NlriOctets,
                    IsGeneric = rib.IsGeneric,
                    AddPath = rib.AddPath,
                    EntryCount = rib.EntryCount,
                    Entries = entries.WrittenSpan,
                });
                break;
            case MrtContent.TableDump when MrtTableDump.TryRead(record, out MrtTableDump dump, out error):
                writer.Write(record.Timestamp, dump);
                break;
            case MrtContent.RouteEntry when MrtRouteEntry.TryRead(record, out MrtRouteEntry entry, out error):
                writer.Write(record.Timestamp, entry);
                break;
            case MrtContent.Message when record.Type != MrtType.Bgp && MrtMessage.TryRead(record, out MrtMessage message, out error):
                writer.Write(record.Timestamp, message);
                break;
            case MrtContent.StateChange when record.Type != MrtType.Bgp && MrtStateChange.TryRead(record, out MrtStateChange change, out error):
                writer.Write(record.Timestamp, change);
                break;
            default:
                writer.WriteRecord(record.Timestamp, record.Type, record.Subtype, record.Body);
                break;
        }

        Assert.Equal(default, error);
    }
}
