using System.Buffers;
using System.Globalization;
using System.Net;
using Calico.Bgp.Mrt;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Mrt;

public class MrtProperties
{
    /// <summary>Every type and subtype over any body: no exception, and what decodes is written again with the same octets.</summary>
    [Property(MaxTest = 3000)]
    public void Any_body_never_throws(byte[] body, byte type, byte subtype)
    {
        ushort[] types = [5, 12, 13, 13, 16, 16, 17];
        var file = new ArrayBufferWriter<byte>();
        new MrtWriter(file).WriteRecord(new MrtTimestamp(1, 2), (MrtType)types[type % types.Length], (ushort)(subtype % 14), body);
        ReadAll(file.WrittenSpan);
    }

    [Property(MaxTest = 1000)]
    public void Any_file_never_throws(byte[] file) => ReadAll(file);

    [Property(MaxTest = 2000)]
    public void Changed_octets_never_throw(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        byte[] file = MrtSamples.File(random);
        for (int i = random.Next(6); i >= 0; i--) file[random.Next(file.Length)] = (byte)random.Next(256);
        ReadAll(file.AsSpan(0, random.Next(3) == 0 ? random.Next(file.Length) : file.Length));
    }

    [Property(MaxTest = 500)]
    public void Samples_are_read_whole_and_written_the_same(NonNegativeInt seed)
    {
        byte[] file = MrtSamples.File(new Random(seed.Get));
        var output = new ArrayBufferWriter<byte>();
        MrtReader reader = new(file);
        while (reader.TryRead(out MrtRecord record)) MrtRewriter.Rewrite(record, new MrtWriter(output));
        Assert.Equal(default, reader.Error);
        Assert.Equal(file, output.WrittenSpan.ToArray());
    }

    [Property(MaxTest = 300)]
    public void A_stream_in_pieces_gives_the_same_records(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        byte[] file = MrtSamples.File(random);
        int length = random.Next(2) == 0 ? file.Length : random.Next(file.Length);
        var whole = new List<(long, string)>();
        MrtReader reader = new(file.AsSpan(0, length));
        while (reader.TryRead(out MrtRecord record)) whole.Add((record.Offset, Convert.ToHexString(record.Raw)));
        var pieces = new List<(long, string)>();
        var stream = new MrtStreamReader(new PiecewiseStream(file.AsMemory(0, length), random));
        while (stream.Read()) pieces.Add((stream.Current.Offset, Convert.ToHexString(stream.Current.Raw)));
        Assert.Equal(whole, pieces);
        Assert.Equal(reader.Error, stream.Error);
        Assert.False(stream.Read());
    }

    private static void ReadAll(ReadOnlySpan<byte> file)
    {
        var lines = new MrtText(new StringWriter(CultureInfo.InvariantCulture));
        MrtReader reader = new(file);
        while (reader.TryRead(out MrtRecord record))
        {
            bool written = lines.TryWrite(record, out MrtError error);
            Assert.Equal(written, !error.IsError);
            Assert.True(written || error.Offset == record.Offset);
            if (!written) continue;
            var output = new ArrayBufferWriter<byte>();
            MrtRewriter.Rewrite(record, new MrtWriter(output));
            if (record.Type != MrtType.Bgp4mpEt || record.Timestamp.Microseconds is not null) Assert.Equal(record.Raw.ToArray(), output.WrittenSpan.ToArray());
        }
    }
}
