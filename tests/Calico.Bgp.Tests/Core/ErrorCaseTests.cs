using System.Net;
using System.Text.Json;
using Calico.Tests;

namespace Calico.Bgp.Tests.Core;

/// <summary>The recorded error cases, in process: octets in, NOTIFICATION or effect on an observer out.</summary>
public class ErrorCaseTests
{
    private const string Target = "45.1.1.0/24", Sentinel = "45.9.9.0/24";

    public static TheoryData<string> Ids()
    {
        var ids = new TheoryData<string>();
        if (Conformance.Root is null)
        {
            ids.Add("");
            return ids;
        }

        foreach (JsonElement item in Cases().EnumerateArray()) ids.Add(item.GetProperty("id").GetString()!);
        return ids;
    }

    private static JsonElement Cases() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder("bgp"), "error-cases.json"))).RootElement.GetProperty("cases");

    [Theory]
    [MemberData(nameof(Ids))]
    public void Case(string id)
    {
        JsonElement found = Cases().EnumerateArray().First(c => c.GetProperty("id").GetString() == id);
        var time = new ManualTime();
        var core = new BgpCore(Options(), new NoHost(), time, seed: 1);
        core.Start();
        TestPeer observer = new TestPeer(core, "10.99.64.1", 64001).Establish(new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(64001), RouteRefresh = true });
        bool external = found.GetProperty("session").GetString() == "ebgp";
        var peer = new TestPeer(core, external ? "10.99.16.1" : "10.99.17.1", external ? 65101u : 65000u);
        peer.Connect();
        JsonElement input = found.GetProperty("input");
        byte[][] messages = input.ValueKind == JsonValueKind.Array ? [.. input.EnumerateArray().Select(Octets)] : [Octets(input)];
        bool established = found.GetProperty("phase").GetString() == "established";
        if (established)
        {
            peer.Give(Octets(found.GetProperty("open")));
            peer.Give(MessageWriter.WriteKeepalive);
            foreach (JsonElement pre in found.GetProperty("pre").EnumerateArray()) peer.Give(Octets(pre));
        }

        foreach (byte[] message in messages)
        {
            if (message.Length > 0) peer.Give(message);
        }

        if (!established && found.GetProperty("expect").GetProperty("outcome").GetString() == "established") peer.Give(MessageWriter.WriteKeepalive);
        peer.Read();
        if (peer.Notification is null && !peer.IsClosed && found.TryGetProperty("sentinel", out JsonElement sentinel)) peer.Give(Octets(sentinel));
        if (id == "fsm-05")
        {
            time.Advance(TimeSpan.FromSeconds(10));
            core.RunTimers();
        }

        peer.Read();
        observer.Read();
        Check(found.GetProperty("expect"), found, peer, observer, core);
    }

    private static void Check(JsonElement expect, JsonElement found, TestPeer peer, TestPeer observer, BgpCore core)
    {
        string outcome = expect.GetProperty("outcome").GetString()!;
        if (outcome == "notification")
        {
            Assert.NotNull(peer.Notification);
            BgpError seen = peer.Notification.Value;
            Assert.Equal((expect.GetProperty("code").GetInt32(), expect.GetProperty("subcode").GetInt32()), ((int)seen.Code, seen.Subcode));
            if (expect.TryGetProperty("data", out JsonElement data)) Assert.Equal(data.GetString(), Convert.ToHexStringLower(seen.Data.Span));
            Assert.True(peer.IsClosed);
            Assert.Single(peer.Types, MessageType.Notification);
            return;
        }

        Assert.Null(peer.Notification);
        if (outcome == "close-without-notification")
        {
            Assert.True(peer.IsClosed);
            return;
        }

        Assert.False(peer.IsClosed);
        if (outcome == "established")
        {
            Assert.Equal(BgpState.Established, core.Neighbors().Single(n => n.Address.Equals(peer.RemoteEndPoint.Address)).State);
            return;
        }

        Assert.Contains(Sentinel, observer.Routes.Keys);
        Assert.Equal(outcome != "treat-as-withdraw", observer.Routes.ContainsKey(Target));
        if (outcome == "attribute-discard")
            Assert.False(observer.Routes[Target].TryGet((AttributeType)expect.GetProperty("attribute").GetInt32(), out _, out _));
        if (!found.TryGetProperty("observer", out JsonElement more)) return;
        if (more.TryGetProperty("origin", out JsonElement origin)) Assert.Equal(origin.GetInt32(), (int)observer.Routes[Target].Origin);
        if (more.TryGetProperty("as_path", out JsonElement path) && path.EnumerateArray().All(p => p.ValueKind == JsonValueKind.Number))
            Assert.Equal(string.Join(' ', path.EnumerateArray().Select(p => p.GetUInt32())), observer.Routes[Target].AsPath.ToString());
        if (more.TryGetProperty("attribute", out JsonElement type))
        {
            Assert.True(observer.Routes[Target].TryGet((AttributeType)type.GetInt32(), out AttributeFlags flags, out ReadOnlySpan<byte> value));
            Assert.Equal($"{more.GetProperty("flags").GetInt32():x2}:{more.GetProperty("value").GetString()}", $"{(int)flags:x2}:{Convert.ToHexStringLower(value)}");
        }
    }

    private static byte[] Octets(JsonElement hex) => Convert.FromHexString(hex.GetString()!);

    private static BgpSpeakerOptions Options() => new()
    {
        Asn = 65000,
        RouterId = IPAddress.Parse("10.99.0.1"),
        HoldTime = TimeSpan.FromSeconds(180),
        EbgpRequiresPolicy = false,
        Neighbors =
        [
            new NeighborOptions { Address = IPAddress.Parse("10.99.16.1"), Asn = 65101, Passive = true },
            new NeighborOptions { Address = IPAddress.Parse("10.99.17.1"), Asn = 65000, Passive = true, RouteReflectorClient = true },
            new NeighborOptions { Address = IPAddress.Parse("10.99.64.1"), Asn = 64001, Passive = true },
        ],
    };
}
