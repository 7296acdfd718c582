using System.Net;
using System.Text.Json;
using Calico.Bgp;
using Calico.Bgp.Status;

namespace Calico.Cli.Tests.Bgp;

/// <summary><c>calico bgp</c> against two speakers on the loopback that tell each other routes.</summary>
public sealed class BgpCommandTests : IAsyncLifetime, IDisposable
{
    private readonly Cli _cli = new();
    private readonly string _socket = Path.Combine(Path.GetTempPath(), $"calico-bgp-{Guid.NewGuid():N}.sock");
    private readonly List<IAsyncDisposable> _running = [];

    public async ValueTask InitializeAsync()
    {
        BgpSpeaker served = new(Options("127.0.0.1", 65001) with
        {
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            Neighbors =
            [
                new() { Address = IPAddress.Parse("127.0.0.2"), Name = "upstream", Asn = 65002, Passive = true, NextHop = NextHopMode.Keep, Import = new NoDefault(), Export = RouteFilter.AcceptAll },
                new() { Address = IPAddress.Parse("127.0.0.3"), Asn = 65003, Passive = true },
            ],
        });
        _running.Add(served);
        await served.StartAsync();
        await served.AnnounceAsync(Route("10.9.0.0/16"));
        BgpSpeaker upstream = new(Options("127.0.0.2", 65002) with
        {
            Neighbors = [new() { Address = IPAddress.Loopback, LocalAddress = IPAddress.Parse("127.0.0.2"), Asn = 65001, NextHop = NextHopMode.Keep, Port = served.ListenEndPoints[0].Port }],
        });
        _running.Add(upstream);
        await upstream.AnnounceAsync(Route("10.0.0.0/8", "65002:8"), Route("10.1.0.0/16"), Route("10.1.2.0/24"), Route("0.0.0.0/0"), Route("2001:db8::/32"));
        await upstream.StartAsync();
        _running.Add(new BgpStatusServer(served, _socket));
        for (int i = 0; i < 300 && await RoutesAsync(served) < 3; i++) await Task.Delay(50);
        Assert.Equal(3, await RoutesAsync(served));
    }

    private static async Task<int> RoutesAsync(BgpSpeaker served) => (await served.GetRoutesAsync(new RibQuery { Neighbor = IPAddress.Parse("127.0.0.2") })).Count;

    private static BgpSpeakerOptions Options(string id, uint asn) => new() { Asn = asn, RouterId = IPAddress.Parse(id), EbgpRequiresPolicy = false };

    private static LocalRoute Route(string prefix, string? community = null)
    {
        PathAttributesBuilder attributes = new();
        if (community is not null) attributes.Add(Community.Parse(community));
        return new LocalRoute(IPNetwork.Parse(prefix)) { Attributes = attributes.Build(), NextHop = prefix.Contains(':', StringComparison.Ordinal) ? IPAddress.Parse("2001:db8::9") : IPAddress.Parse("192.0.2.2") };
    }

    private sealed class NoDefault : RouteFilter
    {
        public override FilterVerdict Apply(ref RouteContext route) => route.Prefix.PrefixLength == 0 ? FilterVerdict.Reject : FilterVerdict.Accept;
    }

    private (int ExitCode, string Out, string Error) Ask(params string[] args) => _cli.Run(["bgp", .. args, "--socket", _socket]);

