using System.Text.RegularExpressions;

namespace Calico.Bgp.Tests.Captures;

// Labelled VPN prefixes of the captures, field by field.
public partial class CaptureTests
{
    [Theory]
    [InlineData("bgp-ub.pcap")]
    [InlineData("bgp_vpn_attrset.pcap")]
    public void Vpn_prefixes_and_labels_are_those_that_tcpdump_prints(string name)
    {
        var expected = new List<string>();
        foreach (string line in File.ReadLines(Path.ChangeExtension(PathOf(name), ".out")))
        {
            if (VpnLine().Match(line) is { Success: true } match) expected.Add($"{match.Groups[1].Value}:{match.Groups[2].Value} label {match.Groups[3].Value}");
        }

        var found = new List<string>();
        foreach (byte[] message in Messages(name)) AddVpn(found, message);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, found);
    }

    private static void AddVpn(List<string> found, byte[] message)
    {
        if (MessageFrame.TryRead(message, MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out _) != FrameStatus.Complete || frame.Type != MessageType.Update) return;
        if (!UpdateReader.TryRead(frame.Body, out UpdateReader update, out _)) return;
        // Without the error handling of a session: tcpdump shows routes beside malformed attributes too.
        var attributes = new AttributeReader(update.Attributes);
        while (attributes.TryRead(out PathAttribute attribute))
        {
            if (attribute.Type != AttributeType.MpReachNlri) continue;
            ReadOnlySpan<byte> value = attribute.Value;
            var reader = new NlriReader(new Family((ushort)(value[0] << 8 | value[1]), value[2]), value[(5 + value[3])..]);
            while (reader.TryRead(out Nlri nlri))
            {
                if (LabelledNlri.TryRead(nlri, out LabelledNlri labelled)) found.Add(labelled.ToString());
            }
        }
    }

    [GeneratedRegex(@"^\t\s+RD: (\S+) \(.*?\), (\S+), label:(\d+) \(bottom\)")]
    private static partial Regex VpnLine();
}
