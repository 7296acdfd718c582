using Calico.Bgp.Bmp;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>The BMP codec: what is written reads back the same, what is spoilt is refused with a reason.</summary>
public sealed class BmpCodecTests
{
    [Property(MaxTest = 500)]
    public void Messages_survive(NonNegativeInt seed)
    {
        byte[] message = BmpSamples.Message(new Random(seed.Get));
        Assert.Equal(message, BmpSamples.Rewrite(message, out _));
    }

    [Property(MaxTest = 100)]
    public void Every_cut_is_incomplete_and_every_short_body_is_refused(NonNegativeInt seed)
    {
        byte[] message = BmpSamples.Message(new Random(seed.Get));
        for (int length = 0; length < message.Length; length++)
        {
            Assert.Null(BmpSamples.Rewrite(message.AsSpan(0, length), out string? refusal));
            Assert.Equal("incomplete", refusal);
        }
    }

    [Fact]
    public void Spoilt_messages_never_throw_and_are_refused_with_a_reason_or_read_as_they_are()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 100_000; i++)
        {
            byte[] message = BmpSamples.Message(random);
            for (int n = random.Next(1, 4); n > 0; n--) message[random.Next(message.Length)] = (byte)random.Next(256);
            // A spoilt length that is shorter than the message still frames one.
            byte[]? again = BmpSamples.Rewrite(message, out string? refusal);
            Assert.True(again is not null || refusal!.Length > 0, $"seed {seed}, message {i}: {Convert.ToHexString(message)}");
        }
    }

    [Theory]
    [InlineData("0400000006", "The version is 4, not 3.")]
    [InlineData("030000000504", "The length is 5, not 6 to 262144.")]
    [InlineData("03ffffffff04", "The length is 4294967295, not 6 to 262144.")]
    [InlineData("03000000080400", "incomplete")]
    [InlineData("030000000804ffff", "The information is malformed.")]
    [InlineData("030000000803ffff", "The peer header is cut off.")]
    public void What_is_wrong_is_said(string hex, string expected)
    {
        Assert.Null(BmpSamples.Rewrite(Convert.FromHexString(hex), out string? refusal));
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void A_message_read_as_another_type_is_refused()
    {
        Assert.Equal(FrameStatus.Complete, BmpFrame.TryRead(Convert.FromHexString("030000000604"), out BmpFrame frame, out _));
        Assert.False(BmpPeerUp.TryRead(frame, out _, out BmpError error));
        Assert.Equal("It is Initiation, not PeerUp.", error.Message);
    }
}
