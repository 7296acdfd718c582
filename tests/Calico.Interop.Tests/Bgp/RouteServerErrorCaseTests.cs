using System.Text.Json;
using Calico.Bgp;
using Calico.Tests;

namespace Calico.Interop.Tests.Bgp;

/// <summary>The recorded error cases against the route server, over TCP. One process and one observer's session go through all of them.</summary>
public sealed class RouteServerErrorCaseTests(RouteServerErrorCaseTests.Server server) : IClassFixture<RouteServerErrorCaseTests.Server>
{
    private const string Target = "45.1.1.0/24", Sentinel = "45.9.9.0/24";

    public static TheoryData<string> Ids() => Conformance.Root is null ? [""] : [.. Cases().Select(c => c.GetProperty("id").GetString()!)];

    private static JsonElement[] Cases() =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder("bgp"), "error-cases.json"))).RootElement.GetProperty("cases").EnumerateArray()];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Case(string id)
    {
        Needs.RootAnd("ip");
        JsonElement found = Cases().First(c => c.GetProperty("id").GetString() == id);
        JsonElement expect = found.GetProperty("expect");
        string outcome = expect.GetProperty("outcome").GetString()!;
        await server.StartAsync();
        using WirePeer peer = await server.ConnectAsync(found.GetProperty("session").GetString() == "ebgp" ? "10.99.16.1" : "10.99.17.1");
        if (found.GetProperty("phase").GetString() == "established") await Established(found, peer, id, outcome);
        else await Connected(found, peer, expect, outcome);
        await Check(expect, outcome, found, peer);
        Assert.False(server.Observer.IsClosed, "the observer's session has ended");
        await peer.CloseAsync();
        Assert.True(await WirePeer.Until(() => server.Observer.Route(Target) is null && server.Observer.Route(Sentinel) is null, 10), "the routes of a session that has ended are withdrawn");
    }

    private static async Task Connected(JsonElement found, WirePeer peer, JsonElement expect, string outcome)
    {
        bool isStateError = outcome == "notification" && expect.GetProperty("code").GetInt32() == (int)BgpErrorCode.FiniteStateMachine;
        if (isStateError) await WirePeer.Until(() => peer.Count(MessageType.Open) > 0, 10);
        byte[][] input = Input(found);
        for (int i = 0; i < input.Length; i++)
        {
            if (i > 0) await WirePeer.Until(() => peer.Count(MessageType.Keepalive) > 0, 10);
            await peer.SendAsync(input[i]);
        }

        if (outcome != "established") return;
        await WirePeer.Until(() => peer.IsClosed || peer.Count(MessageType.Keepalive) > 0, 10);
        await peer.SendKeepaliveAsync();
        await WirePeer.Until(() => peer.IsClosed || peer.Count(MessageType.Update) > 0, 10);
    }

    private async Task Established(JsonElement found, WirePeer peer, string id, string outcome)
    {
        await peer.SendAsync(Octets(found.GetProperty("open")));
        await WirePeer.Until(() => peer.IsClosed || peer.Count(MessageType.Keepalive) > 0, 10);
        await peer.SendKeepaliveAsync();
        foreach (JsonElement pre in found.GetProperty("pre").EnumerateArray()) await peer.SendAsync(Octets(pre));
        if (found.GetProperty("pre").GetArrayLength() > 0) Assert.True(await WirePeer.Until(() => server.Observer.Route(Target) is not null, 10), "the first route has come through");
        foreach (byte[] message in Input(found).Where(m => m.Length > 0)) await peer.SendAsync(message);
        // Case fsm-05 waits for a timer; after any other that ends a session, nothing more is to be said.
        if (id != "fsm-05" && outcome is not ("notification" or "close-without-notification") && found.TryGetProperty("sentinel", out JsonElement sentinel))
        {
            await peer.SendAsync(Octets(sentinel));
            await WirePeer.Until(() => peer.IsClosed || server.Observer.Route(Sentinel) is not null, 10);
        }
    }

    private async Task Check(JsonElement expect, string outcome, JsonElement found, WirePeer peer)
    {
        if (outcome is "notification" or "close-without-notification")
        {
            Assert.True(await WirePeer.Until(() => peer.IsClosed, 20), "the connection is closed");
            if (outcome == "close-without-notification")
            {
                Assert.Null(peer.Notification);
                return;
            }

            BgpError said = Assert.NotNull(peer.Notification);
            Assert.Equal((expect.GetProperty("code").GetInt32(), expect.GetProperty("subcode").GetInt32()), ((int)said.Code, (int)said.Subcode));
            if (expect.TryGetProperty("data", out JsonElement data)) Assert.Equal(data.GetString(), Convert.ToHexStringLower(said.Data.Span));
            return;
        }

        Assert.False(peer.IsClosed, $"the session has ended: {peer.Notification}");
        if (outcome == "established")
        {
            Assert.True(peer.Count(MessageType.Update) > 0, "End-of-RIB has come");
            return;
        }

        Assert.NotNull(server.Observer.Route(Sentinel));
        PathAttributes? target = server.Observer.Route(Target);
        Assert.Equal(outcome != "treat-as-withdraw", target is not null);
        if (outcome == "attribute-discard") Assert.False(target!.TryGet((AttributeType)expect.GetProperty("attribute").GetInt32(), out _, out _));
        if (!found.TryGetProperty("observer", out JsonElement more)) return;
        if (more.TryGetProperty("origin", out JsonElement origin)) Assert.Equal(origin.GetInt32(), (int)target!.Origin);
        if (more.TryGetProperty("attribute", out JsonElement type))
        {
            Assert.True(target!.TryGet((AttributeType)type.GetInt32(), out AttributeFlags flags, out ReadOnlySpan<byte> value));
            Assert.Equal($"{more.GetProperty("flags").GetInt32():x2}:{more.GetProperty("value").GetString()}", $"{(int)flags:x2}:{Convert.ToHexStringLower(value)}");
        }
    }

    private static byte[][] Input(JsonElement found)
    {
        JsonElement input = found.GetProperty("input");
        return input.ValueKind == JsonValueKind.Array ? [.. input.EnumerateArray().Select(Octets)] : [Octets(input)];
    }

    private static byte[] Octets(JsonElement hex) => Convert.FromHexString(hex.GetString()!);

    /// <summary>The route server's process with the three neighbours of the cases.</summary>
    public sealed class Server : IDisposable
    {
        private TestNamespaces? _namespaces;
        private RouteServerProcess? _process;
        private WirePeer? _observer;

        internal WirePeer Observer => _observer!;

        internal Task<WirePeer> ConnectAsync(string from) => WirePeer.ConnectAsync(_namespaces!, from, "10.99.0.1");

        internal async Task StartAsync()
        {
            if (_process is not null) return;
            _namespaces = new TestNamespaces();
            foreach (string address in new[] { "10.99.0.1", "10.99.16.1", "10.99.17.1", "10.99.64.1" }) TestNamespaces.Run("ip", "-n", _namespaces.Ours, "addr", "add", $"{address}/32", "dev", "lo");
            _process = new RouteServerProcess(_namespaces, """
                { "routerId": "10.99.0.1", "asn": 65000, "listen": ["10.99.0.1:179"], "holdTime": 180, "ebgpRequiresPolicy": false, "neighbors": [
                  { "address": "10.99.16.1", "asn": 65101, "passive": true, "families": ["ipv4-unicast", "ipv6-unicast"] },
                  { "address": "10.99.17.1", "asn": 65000, "passive": true, "families": ["ipv4-unicast"], "routeReflectorClient": true },
                  { "address": "10.99.64.1", "asn": 64001, "passive": true, "families": ["ipv4-unicast"] } ] }
                """);
            _process.Start();
            _observer = await ConnectAsync("10.99.64.1");
            var open = new System.Buffers.ArrayBufferWriter<byte>();
            OpenWriter.Write(open, 64001, 180, 0x0A634001, new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(64001) });
            await _observer.SendAsync(open.WrittenSpan.ToArray());
            await _observer.SendKeepaliveAsync();
            Assert.True(await WirePeer.Until(() => _observer.Count(MessageType.Update) > 0, 20), $"the observer's session is up: {_observer.Notification}\n{_process.Log}");
        }

        public void Dispose()
        {
            _observer?.Dispose();
            _process?.Dispose();
            _namespaces?.Dispose();
        }
    }
}