    private string[] Prefixes(params string[] args)
    {
        (int code, string output, string error) = Ask(["routes", .. args, "-o", "json"]);
        Assert.True(code == 0, error);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray().Select(r => r.GetProperty("prefix").GetString()!)];
    }

    [Fact]
    public void Status_shows_neighbours_with_state_and_counts()
    {
        (int code, string output, _) = Ask("status");
        Assert.Equal(0, code);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] heading = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NEIGHBOR", "AS", "STATE", "SINCE", "RECEIVED", "ACCEPTED", "ADVERTISED", "LAST", "ERROR"], heading);
        string[] upstream = lines.Single(l => l.Contains("upstream", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["upstream", "(127.0.0.2)", "65002", "Established"], upstream[..4]);
        Assert.Equal(["5", "4", "1"], upstream[5..8]);
        Assert.Contains("Active", lines.Single(l => l.Contains("127.0.0.3", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Status_in_json_has_what_the_table_has_and_more()
    {
        (int code, string output, _) = Ask("status", "-o", "json");
        Assert.Equal(0, code);
        JsonElement upstream = JsonDocument.Parse(output).RootElement.EnumerateArray().Single(n => n.GetProperty("address").GetString() == "127.0.0.2");
        Assert.Equal(("Established", 65002, 4, 1, "127.0.0.2"), (upstream.GetProperty("state").GetString(), upstream.GetProperty("asn").GetInt32(),
            upstream.GetProperty("prefixesAccepted").GetInt32(), upstream.GetProperty("prefixesAdvertised").GetInt32(), upstream.GetProperty("routerId").GetString()));
    }

    [Fact]
    public void Routes_are_found_exactly_by_address_and_inside_a_prefix()
    {
        Assert.Equal(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.9.0.0/16"], Prefixes());
        Assert.Equal(["10.1.0.0/16"], Prefixes("10.1.0.0/16"));
        Assert.Empty(Prefixes("10.2.0.0/16"));
        Assert.Equal(["10.1.2.0/24"], Prefixes("10.1.2.3"));
        Assert.Equal(["10.0.0.0/8"], Prefixes("10.2.0.0/16", "--longest"));
        Assert.Equal(["10.1.0.0/16", "10.1.2.0/24"], Prefixes("10.1.0.0/16", "--longer"));
        Assert.Equal(["2001:db8::/32"], Prefixes("2001:db8::1"));
        Assert.Equal(["2001:db8::/32"], Prefixes("--family", "ipv6-unicast"));
        Assert.Single(Prefixes("--limit", "1"));
    }

    [Fact]
    public void Routes_of_a_neighbour_are_those_received_and_those_sent_as_they_were_sent()
    {
        Assert.Equal(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"], Prefixes("--neighbor", "upstream"));
        (_, string sent, _) = Ask("routes", "--neighbor", "127.0.0.2", "--advertised", "-o", "json");
        JsonElement route = JsonDocument.Parse(sent).RootElement.EnumerateArray().Single();
        Assert.Equal(("10.9.0.0/16", "65001"), (route.GetProperty("prefix").GetString(), route.GetProperty("asPath").GetString()));
    }

    [Fact]
    public void Routes_as_text_have_a_line_each_with_path_and_communities()
    {
        (_, string output, _) = Ask("routes", "10.0.0.0/8");
        string line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal("* 10.0.0.0/8 192.0.2.2 127.0.0.2 65002 i 65002:8", string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("there is no neighbour '127.0.0.9'", "routes", "--neighbor", "127.0.0.9")]
    [InlineData("'10.0.0.0/99' is no address or prefix", "routes", "10.0.0.0/99")]
    [InlineData("'ipv5' is not an address family", "routes", "--family", "ipv5")]
    [InlineData("10.0.0.0/8 is no prefix of the family ipv6-unicast", "routes", "10.0.0.0/8", "--family", "ipv6-unicast")]
    public void What_is_not_there_is_refused_by_name(string message, params string[] args)
    {
        (int code, _, string error) = Ask(args);
        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("--longest and --longer need a PREFIX", "--longer")]
    [InlineData("--advertised needs --neighbor", "--advertised")]
    [InlineData("exclude each other", "10.0.0.0/8", "--longest", "--longer")]
    [InlineData("--limit has to be at least 1", "--limit", "0")]
    public void Options_that_do_not_go_together_are_refused(string message, params string[] args)
    {
        (int code, _, string error) = Ask(["routes", .. args]);
        Assert.NotEqual(0, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_is_not_there_or_does_not_answer_is_named()
    {
        (int code, _, string error) = _cli.Run("bgp", "status", "--socket", "/nowhere/bgp.sock");
        Assert.Equal(1, code);
        Assert.Contains("there is no socket /nowhere/bgp.sock", error, StringComparison.Ordinal);
        string file = _cli.File("plain", "text");
        Assert.Contains("nobody answers", _cli.Run("bgp", "routes", "--socket", file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_in_use_or_holding_a_file_is_not_taken_but_a_left_over_socket_is()
    {
        BgpSpeaker speaker = (BgpSpeaker)_running[0];
        Assert.Contains("another process answers", Assert.Throws<IOException>(() => new BgpStatusServer(speaker, _socket)).Message, StringComparison.Ordinal);
        Assert.Contains("no socket", Assert.Throws<IOException>(() => new BgpStatusServer(speaker, _cli.File("plain", "text"))).Message, StringComparison.Ordinal);
        string left = _cli.File("left", "");
        using (System.Net.Sockets.Socket old = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            File.Delete(left);
            old.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(left));
        }

        _running.Add(new BgpStatusServer(speaker, left));
        Assert.Equal(0, _cli.Run("bgp", "status", "--socket", left).ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable running in Enumerable.Reverse(_running)) await running.DisposeAsync();
        Assert.False(File.Exists(_socket));
    }

    public void Dispose() => _cli.Dispose();
}
