using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Calico.Bgp.Rtr;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Rtr;

/// <summary>The router's side of RTR against a cache that is played, octet for octet.</summary>
public sealed class RtrTests
{
    private static readonly RtrPrefix s_first = new(IPNetwork.Parse("10.0.0.0/8"), 16, 65001), s_second = new(IPNetwork.Parse("2001:db8::/32"), 48, 65002);

    private static byte[] Pdus(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Answer(byte version, ushort session, uint serial, params (RtrPrefix Prefix, bool Announce)[] changes) => Pdus(o =>
    {
        RtrWriter.Write(o, version, RtrPduType.CacheResponse, session);
        foreach ((RtrPrefix prefix, bool announce) in changes) RtrWriter.WritePrefix(o, version, prefix, announce);
        RtrWriter.WriteEndOfData(o, version, session, serial, 900, 60, 7200);
    });

    private static RtrSession Synchronized()
    {
        var session = new RtrSession();
        session.Connected();
        Assert.Equal("0102000000000008", Convert.ToHexString(session.TakeOutput()));
        session.Receive(Answer(1, 7, 100, (s_first, true), (s_second, true)));
        Assert.Null(session.Error);
        return session;
    }

    [Fact]
    public void Everything_is_asked_for_first_then_differences()
    {
        RtrSession session = Synchronized();
        Assert.Equal([s_first, s_second], session.Prefixes);
        Assert.Equal((900u, 60u, 7200u), session.Intervals);
        session.Receive(Pdus(o => RtrWriter.WriteSerial(o, 1, RtrPduType.SerialNotify, 7, 101)));
        // Serial Query, session 7, serial 100.
        Assert.Equal("010100070000000C00000064", Convert.ToHexString(session.TakeOutput()));
        session.Receive(Answer(1, 7, 101, (s_first, false)));
        Assert.Equal([s_second], session.Prefixes);
        Assert.Equal((101u, 2), (session.Serial, session.Changes));
        session.Receive(Answer(1, 7, 102));
        Assert.Equal((102u, 2), (session.Serial, session.Changes));
    }

    [Fact]
    public void Nothing_changes_before_an_answer_is_complete_and_a_broken_one_is_forgotten()
    {
        RtrSession session = Synchronized();
        byte[] answer = Answer(1, 7, 101, (s_first, false));
        session.Receive(answer.AsSpan(0, answer.Length - 24));
        Assert.Equal(2, session.Prefixes.Count);
        session.Connected();
        Assert.Equal("010100070000000C00000064", Convert.ToHexString(session.TakeOutput()));
        session.Receive(Answer(1, 7, 101, (s_first, false)));
        Assert.Single(session.Prefixes);
    }

    [Fact]
    public void A_cache_that_cannot_tell_differences_is_asked_for_everything()
    {
        RtrSession session = Synchronized();
        session.Receive(Pdus(o => RtrWriter.Write(o, 1, RtrPduType.CacheReset)));
        Assert.Equal("0102000000000008", Convert.ToHexString(session.TakeOutput()));
        session.Receive(Answer(1, 8, 5, (s_second, true)));
        Assert.Equal([s_second], session.Prefixes);
    }

    [Fact]
    public void An_older_cache_is_spoken_to_in_its_version()
    {
        var session = new RtrSession();
        session.Connected();
        session.TakeOutput();
        session.Receive(Answer(0, 3, 9, (s_first, true)));
        Assert.Equal((null, 0, 9u), (session.Error, session.Version, session.Serial));
        session.Query();
        Assert.StartsWith("0001", Convert.ToHexString(session.TakeOutput()), StringComparison.Ordinal);
        var refused = new RtrSession();
        refused.Connected();
        refused.Receive(Pdus(o => RtrWriter.WriteError(o, 0, RtrErrorCode.UnsupportedVersion, "only 0")));
        Assert.NotNull(refused.Error);
        Assert.Equal(0, refused.Version);
    }

    [Theory]
    [InlineData("UnknownWithdrawal")]
    [InlineData("DuplicateAnnouncement")]
    [InlineData("CorruptData: session 9 instead of 7")]
    [InlineData("UnsupportedType")]
    [InlineData("CorruptData: a prefix outside an answer")]
    [InlineData("UnexpectedVersion")]
    [InlineData("the cache reports InternalError: sorry")]
    public void What_a_cache_does_wrong_ends_the_session_with_its_name_and_keeps_the_data(string error)
    {
        RtrSession session = Synchronized();
        session.Receive(error switch
        {
            "UnknownWithdrawal" => Answer(1, 7, 101, (new RtrPrefix(IPNetwork.Parse("11.0.0.0/8"), 8, 1), false)),
            "DuplicateAnnouncement" => Answer(1, 7, 101, (s_first, true)),
            "UnsupportedType" => Convert.FromHexString("01FF000000000008"),
            "UnexpectedVersion" => Answer(0, 7, 101),
            "CorruptData: a prefix outside an answer" => Pdus(o => RtrWriter.WritePrefix(o, 1, s_first, announce: true)),
            "the cache reports InternalError: sorry" => Pdus(o => RtrWriter.WriteError(o, 1, RtrErrorCode.InternalError, "sorry")),
            _ => Answer(1, 9, 101),
        });
        Assert.StartsWith(error, session.Error, StringComparison.Ordinal);
        Assert.Equal(2, session.Prefixes.Count);
        byte[] output = session.TakeOutput();
        Assert.Equal(!error.StartsWith("the cache", StringComparison.Ordinal), output.Length > 0);
        if (output.Length > 0) Assert.Equal((byte)RtrPduType.ErrorReport, output[1]);
    }

    [Property(MaxTest = 100)]
    public void A_session_has_what_the_cache_has_however_the_octets_come(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        var session = new RtrSession();
        session.Connected();
        session.TakeOutput();
        HashSet<RtrPrefix> cache = [];
        var waiting = new List<byte>();
        for (uint serial = 1; serial < 20; serial++)
        {
            var changes = new List<(RtrPrefix, bool)>();
            for (int i = random.Next(10); i > 0; i--)
            {
                byte length = (byte)random.Next(8, 25);
                var prefix = new RtrPrefix(Net.IpPrefix.From(new IPAddress([10, (byte)random.Next(4), 0, 0]), length).ToIPNetwork(), (byte)random.Next(length, 33), (uint)random.Next(1, 4));
                bool announce = cache.Add(prefix);
                if (!announce) cache.Remove(prefix);
                changes.Add((prefix, announce));
            }

            foreach (byte octet in Answer(1, 7, serial, [.. changes]))
            {
                waiting.Add(octet);
                if (random.Next(20) != 0) continue;
                waiting.RemoveRange(0, session.Receive([.. waiting]));
            }
        }

        waiting.RemoveRange(0, session.Receive([.. waiting]));
        Assert.Null(session.Error);
        Assert.Empty(waiting);
        Assert.True(cache.SetEquals(session.Prefixes));
    }

    [Fact]
    public void Spoilt_octets_never_throw()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] octets = Answer((byte)random.Next(2), 7, 1, (s_first, true), (s_second, random.Next(2) == 0));
            if (random.Next(3) == 0) octets = Pdus(o => RtrWriter.WriteError(o, 1, (RtrErrorCode)random.Next(9), "text"));
            for (int n = random.Next(1, 5); n > 0; n--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            var session = new RtrSession();
            session.Connected();
            int used = session.Receive(octets);
            Assert.True(used >= 0 && used <= octets.Length, $"seed {seed}, round {i}");
        }
    }

    [Fact]
    public async Task A_client_connects_again_and_goes_on_from_its_serial()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new RtrClient(listener.LocalEndpoint) { ReconnectTime = TimeSpan.FromMilliseconds(20) };
        client.Start();
        using (Socket cache = await AcceptAsync(listener))
        {
            Assert.Equal("0102000000000008", await ReadAsync(cache, 8));
            await cache.SendAsync(Answer(1, 7, 100, (s_first, true)));
            await UntilAsync(() => client.Table.Validate(IPNetwork.Parse("10.1.0.0/16"), 65001) == RoaState.Valid);
            Assert.Equal(RoaState.Invalid, client.Table.Validate(IPNetwork.Parse("10.1.0.0/16"), 65009));
        }

        using Socket again = await AcceptAsync(listener);
        Assert.Equal("010100070000000C00000064", await ReadAsync(again, 12));
        Assert.NotNull(client.LastError);
        await again.SendAsync(Answer(1, 7, 101, (s_first, false)));
        await UntilAsync(() => client.Table.Validate(IPNetwork.Parse("10.1.0.0/16"), 65009) == RoaState.NotFound);
    }

    private static async Task<Socket> AcceptAsync(TcpListener listener) =>
        await listener.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        byte[] octets = new byte[count];
        for (int have = 0; have < count;)
        {
            int read = await socket.ReceiveAsync(octets.AsMemory(have), TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, read);
            have += read;
        }

        return Convert.ToHexString(octets);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !condition(); i++) await Task.Delay(25, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }
}
