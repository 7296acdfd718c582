using System.Buffers;
using System.Globalization;
using System.Net;
using Calico.Bgp.Mrt;

namespace Calico.Bgp.Tests.Mrt;

public class MrtErrorTests
{
    private static readonly MrtTimestamp Time = new(1);

    [Fact]
    public void A_cut_record_is_named_by_its_offset()
    {
        byte[] file = File(w =>
        {
            w.WriteRecord(Time, MrtType.Bgp4mp, 99, new byte[8]);
            w.WriteRecord(Time, MrtType.Bgp4mp, 99, new byte[8]);
        });
        MrtReader reader = new(file.AsSpan(0, 35));
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal("MRT record at 20: The record claims 8 octets, 3 are there.", reader.Error.ToString());
        reader = new MrtReader(file.AsSpan(0, 25));
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal("MRT record at 20: The header has 12 octets, 5 are there.", reader.Error.ToString());
    }

    [Fact]
    public void A_stream_does_not_believe_a_length()
    {
        byte[] file = File(w => w.WriteRecord(Time, MrtType.Bgp4mp, 99, new byte[8]));
        file[8] = 0x7F;
        var reader = new MrtStreamReader(new MemoryStream(file));
        Assert.False(reader.Read());
        Assert.Contains("claims 2130706440 octets, more than the 16777216 allowed", reader.Error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => reader.Current.Offset);
    }

    [Fact]
    public void A_rib_record_needs_its_peers()
    {
        byte[] rib = File(w => w.Write(Time, Rib(peer: 3)));
        Assert.Equal("There is no peer index table before the RIB record.", TextError(rib));
        byte[] both = [.. File(w => w.Write(Time, new MrtPeerIndexTable { CollectorId = IPAddress.Loopback, Peers = [new(IPAddress.Any, IPAddress.IPv6Loopback, 65000)] })), .. rib];
        Assert.Equal("Peer 3 is not in the peer index table, which has 1.", TextError(both));
    }

    [Theory]
    [InlineData(0, 2, "The record claims 2 entries, 1 are well-formed.")]
    [InlineData(0, 0, "The record claims 0 entries, 1 are well-formed.")]
    [InlineData(3, 1, "The record claims 1 entries, 0 are well-formed.")]
    public void Entries_and_their_count_have_to_agree(int cut, byte count, string expected)
    {
        byte[] body = [0, 0, 0, 0, 8, 10, 0, count, 0, 0, 0, 0, 0, 0, 0, 4, 0x40, 1, 1, 0];
        Assert.Equal(expected, TextError(File(w => w.WriteRecord(Time, MrtType.TableDumpV2, 2, body.AsSpan(..^cut)))));
        byte[] entries = body[8..^cut];
        Assert.Throws<ArgumentException>(() => File(w => w.Write(Time, new MrtRib { Family = Family.Ipv4Unicast, NlriOctets = [8, 10], EntryCount = count, Entries = entries })));
    }

    [Fact]
    public void Other_decoders_say_what_a_record_is_not()
    {
        byte[] file = File(w => w.Write(Time, Rib(peer: 0)));
        MrtReader reader = new(file);
        Assert.True(reader.TryRead(out MrtRecord record));
        Assert.False(MrtMessage.TryRead(record, out _, out MrtError error));
        Assert.Equal("MRT record at 0: It holds no BGP message.", error.ToString());
        Assert.False(MrtPeerIndexTable.TryRead(record, out _, out _) || MrtTableDump.TryRead(record, out _, out _));
        Assert.False(MrtStateChange.TryRead(record, out _, out _) || MrtRouteEntry.TryRead(record, out _, out _));
    }

    [Fact]
    public void The_writer_refuses_what_a_record_cannot_hold_and_writes_nothing()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MrtWriter(output);
        var session = new MrtSession { PeerAsn = 4200000000, LocalAsn = 1, PeerAddress = IPAddress.Loopback, LocalAddress = IPAddress.Loopback };
        Assert.Contains("AS 4200000000", Assert.Throws<ArgumentException>(() => writer.Write(Time, new MrtStateChange { Session = session })).Message, StringComparison.Ordinal);
        MrtSession mixed = session with { FourOctetAsn = true, LocalAddress = IPAddress.IPv6Loopback };
        Assert.Contains("'::1'", Assert.Throws<ArgumentException>(() => writer.Write(Time, new MrtStateChange { Session = mixed })).Message, StringComparison.Ordinal);
        Assert.Contains("18 octets", Assert.Throws<ArgumentException>(() => writer.Write(Time, new MrtMessage { Session = session, Message = new byte[18] })).Message, StringComparison.Ordinal);
        Assert.Contains("0x21", Assert.Throws<ArgumentException>(() => writer.Write(Time, new MrtRib { Family = Family.Ipv4Unicast, NlriOctets = [0x21, 1, 2, 3, 4, 5] })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MrtTimestamp.From(DateTimeOffset.UnixEpoch.AddSeconds(-1)));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Timestamps_survive()
    {
        DateTimeOffset time = new(2026, 1, 2, 3, 4, 5, 678, 901, TimeSpan.Zero);
        Assert.Equal(time, MrtTimestamp.From(time, extended: true).ToDateTimeOffset());
        Assert.Equal(time.AddMicroseconds(-678901), MrtTimestamp.From(time).ToDateTimeOffset());
    }

    private static byte[] File(Action<MrtWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new MrtWriter(output));
        return output.WrittenSpan.ToArray();
    }

    private static MrtRib Rib(ushort peer)
    {
        var entries = new ArrayBufferWriter<byte>();
        new MrtRibEntry { PeerIndex = peer, Attributes = [0x40, 1, 1, 0] }.WriteTo(entries);
        return new MrtRib { Family = Family.Ipv4Unicast, NlriOctets = [8, 10], EntryCount = 1, Entries = entries.WrittenSpan.ToArray() };
    }

    private static string TextError(byte[] file)
    {
        var lines = new MrtText(new StringWriter(CultureInfo.InvariantCulture));
        MrtReader reader = new(file);
        MrtError error = default;
        while (reader.TryRead(out MrtRecord record) && lines.TryWrite(record, out error))
        {
        }

        return error.Message;
    }
}
