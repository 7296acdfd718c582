using System.Net;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>What happens below the messages: keys, hops, two connections at once.</summary>
public sealed class TransportTests : InteropTest
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(2.5);

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Md5, MemberType = typeof(Daemons))]
    public async Task Md5_lets_only_the_right_key_in(Daemon daemon)
    {
        await Start(daemon, new PeerSetup { Sessions = [new() { Md5 = "secret" }], Routes = PeerSetup.Many(5) });
        BgpSpeaker wrong = await Speaker(Neighbor() with { Md5Password = "wrong" });
        await Task.Delay(LongEnough);
        Assert.False(await IsUp(wrong));
        await wrong.DisposeAsync();
        BgpSpeaker right = await Speaker(Neighbor() with { Md5Password = "secret" });
        await Eventually(async () => await Learned(right, Family.Ipv4Unicast) == 5, "routes are here");
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Gtsm, MemberType = typeof(Daemons))]
    public async Task Gtsm_lets_only_neighbours_in(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { Gtsm = true }], Routes = PeerSetup.Many(5) });
        BgpSpeaker near = await Speaker(Neighbor() with { TtlSecurity = 1 });
        await Eventually(async () => await Learned(near, Family.Ipv4Unicast) == 5, "routes are here");
        await near.DisposeAsync();
        if (!Daemons.Can(daemon, Ability.GtsmCheck)) return;
        // A first message may slip in before the daemon has told its kernel; a route must not.
        BgpSpeaker far = await Speaker(Neighbor() with { TimeToLive = 64 });
        await far.AnnounceAsync(Locals(1));
        await Task.Delay(LongEnough);
        Assert.Equal(0, peer.Learned(Family.Ipv4Unicast));
    }

    [Fact]
    public async Task Gtsm_keeps_out_who_does_not_send_the_highest_ttl()
    {
        await Start(Daemon.Bird, new PeerSetup());
        BgpSpeaker without = await Speaker(Neighbor());
        await Eventually(() => IsUp(without), "session is up");
        await without.DisposeAsync();
        BgpSpeaker speaker = await Speaker(Neighbor() with { TtlSecurity = 1 });
        await Task.Delay(LongEnough);
        Assert.False(await IsUp(speaker));
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.BothDial, MemberType = typeof(Daemons))]
    public async Task Both_dial_at_once_and_one_session_remains(Daemon daemon)
    {
        await Start(daemon, new PeerSetup { Routes = PeerSetup.Many(10) });
        BgpSpeaker speaker = await Speaker(Neighbor());
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 10, "routes are here");
        await Task.Delay(1500);
        await IsUpSinceTheStart(speaker);
        Assert.Equal(10, await Learned(speaker, Family.Ipv4Unicast));
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.LimitsPrefixes, MemberType = typeof(Daemons))]
    public async Task Their_limit_of_prefixes_ends_the_session(Daemon daemon)
    {
        await Start(daemon, new PeerSetup { Sessions = [new() { MaxPrefixes = 10 }] });
        BgpSpeaker speaker = await Speaker(Neighbor());
        await speaker.AnnounceAsync(Locals(50));
        await Eventually(async () => (await Status(speaker)).LastError?.Contains("Maximum Number", StringComparison.Ordinal) == true, "they say Cease/1");
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Session, MemberType = typeof(Daemons))]
    public async Task Our_limit_of_prefixes_and_the_hold_timer_end_the_session(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { HoldTime = 3 }], Routes = PeerSetup.Many(50) });
        NeighborOptions neighbor = Neighbor() with { HoldTime = TimeSpan.FromSeconds(3), GracefulRestart = GracefulRestartMode.Off };
        BgpSpeaker limited = await Speaker(neighbor with { MaxPrefixes = 10 });
        await Eventually(async () => (await Status(limited)).LastError?.Contains("Maximum Number", StringComparison.Ordinal) == true, "it is cut off");
        Assert.Equal(0, await Learned(limited, Family.Ipv4Unicast));
        await limited.DisposeAsync();
        BgpSpeaker speaker = await Speaker(neighbor);
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 50, "routes are here");
        peer.Freeze();
        await Eventually(async () => (await Status(speaker)).LastError?.Contains("Hold Timer", StringComparison.Ordinal) == true, "silence is noticed");
        Assert.Equal(0, await Learned(speaker, Family.Ipv4Unicast));
    }
}
