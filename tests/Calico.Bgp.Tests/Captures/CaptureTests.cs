using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Calico.Tests;

namespace Calico.Bgp.Tests.Captures;

/// <summary>Captured messages, crashers of other decoders among them, against what tcpdump prints of them.</summary>
public partial class CaptureTests
{
    private const string Refused = "refused";

    public static TheoryData<string> Captures => Names(_ => true);

    public static TheoryData<string> WithText => Names(name => File.Exists(Path.ChangeExtension(name, ".out")));

    [Theory]
    [MemberData(nameof(Captures))]
    public void Every_message_decodes_or_is_refused_with_a_code(string name)
    {
        UpdateDecoder[] decoders =
        [
            new(new UpdateDecoderOptions()),
            new(new UpdateDecoderOptions { FourOctetAsn = false, IsExternal = false }),
            new(new UpdateDecoderOptions { AddPath = [Family.Ipv4Unicast, Family.Ipv6Unicast, Family.Ipv4Labelled], IsExternal = false, ExtendedNextHop = true }),
        ];
        foreach (byte[] message in Messages(name))
        {
            Assert.NotEmpty(BgpMessageText.Format(message));
            FrameStatus status = MessageFrame.TryRead(message, MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out BgpError error);
            Assert.Equal(status == FrameStatus.Invalid, error.IsError);
            if (status != FrameStatus.Complete || frame.Type != MessageType.Update) continue;
            foreach (UpdateDecoder decoder in decoders)
            {
                DecodedUpdate update = decoder.Decode(frame.Body);
                Assert.True(update.Treatment is ErrorTreatment.None or ErrorTreatment.AttributeDiscard || update.Error.IsError);
                if (update.Treatment is ErrorTreatment.None or ErrorTreatment.AttributeDiscard) Assert.NotEmpty(update.ToReachAttributes().ToString());
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithText))]
    public void Messages_are_those_that_tcpdump_prints(string name)
    {
        List<(List<string> Lines, bool GaveUp)> expected = Expected(Path.ChangeExtension(PathOf(name), ".out"));
        string[][] found = [.. Messages(name).Select(Describe).Where(lines => lines.Length > 0)];
        Assert.NotEmpty(found);
        Assert.Equal(expected.Select(m => m.Lines[0]), found.Select(m => m[0]));
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i][^1] == Refused) Assert.StartsWith("message 1 ", found[i][0], StringComparison.Ordinal);
            else if (expected[i].GaveUp) Assert.Equal(expected[i].Lines, found[i].Take(expected[i].Lines.Count));
            else Assert.Equal(expected[i].Lines, found[i]);
        }
    }

    [Fact]
    public void A_route_refresh_with_prefix_filters_follows_a_keepalive() =>
        Assert.Equal(["message 4 19", "message 5 46"], Messages("../mrt-bgpkit/bgp_orf_prefix_advertisement.pcapng.cap").SelectMany(Describe));

    /// <summary>The lines of each message, and whether tcpdump stopped inside it where lengths did not fit.</summary>
    private static List<(List<string> Lines, bool GaveUp)> Expected(string file)
    {
        var messages = new List<(List<string> Lines, bool GaveUp)>();
        foreach (string line in File.ReadLines(file))
        {
            string? read = ExpectedLine(line);
            if (read is not null && read.StartsWith("message", StringComparison.Ordinal)) messages.Add(([read], false));
            else if (read is not null) messages[^1].Lines.Add(read);
            if (messages.Count > 0 && line.StartsWith('\t') && line.Contains("[|bgp]", StringComparison.Ordinal)) messages[^1] = messages[^1] with { GaveUp = true };
        }

        return messages;
    }

    private static string? ExpectedLine(string line)
    {
        if (MessageLine().Match(line) is { Success: true } message)
        {
            string text = $"message {message.Groups[1].Value} {message.Groups[2].Value}";
            return CodeOf().Match(line) is { Success: true } code ? $"{text} code {code.Groups[1].Value} {code.Groups[2].Value}" : text;
        }

        if (OpenLine().Match(line) is { Success: true } open) return $"open {open.Groups[1].Value} {open.Groups[2].Value} {open.Groups[3].Value}";
        return AttributeLine().Match(line) is { Success: true } attribute ? $"attribute {attribute.Groups[1].Value} {attribute.Groups[2].Value}" : null;
    }

    private static string[] Describe(byte[] message)
    {
        var lines = new List<string>();
        if (MessageFrame.TryRead(message, MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out _) != FrameStatus.Complete) return [];
        string head = string.Create(CultureInfo.InvariantCulture, $"message {(int)frame.Type} {frame.Raw.Length}");
        switch (frame.Type)
        {
            case MessageType.Notification:
                BgpError error = new NotificationReader(frame.Body).ToError();
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{head} code {(int)error.Code} {error.Subcode}"));
                break;
            case MessageType.Open:
                lines.Add(head);
                lines.Add(OpenReader.TryRead(frame.Body, out OpenReader open, out BgpError refusal)
                    ? string.Create(CultureInfo.InvariantCulture, $"open {open.MyAsn} {open.HoldTime} {new IPAddress(BinaryPrimitives.ReverseEndianness(open.Identifier))}")
                    : Refused);
                Assert.Equal(lines[^1] == Refused, refusal.Code == BgpErrorCode.OpenMessage);
                break;
            case MessageType.Update:
                lines.Add(head);
                if (!UpdateReader.TryRead(frame.Body, out UpdateReader update, out _)) break;
                var attributes = new AttributeReader(update.Attributes);
                while (attributes.TryRead(out PathAttribute attribute))
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"attribute {(int)attribute.Type} {attribute.Value.Length}"));
                break;
            default:
                lines.Add(head);
                break;
        }

        return [.. lines];
    }

    /// <summary>Messages as tcpdump finds them: from marker to marker inside each segment.</summary>
    private static IEnumerable<byte[]> Messages(string name)
    {
        foreach (byte[] segment in BgpSegments.Read(File.ReadAllBytes(PathOf(name))))
        {
            int at = 0;
            while (at + MessageFrame.HeaderLength <= segment.Length)
            {
                if (segment.AsSpan(at, 16).ContainsAnyExcept((byte)0xFF))
                {
                    at++;
                    continue;
                }

                int length = BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(at + 16));
                int end = Math.Min(segment.Length, at + Math.Max(length, MessageFrame.HeaderLength));
                yield return segment[at..end];
                at = end;
            }
        }
    }

    private static string PathOf(string name) => Path.Combine(Conformance.Folder("bgp/pcap-tcpdump"), name);

    private static TheoryData<string> Names(Func<string, bool> wanted) => Conformance.Root is { } root
        ? [.. Directory.GetFiles(Path.Combine(root, "bgp", "pcap-tcpdump"), "*.pcap*").Where(wanted).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)]
        : [""];

    [GeneratedRegex(@"^\t\S.* Message \((\d+)\), length: (\d+)")]
    private static partial Regex MessageLine();

    [GeneratedRegex(@"Notification Message \(3\), length: \d+, [^(]*\((\d+)\)(?:,? subcode [^(]*\((\d+)\))?")]
    private static partial Regex CodeOf();

    [GeneratedRegex(@"^\t  Version \d+, my AS (\d+), Holdtime (\d+)s, ID ([\d.]+)")]
    private static partial Regex OpenLine();

    [GeneratedRegex(@"^\t  \S[^:,]*\((\d+)\), length: (\d+)(?!.*path attrs too short)(?:, Flags|$|:)")]
    private static partial Regex AttributeLine();
}
