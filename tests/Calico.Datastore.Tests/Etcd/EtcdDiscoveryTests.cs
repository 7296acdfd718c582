using System.Net;
using System.Net.Sockets;
using System.Text;
using Calico.Datastore.Etcd;
using Calico.Datastore.Etcd.Client;

namespace Calico.Datastore.Tests.Etcd;

/// <summary>Members by DNS, from a name server of the test's own.</summary>
public sealed class EtcdDiscoveryTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_come_in_order_of_priority_tls_first()
    {
        using NameServer server = new()
        {
            ["_etcd-client-ssl._tcp.example.com"] = [(10, 0, 2379, "b.example.com"), (5, 0, 2380, "a.example.com")],
            ["_etcd-client._tcp.example.com"] = [(0, 1, 1, "light.example.com"), (0, 9, 2, "heavy.example.com")],
        };
        Assert.Equal(
            ["https://a.example.com:2380", "https://b.example.com:2379", "http://heavy.example.com:2", "http://light.example.com:1"],
            await EtcdDiscovery.FindAsync("example.com.", [server.EndPoint], Bound));
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_comes_by_tcp()
    {
        using NameServer server = new() { Truncates = true, ["_etcd-client._tcp.x"] = [.. Enumerable.Range(1, 60).Select(i => ((ushort)i, (ushort)0, (ushort)2379, $"member-{i}.x"))] };
        Assert.Equal(Enumerable.Range(1, 60).Select(i => $"http://member-{i}.x:2379"), await EtcdDiscovery.FindAsync("x", [server.EndPoint], Bound));
    }

    [Fact]
    public async Task The_next_name_server_is_asked_when_one_is_silent()
    {
        using Socket silent = new(SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using NameServer server = new() { ["_etcd-client._tcp.x"] = [(0, 0, 2379, "m.x")] };
        Assert.Equal(["http://m.x:2379"], await EtcdDiscovery.FindAsync("x", [(IPEndPoint)silent.LocalEndPoint!, server.EndPoint], Bound));
    }

    [Fact]
    public async Task Without_records_the_error_names_them()
    {
        using NameServer server = new();
        DatastoreException none = await Assert.ThrowsAsync<DatastoreException>(() => EtcdDiscovery.FindAsync("example.com", [server.EndPoint], Bound));
        Assert.Contains("_etcd-client._tcp.example.com", none.Message, StringComparison.Ordinal);
        DatastoreException nobody = await Assert.ThrowsAsync<DatastoreException>(() => EtcdDiscovery.FindAsync("example.com", [], Bound));
        Assert.Contains("names none", nobody.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_answer_is_an_error_never_a_crash()
    {
        byte[] good = NameServer.Answer(ServiceQuery.Question(7, "_etcd-client._tcp.x"), [(1, 2, 3, "m.x")], truncated: false);
        Assert.Equal([new ServiceRecord(1, 2, 3, "m.x")], ServiceQuery.Read(good));
        for (int length = 12; length < good.Length; length++)
            Assert.Throws<InvalidDataException>(() => ServiceQuery.Read(good.AsSpan(0, length)));
        byte[] loop = [.. good];
        (loop[12], loop[13]) = (0xc0, 12);
        Assert.Throws<InvalidDataException>(() => ServiceQuery.Read(loop));
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = [.. good];
            for (int changes = 0; changes < 4; changes++) noise[random.Next(4, noise.Length)] = (byte)random.Next(256);
            try
            {
                ServiceQuery.Read(noise);
            }
            catch (InvalidDataException)
            {
                // What it is for.
            }
        }
    }

    /// <summary>Knows some SRV records and tells them by UDP and TCP.</summary>
    private sealed class NameServer : Dictionary<string, (ushort Priority, ushort Weight, ushort Port, string Target)[]>, IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TcpListener _tcp = new(IPAddress.Loopback, 0);
        private readonly UdpClient _udp;

        public NameServer()
        {
            _tcp.Start();
            EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
            _udp = new(EndPoint);
            _ = Task.Run(UdpAsync);
            _ = Task.Run(TcpAsync);
        }

        public IPEndPoint EndPoint { get; }

        public bool Truncates { get; init; }

        public void Dispose()
        {
            _stop.Cancel();
            _tcp.Dispose();
            _udp.Dispose();
            _stop.Dispose();
        }

        public static byte[] Answer(byte[] question, (ushort Priority, ushort Weight, ushort Port, string Target)[]? records, bool truncated)
        {
            using MemoryStream message = new();
            message.Write(question);
            foreach ((ushort priority, ushort weight, ushort port, string target) in truncated ? [] : records ?? [])
            {
                byte[] name = [.. target.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
                message.Write([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, (byte)((name.Length + 6) >> 8), (byte)(name.Length + 6)]);
                foreach (ushort number in (ushort[])[priority, weight, port]) message.Write([(byte)(number >> 8), (byte)number]);
                message.Write(name);
            }

            byte[] answer = message.ToArray();
            answer[2] = (byte)(truncated ? 0x82 : 0x80);
            answer[3] = (byte)(records is null ? 3 : 0);
            answer[7] = (byte)(truncated ? 0 : records?.Length ?? 0);
            return answer;
        }

        private byte[] Answer(byte[] question, bool udp)
        {
            List<string> labels = [];
            for (int at = 12; question[at] != 0; at += question[at] + 1) labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
            TryGetValue(string.Join('.', labels), out (ushort, ushort, ushort, string)[]? records);
            return Answer(question, records, truncated: udp && Truncates && records is not null);
        }

        private async Task UdpAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                UdpReceiveResult asked = await _udp.ReceiveAsync(_stop.Token);
                await _udp.SendAsync(Answer(asked.Buffer, udp: true), asked.RemoteEndPoint, _stop.Token);
            }
        }

        private async Task TcpAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                using TcpClient client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                byte[] length = new byte[2];
                await client.GetStream().ReadExactlyAsync(length, _stop.Token);
                byte[] question = new byte[(length[0] << 8) | length[1]];
                await client.GetStream().ReadExactlyAsync(question, _stop.Token);
                byte[] answer = Answer(question, udp: false);
                await client.GetStream().WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer], _stop.Token);
            }
        }
    }
}
