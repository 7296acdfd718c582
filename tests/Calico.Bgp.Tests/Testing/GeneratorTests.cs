using System.Net;
using Calico.Bgp.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Testing;

[Properties(Arbitrary = [typeof(BgpArbitraries)])]
public class GeneratorTests
{
    private static readonly UpdateDecoderOptions Internal = new() { IsExternal = false, ExtendedNextHop = true };

    [Property(MaxTest = 300)]
    public void Updates_survive_the_codec(UpdateMessage update) => AssertSurvives(update);

    [Property(MaxTest = 50)]
    public void Simpler_updates_survive_the_codec(UpdateMessage update)
    {
        foreach (UpdateMessage simpler in RouteUpdates.Shrink(update).Take(50)) AssertSurvives(simpler);
    }

    private static void AssertSurvives(UpdateMessage update)
    {
        byte[] octets = update.ToBytes();
        Assert.Equal(FrameStatus.Complete, MessageFrame.TryRead(octets, MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out _));
        Assert.Equal((MessageType.Update, octets.Length), (frame.Type, frame.Raw.Length));
        DecodedUpdate read = new UpdateDecoder(Internal).Decode(frame.Body);
        Assert.Equal(ErrorTreatment.None, read.Treatment);
        bool inField = update.Family == Family.Ipv4Unicast;
        ReadOnlySpan<byte> nlri = update.IsWithdrawal ? inField ? read.Withdrawn : read.UnreachNlri : inField ? read.Nlri : read.ReachNlri;
        var prefixes = new List<IPNetwork>();
        var reader = new NlriReader(update.Family, nlri);
        while (reader.TryRead(out Nlri one)) prefixes.Add(one.ToIPNetwork()!.Value);
        Assert.Equal(update.Prefixes, prefixes);
        if (update.Attributes is { } attributes) Assert.Equal(attributes, inField ? read.ToAttributes() : read.ToReachAttributes());
    }

    [Property(MaxTest = 500)]
    public void Nearly_valid_messages_are_told_apart_without_an_exception(MutatedMessage message)
    {
        FrameStatus status = MessageFrame.TryRead(message.ToBytes(), MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out BgpError error);
        Assert.Equal(status == FrameStatus.Invalid, error.IsError);
        if (status == FrameStatus.Invalid) return;
        Assert.Equal(FrameStatus.Complete, status);
        DecodedUpdate read = new UpdateDecoder(Internal).Decode(frame.Body);
        Assert.Equal(read.Treatment >= ErrorTreatment.TreatAsWithdraw, read.Error.IsError);
    }

    [Fact]
    public void Nearly_valid_messages_meet_every_treatment()
    {
        var seen = new HashSet<ErrorTreatment>();
        foreach (MutatedMessage message in RouteUpdates.NearlyValid.Sample(3000, 20)) seen.Add(new UpdateDecoder(new UpdateDecoderOptions()).Decode(message.ToBytes().AsSpan(MessageFrame.HeaderLength)).Treatment);
        Assert.Superset(new HashSet<ErrorTreatment> { ErrorTreatment.None, ErrorTreatment.AttributeDiscard, ErrorTreatment.TreatAsWithdraw, ErrorTreatment.SessionReset }, seen);
    }

    [Property]
    public void Texts_are_read_back(IPNetwork prefix, AsPath path, Community community, LargeCommunity large, ExtendedCommunity extended, Asn asn)
    {
        Assert.Equal(prefix, IPNetwork.Parse(prefix.ToString()));
        Assert.Equal(path, AsPath.Parse(path.ToString()));
        Assert.Equal(community, Community.Parse(community.ToString()));
        Assert.Equal(large, LargeCommunity.Parse(large.ToString()));
        Assert.Equal(extended, ExtendedCommunity.Parse(extended.ToString()));
        Assert.Equal(asn, Asn.Parse(asn.ToString()));
    }

    [Property]
    public void Shrinking_prefixes_ends(IPNetwork prefix) => AssertShrinkingEnds(prefix, RoutePrefixes.Shrink);

    [Property]
    public void Shrinking_paths_ends(AsPath path) => AssertShrinkingEnds(path, RouteAttributes.Shrink);

    [Property(MaxTest = 30)]
    public void Shrinking_updates_ends(UpdateMessage update) => AssertShrinkingEnds(update, RouteUpdates.Shrink);

    [Property(MaxTest = 30)]
    public void Shrinking_plans_ends_and_keeps_them_whole(NetworkPlan plan)
    {
        foreach (NetworkPlan simpler in NetworkPlans.Shrink(plan).Take(100))
        {
            Assert.Equal(simpler.Routers.Count, simpler.Build(seed: 1).Speakers.Count);
        }

        AssertShrinkingEnds(plan, NetworkPlans.Shrink);
    }

    // Takes the last candidate, the smallest step, each time.
    private static void AssertShrinkingEnds<T>(T value, Func<T, IEnumerable<T>> shrink)
    {
        for (int steps = 0; shrink(value).Any(); steps++)
        {
            Assert.True(steps < 5_000, $"still shrinking: {value}");
            value = shrink(value).Last();
        }
    }

    [Property(MaxTest = 100)]
    public void A_speaker_holds_what_a_stream_leaves_behind(RouteStream stream)
    {
        var core = new BgpCore(
            new BgpSpeakerOptions
            {
                Asn = 65000,
                RouterId = IPAddress.Parse("10.99.0.1"),
                Neighbors = [new NeighborOptions { Address = IPAddress.Parse("10.99.1.1"), Asn = 65000, Passive = true, ExtendedNextHop = true }],
            },
            new NoHost(), new ManualTime(), seed: 1);
        core.Start();
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65000).Establish();
        foreach (UpdateMessage update in stream.Updates)
        {
            if (update.ToBytes() is { Length: <= MessageFrame.MaximumLength } octets) peer.Give(octets);
        }

        var sent = new RouteStream([.. stream.Updates.Where(u => u.ToBytes().Length <= MessageFrame.MaximumLength)]);
        IEnumerable<string> expected = sent.Outcome().Where(r => r.Value.AsPath.Count(65000) == 0).Select(r => $"{r.Key} {r.Value}").Order();
        IEnumerable<string> actual = new[] { Family.Ipv4Unicast, Family.Ipv6Unicast }
            .SelectMany(f => core.Routes(new RibQuery { Family = f })).Select(r => $"{r.Prefix} {r.Attributes}").Order();
        Assert.Equal(expected, actual);
    }
}
