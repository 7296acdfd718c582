using System.Buffers;
using System.Net;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Wire;

public class WriterTests
{
    public static TheoryData<string> Families() => new("ipv4-unicast", "ipv6-unicast", "ipv4-multicast", "ipv6-labelled-unicast", "ipv4-labelled-unicast", "l3vpn-ipv4-unicast", "l3vpn-ipv6-unicast");

    [Theory]
    [MemberData(nameof(Families))]
    public void Updates_of_a_family_read_back(string name)
    {
        Family family = Family.Parse(name);
        bool isIpv6 = family.Afi == 2;
        var nlri = new ArrayBufferWriter<byte>();
        string[] prefixes = isIpv6 ? ["2001:db8::/32", "::/0", "2001:db8::1/128"] : ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32"];
        foreach (string prefix in prefixes)
        {
            if (family.Safi is 4 or 128) NlriWriter.WriteLabelled(nlri, IPNetwork.Parse(prefix), 16000, family.Safi == 128 ? RouteDistinguisher.Parse("65000:7") : null);
            else NlriWriter.WritePrefix(nlri, IPNetwork.Parse(prefix));
        }

        byte[] nextHop = family.Safi == 128 ? [.. new byte[8], .. Hop(isIpv6)] : Hop(isIpv6);
        PathAttributes attributes = new PathAttributesBuilder(CodecProperties.RandomAttributes(new Random(7))).SetNextHop((ReadOnlySpan<byte>)nextHop).Build();
        var output = new ArrayBufferWriter<byte>();
        Assert.True(UpdateWriter.TryWrite(output, family, attributes, nlri.WrittenSpan));
        Assert.True(UpdateWriter.TryWriteWithdrawal(output, family, nlri.WrittenSpan));
        var decoder = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false, IsConfederation = true });
        Assert.Equal(FrameStatus.Complete, MessageFrame.TryRead(output.WrittenSpan, MessageFrame.MaximumLength, out MessageFrame first, out _));
        DecodedUpdate announced = decoder.Decode(first.Body);
        Assert.Equal(ErrorTreatment.None, announced.Treatment);
        bool inField = family == Family.Ipv4Unicast;
        Assert.Equal(attributes, inField ? announced.ToAttributes() : announced.ToReachAttributes());
        Assert.Equal(prefixes, Prefixes(family, inField ? announced.Nlri : announced.ReachNlri));
        Assert.Equal(FrameStatus.Complete, MessageFrame.TryRead(output.WrittenSpan[first.Raw.Length..], MessageFrame.MaximumLength, out MessageFrame second, out _));
        DecodedUpdate withdrawn = decoder.Decode(second.Body);
        Assert.Equal(prefixes, Prefixes(family, inField ? withdrawn.Withdrawn : withdrawn.UnreachNlri));
    }

    private static byte[] Hop(bool isIpv6) => IPAddress.Parse(isIpv6 ? "2001:db8::9" : "192.0.2.9").GetAddressBytes();

    private static List<string> Prefixes(Family family, ReadOnlySpan<byte> field)
    {
        var list = new List<string>();
        var reader = new NlriReader(family, field);
        while (reader.TryRead(out Nlri nlri)) list.Add(nlri.ToIPNetwork()!.Value.ToString());
        Assert.False(reader.IsMalformed);
        return list;
    }

    [Fact]
    public void Too_long_an_update_is_refused_and_nothing_is_written()
    {
        var output = new ArrayBufferWriter<byte>();
        PathAttributes attributes = new PathAttributesBuilder().SetNextHop(IPAddress.Loopback).Set((AttributeType)200, AttributeFlags.Optional | AttributeFlags.Transitive, new byte[4060]).Build();
        Assert.False(UpdateWriter.TryWrite(output, Family.Ipv4Unicast, attributes, [8, 10]));
        Assert.Equal(0, output.WrittenCount);
        Assert.True(UpdateWriter.TryWrite(output, Family.Ipv4Unicast, attributes, [8, 10], MessageFrame.ExtendedMaximumLength));
    }

    [Property(MaxTest = 300)]
    public void Two_octet_speakers_path_is_rebuilt(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        // The true path, as a four-octet speaker has it; on the wire AS_TRANS stands where two octets are too few, and AS4_PATH has the truth.
        Asn[] path = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => new Asn(random.Next(2) == 0 ? (uint)random.Next(1, 65000) : (uint)random.Next(70000, 90000)))];
        byte[] two = [2, (byte)path.Length, .. path.SelectMany(a => new[] { (byte)((a.Is2Octet ? a : Asn.Trans).Value >> 8), (byte)(a.Is2Octet ? a : Asn.Trans).Value })];
        byte[] four = AsPath.Of(path).Wire.ToArray();
        byte[] attributes = [0x40, 1, 1, 0, 0x40, 2, (byte)two.Length, .. two, 0x40, 3, 4, 192, 0, 2, 1, 0xC0, 17, (byte)four.Length, .. four];
        byte[] message = TestUpdates.Message([0, 0, 0, (byte)attributes.Length, .. attributes, 8, 10]);
        DecodedUpdate update = new UpdateDecoder(new UpdateDecoderOptions { FourOctetAsn = false }).Decode(message.AsSpan(19));
        Assert.Equal(ErrorTreatment.None, update.Treatment);
        Assert.Equal(AsPath.Of(path), update.ToAttributes().AsPath);
    }

    [Fact]
    public void Decoding_allocates_nothing()
    {
        byte[] update = TestUpdates.Announce(CodecProperties.RandomAttributes(new Random(3)), IPAddress.Parse("192.0.2.1"), IPNetwork.Parse("10.0.0.0/8"));
        var decoder = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false, IsConfederation = true });
        int Run()
        {
            MessageFrame.TryRead(update, MessageFrame.MaximumLength, out MessageFrame frame, out _);
            DecodedUpdate decoded = decoder.Decode(frame.Body);
            var reader = new NlriReader(Family.Ipv4Unicast, decoded.Nlri);
            int count = 0;
            while (reader.TryRead(out _)) count++;
            return count;
        }

        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
