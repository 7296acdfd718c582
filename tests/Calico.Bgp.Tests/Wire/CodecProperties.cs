using System.Buffers;
using System.Net;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Wire;

public class CodecProperties
{
    [Property(MaxTest = 500)]
    public void Attributes_survive_an_update(NonNegativeInt seed)
    {
        PathAttributes made = RandomAttributes(new Random(seed.Get));
        byte[] update = TestUpdates.Announce(new PathAttributesBuilder(made).Build(), IPAddress.Parse("192.0.2.1"), IPNetwork.Parse("10.0.0.0/8"));
        DecodedUpdate decoded = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false, IsConfederation = true }).Decode(update.AsSpan(19));
        Assert.Equal(ErrorTreatment.None, decoded.Treatment);
        PathAttributes read = decoded.ToAttributes();
        Assert.Equal(made.Wire.ToArray(), read.Wire.ToArray());
        Assert.Equal(IPAddress.Parse("192.0.2.1"), read.NextHop);
        Assert.Equal(made.AsPath, AsPath.Parse(read.AsPath.ToString()));
    }

    [Property(MaxTest = 300)]
    public void Open_survives(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        Family[] families = [.. new[] { Family.Ipv4Unicast, Family.Ipv6Unicast, Family.Ipv4Vpn, Family.Evpn, Family.Ipv6FlowSpec }.Where(_ => random.Next(2) == 0)];
        var made = new BgpCapabilities
        {
            Families = random.Next(20) == 0 ? [.. Enumerable.Range(1, 60).Select(i => new Family((ushort)i, 1))] : families,
            RouteRefresh = random.Next(2) == 0,
            EnhancedRouteRefresh = random.Next(2) == 0,
            ExtendedMessage = random.Next(2) == 0,
            FourOctetAsn = random.Next(2) == 0 ? new Asn((uint)random.NextInt64(1, uint.MaxValue)) : null,
            AddPath = [.. families.Select(f => new AddPathFamily(f, (AddPathMode)random.Next(1, 4)))],
            ExtendedNextHop = [.. families.Where(f => f.Afi == 1)],
            Role = random.Next(2) == 0 ? (BgpRole)random.Next(5) : null,
            GracefulRestart = random.Next(2) == 0 ? new GracefulRestartCapability(random.Next(2) == 0, random.Next(2) == 0, TimeSpan.FromSeconds(random.Next(4096)), [.. families.Select(f => new GracefulRestartFamily(f, random.Next(2) == 0))]) : null,
            LongLived = [.. families.Select(f => new LongLivedFamily(f, random.Next(2) == 0, TimeSpan.FromSeconds(random.Next(1 << 24))))],
        };
        var writer = new ArrayBufferWriter<byte>();
        OpenWriter.Write(writer, made.FourOctetAsn ?? new Asn(65000), 90, 0x0A000001, made);
        Assert.Equal(FrameStatus.Complete, MessageFrame.TryRead(writer.WrittenSpan, MessageFrame.MaximumLength, out MessageFrame frame, out _));
        Assert.True(OpenReader.TryRead(frame.Body, out OpenReader open, out _));
        Assert.Equal((90, 0x0A000001u), (open.HoldTime, open.Identifier));
        BgpCapabilities read = BgpCapabilities.Read(open.Capabilities);
        Assert.Equal(made.Families, read.Families);
        Assert.Equal(made.AddPath, read.AddPath);
        Assert.Equal(made.ExtendedNextHop, read.ExtendedNextHop);
        Assert.Equal(made.LongLived, read.LongLived);
        Assert.Equal(made.GracefulRestart?.Families, read.GracefulRestart?.Families);
        Assert.Equal((made.RouteRefresh, made.EnhancedRouteRefresh, made.ExtendedMessage, made.FourOctetAsn, made.Role), (read.RouteRefresh, read.EnhancedRouteRefresh, read.ExtendedMessage, read.FourOctetAsn, read.Role));
    }

    /// <summary>CALICO_FUZZ sets the number of messages; 200,000 without.</summary>
    [Fact]
    public void Mutated_messages_never_throw_and_errors_have_codes()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("CALICO_FUZZ"), out int wanted) ? wanted : 200_000;
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        UpdateDecoder[] decoders =
        [
            new(new UpdateDecoderOptions()),
            new(new UpdateDecoderOptions { FourOctetAsn = false, AddPath = [Family.Ipv4Unicast, Family.Ipv6Unicast] }),
            new(new UpdateDecoderOptions { IsExternal = false, ExtendedNextHop = true, FirstAsn = 65000u }),
        ];
        for (int i = 0; i < count; i++)
        {
            byte[] message = Mutate(random, Seed(random));
            try
            {
                Read(message, decoders[i % decoders.Length], text: i % 50 == 0);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, message {i}: {Convert.ToHexString(message)}: {error}");
            }
        }
    }

    private static void Read(byte[] message, UpdateDecoder decoder, bool text)
    {
        if (text) _ = BgpMessageText.Format(message);
        FrameStatus status = MessageFrame.TryRead(message, MessageFrame.ExtendedMaximumLength, out MessageFrame frame, out BgpError error);
        if (status == FrameStatus.Invalid) Assert.True(error.IsError);
        if (status != FrameStatus.Complete) return;
        if (frame.Type == MessageType.Open)
        {
            if (OpenReader.TryRead(frame.Body, out OpenReader open, out error)) _ = BgpCapabilities.Read(open.Capabilities);
            else Assert.True(error.IsError);
        }

        if (frame.Type == MessageType.RouteRefresh && !RouteRefreshReader.TryRead(frame, true, out _, out error)) Assert.True(error.IsError);
        if (frame.Type != MessageType.Update) return;
        DecodedUpdate update = decoder.Decode(frame.Body);
        if (update.Treatment >= ErrorTreatment.TreatAsWithdraw)
        {
            Assert.True(update.Error.IsError);
            return;
        }

        if (!update.Nlri.IsEmpty) _ = update.ToAttributes().ToString();
        if (!update.ReachNlri.IsEmpty) _ = update.ToReachAttributes().ToString();
    }

    private static byte[] Seed(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                var open = new ArrayBufferWriter<byte>();
                OpenWriter.Write(open, 65000, 90, 1, new BgpCapabilities { Families = [Family.Ipv4Unicast, Family.Evpn], FourOctetAsn = new Asn(65000), GracefulRestart = new GracefulRestartCapability(true, true, TimeSpan.FromSeconds(9), []) });
                return open.WrittenSpan.ToArray();
            case 1:
                var refresh = new ArrayBufferWriter<byte>();
                MessageWriter.WriteRouteRefresh(refresh, Family.Ipv6Unicast);
                return refresh.WrittenSpan.ToArray();
            case 2:
                Family family = new[] { Family.Ipv6Unicast, Family.Ipv4Vpn, Family.Ipv6Labelled, Family.Ipv4FlowSpec, Family.Evpn }[random.Next(5)];
                var noise = new byte[random.Next(60)];
                random.NextBytes(noise);
                byte[] reach = [(byte)(family.Afi >> 8), (byte)family.Afi, family.Safi, 16, .. new byte[16], 0, .. noise];
                byte[] attributes = [.. RandomAttributes(random).Wire, 0x80, 14, (byte)reach.Length, .. reach];
                return TestUpdates.Message([0, 0, (byte)(attributes.Length >> 8), (byte)attributes.Length, .. attributes]);
            default:
                return TestUpdates.Announce(RandomAttributes(random), IPAddress.Loopback, IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("20.1.0.0/16"));
        }
    }

    private static byte[] Mutate(Random random, byte[] message)
    {
        for (int n = random.Next(4); n > 0; n--)
        {
            int at = random.Next(message.Length < 20 || random.Next(8) == 0 ? 0 : 19, message.Length);
            switch (random.Next(5))
            {
                case 0:
                    message[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    message[at] = (byte)random.Next(256);
                    break;
                case 2:
                    message = [.. message.AsSpan(0, at), .. message.AsSpan(Math.Min(message.Length, at + random.Next(1, 9)))];
                    break;
                case 3:
                    message = [.. message.AsSpan(0, at), (byte)random.Next(256), .. message.AsSpan(at)];
                    break;
                default:
                    message[at] = (byte)(message[at] + (random.Next(2) == 0 ? 1 : -1));
                    break;
            }

            if (message.Length == 0) return [0];
        }

        if (message.Length >= 19 && random.Next(6) != 0)
        {
            message.AsSpan(0, 16).Fill(0xFF);
            message[16] = (byte)(message.Length >> 8);
            message[17] = (byte)message.Length;
        }

        return message;
    }

    internal static PathAttributes RandomAttributes(Random random)
    {
        var builder = new PathAttributesBuilder();
        builder.SetOrigin((RouteOrigin)random.Next(3));
        Asn Any() => new((uint)random.NextInt64(1, random.Next(2) == 0 ? 65536 : uint.MaxValue));
        string path = string.Join(' ', Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(6) == 0 ? $"{{{Any()} {Any()}}}" : Any().ToString()));
        builder.SetAsPath(AsPath.Parse(path));
        if (random.Next(2) == 0) builder.SetMed((uint)random.Next());
        if (random.Next(2) == 0) builder.SetLocalPreference((uint)random.Next());
        if (random.Next(4) == 0) builder.SetAtomicAggregate(true);
        if (random.Next(4) == 0) builder.SetAggregator(new Aggregator(Any(), new IPAddress(random.Next())));
        for (int n = random.Next(random.Next(10) == 0 ? 100 : 4); n > 0; n--) builder.Add(new Community((uint)random.Next()));
        for (int n = random.Next(3); n > 0; n--) builder.Add(new LargeCommunity((uint)random.Next(), 1, (uint)n));
        for (int n = random.Next(3); n > 0; n--) builder.Add(ExtendedCommunity.RouteTarget(Any(), (uint)random.Next(65536)));
        if (random.Next(5) == 0) builder.Set((AttributeType)random.Next(100, 250), AttributeFlags.Optional | AttributeFlags.Transitive | AttributeFlags.Partial, new byte[random.Next(400)]);
        return builder.Build();
    }
}
