using System.Buffers;
using System.Diagnostics;
using System.Globalization;

namespace Calico.Bgp.PeerBench;

/// <summary>This package's codec on a file of whole UPDATEs: parsed with all checks into canonical attributes and prefixes, written from them again.</summary>
internal static class CodecRun
{
    public static void Run(string path, int rounds)
    {
        byte[] file = File.ReadAllBytes(path);
        var decoder = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false });
        List<(Family Family, PathAttributes Attributes, byte[] Nlri)> parsed = Parsed(file, decoder);
        List<double> parse = [], write = [];
        int messages = 0;
        long garbage = 0;
        var output = new ArrayBufferWriter<byte>(1 << 16);
        for (int round = 0; round < rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            messages = Walk(file, decoder);
            parse.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / messages);
            start = Stopwatch.GetTimestamp();
            foreach ((Family family, PathAttributes attributes, byte[] nlri) in parsed)
            {
                output.ResetWrittenCount();
                UpdateWriter.TryWrite(output, family, attributes, nlri);
            }

            write.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / parsed.Count);
            garbage = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calico {messages} messages, parse {Median(parse):F0} ns, serialize {Median(write):F0} ns, {garbage} octets of garbage in the last round"));
    }

    private static int Walk(ReadOnlySpan<byte> rest, UpdateDecoder decoder)
    {
        int messages = 0;
        long prefixes = 0;
        while (MessageFrame.TryRead(rest, MessageFrame.MaximumLength, out MessageFrame frame, out _) == FrameStatus.Complete)
        {
            rest = rest[frame.Raw.Length..];
            messages++;
            DecodedUpdate update = decoder.Decode(frame.Body);
            prefixes += Count(Family.Ipv4Unicast, update.Nlri) + Count(Family.Ipv4Unicast, update.Withdrawn) + Count(update.ReachFamily, update.ReachNlri) + Count(update.UnreachFamily, update.UnreachNlri);
        }

        return prefixes < 0 ? -1 : messages;
    }

    private static int Count(Family family, ReadOnlySpan<byte> field)
    {
        var reader = new NlriReader(family, field);
        int count = 0;
        while (reader.TryRead(out _)) count++;
        return count;
    }

    private static List<(Family, PathAttributes, byte[])> Parsed(ReadOnlySpan<byte> rest, UpdateDecoder decoder)
    {
        var parsed = new List<(Family, PathAttributes, byte[])>();
        while (MessageFrame.TryRead(rest, MessageFrame.MaximumLength, out MessageFrame frame, out _) == FrameStatus.Complete)
        {
            rest = rest[frame.Raw.Length..];
            DecodedUpdate update = decoder.Decode(frame.Body);
            if (update.Treatment >= ErrorTreatment.TreatAsWithdraw) continue;
            if (!update.Nlri.IsEmpty) parsed.Add((Family.Ipv4Unicast, update.ToAttributes(), update.Nlri.ToArray()));
            else if (!update.ReachNlri.IsEmpty) parsed.Add((update.ReachFamily, update.ToReachAttributes(), update.ReachNlri.ToArray()));
        }

        return parsed;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
