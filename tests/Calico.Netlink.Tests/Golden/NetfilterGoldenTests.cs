using System.Text.Json;

namespace Calico.Netlink.Tests;

/// <summary>Our requests carry exactly what <c>conntrack</c>, <c>ipset</c> and <c>tcpdump</c> send for the same command.</summary>
public sealed class NetfilterGoldenTests
{
    private const int DeleteFlow = 0x102, ConfigureLog = 0x401;

    // The tool copies all it knows of the connection; the kernel reads the tuple and the zone.
    private static readonly int[] ReadWhenDeleting = [1, 18];

    // Command and mode. Ours also sets buffer, timeout, threshold and flags, which libpcap leaves alone.
    private static readonly int[] SetByLibpcap = [1, 2];

    public static TheoryData<string> Commands() => [.. Captured().Select(c => c.Command)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_tools_send_the_same(string command)
    {
        Capture capture = Captured().Single(c => c.Command == command);
        if (NetfilterCommands.Listening.TryGetValue(command, out ConntrackChange changes))
        {
            Assert.Equal(capture.Groups, ConntrackMonitor.Groups(changes));
            return;
        }

        NetlinkBatch batch = new();
        NetfilterCommands.Requests[command](batch);
        Assert.Equal(capture.Sent.TakeLast(batch.Count).Select(Canonical), Enumerable.Range(0, batch.Count).Select(i => Canonical(batch[i].ToArray())));
    }

    [Fact]
    public void Every_command_of_ours_was_captured() =>
        Assert.Equal(Captured().Select(c => c.Command).Order(), NetfilterCommands.Requests.Keys.Concat(NetfilterCommands.Listening.Keys).Order());

    [Fact]
    public void A_types_revision_is_asked_for_as_ipset_does()
    {
        NetlinkBatch batch = new();
        IpSetMessages.WriteTypeQuery(batch, IpSetType.HashIpPort, System.Net.Sockets.AddressFamily.InterNetwork);
        Assert.Equal(Canonical(Captured().Single(c => c.Command == "ipset create ports hash:ip,port comment").Sent[^2]), Canonical(batch[0].ToArray()));
    }

    private static string Canonical(byte[] request) => NetfilterRequest.Canonical(request, BitConverter.ToUInt16(request, 4) switch
    {
        DeleteFlow when request.Length > 20 => ReadWhenDeleting,
        ConfigureLog => SetByLibpcap,
        _ => null,
    });

    private static IEnumerable<Capture> Captured()
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "netfilter.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            yield return new Capture(
                root.GetProperty("cmd").GetString()!,
                [.. root.GetProperty("groups").EnumerateArray().Select(g => g.GetUInt32())],
                [.. root.GetProperty("sent").EnumerateArray().Select(m => Convert.FromHexString(m.GetString()!))]);
        }
    }

    private sealed record Capture(string Command, uint[] Groups, byte[][] Sent);
}
