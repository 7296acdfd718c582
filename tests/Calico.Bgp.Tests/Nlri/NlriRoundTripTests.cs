using System.Buffers;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Nlris;

/// <summary>Typed NLRI: octets to text and back, spoilt octets, and no garbage while reading.</summary>
public sealed class NlriRoundTripTests
{
    private static readonly Family[] s_labelled = [Family.Ipv4Labelled, Family.Ipv6Labelled, Family.Ipv4Vpn, Family.Ipv6Vpn];
    private static readonly Family[] s_flowSpec = [Family.Ipv4FlowSpec, Family.Ipv6FlowSpec];

    [Property(MaxTest = 500)]
    public void Labelled_prefixes_survive_text(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        Family family = s_labelled[random.Next(4)];
        byte[] octets = NlriSamples.Labelled(random, family);
        Assert.True(LabelledNlri.TryRead(One(family, octets), out LabelledNlri labelled));
        var again = new ArrayBufferWriter<byte>();
        LabelledNlri.Parse(labelled.ToString(), family, again);
        Assert.Equal(octets, again.WrittenSpan.ToArray());
    }

    [Property(MaxTest = 500)]
    public void FlowSpec_rules_survive_text(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        Family family = s_flowSpec[random.Next(2)];
        byte[] octets = NlriSamples.FlowSpec(random, family);
        string text = One(family, octets).ToString();
        Assert.StartsWith("match", text, StringComparison.Ordinal);
        var again = new ArrayBufferWriter<byte>();
        FlowSpecText.Parse(text, family, again);
        Assert.True(octets.AsSpan().SequenceEqual(again.WrittenSpan), $"{text}: {Convert.ToHexString(octets)} {Convert.ToHexString(again.WrittenSpan)}");
    }

    [Property(MaxTest = 500)]
    public void Evpn_routes_survive_reading_and_text(NonNegativeInt seed)
    {
        byte[] octets = NlriSamples.Evpn(new Random(seed.Get));
        Assert.True(EvpnNlri.TryRead(One(Family.Evpn, octets), out EvpnNlri route));
        var written = new ArrayBufferWriter<byte>();
        route.WriteTo(written);
        Assert.Equal(octets, written.WrittenSpan.ToArray());
        var parsed = new ArrayBufferWriter<byte>();
        EvpnText.Parse(route.ToString(), parsed);
        Assert.Equal(octets, parsed.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("match destination 10.0.0.0/24 source 192.0.2.0/24 protocol =6 =17 destination-port >=1024&<=2048 =8080 tcp-flags =syn !=ack+rst fragment is-fragment", false, "01180a00000218c00002030106811105130400550800911f90")]
    public void FlowSpec_octets_are_those_of_the_standard(string text, bool v6, string head)
    {
        var output = new ArrayBufferWriter<byte>();
        FlowSpecText.Parse(text, v6 ? Family.Ipv6FlowSpec : Family.Ipv4FlowSpec, output);
        string hex = Convert.ToHexStringLower(output.WrittenSpan);
        Assert.Equal(output.WrittenCount - 1, output.WrittenSpan[0]);
        Assert.StartsWith(head, hex[2..], StringComparison.Ordinal);
        Assert.EndsWith("09" + "0102" + "8314" + "0c" + "8002", hex, StringComparison.Ordinal);
    }

    /// <summary>RFC 8955 section 4.3.1 and 4.3.2, RFC 8956 section 3.8.1 and 3.8.2: the examples' octets.</summary>
    [Theory]
    [InlineData("0b0118c00002 038106 048119", "match destination 192.0.2.0/24 protocol =6 port =25", false)]
    [InlineData("10 0118c00002 0208cb 0403 89 458b 91 1f90", "match destination 192.0.2.0/24 source 203.0.0.0/8 port >=137&<=139 =8080", false)]
    [InlineData("12 01200020010db8 038106 040389458b911f90", "match destination 2001:db8::/32 protocol =6 port >=137&<=139 =8080", true)]
    [InlineData("0f 016840123456789a 02200020010db8", "match destination ::1234:5678:9a00:0/104 offset 64 source 2001:db8::/32", true)]
    public void Examples_of_the_standard_are_read(string hex, string text, bool v6)
    {
        byte[] octets = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(text, One(v6 ? Family.Ipv6FlowSpec : Family.Ipv4FlowSpec, octets).ToString());
    }

    [Theory]
    [InlineData("nothing", "does not begin with match")]
    [InlineData("match color =3", "'color' is no component")]
    [InlineData("match port", "'port' has nothing after it")]
    [InlineData("match port 80", "'80' is no comparison of port")]
    [InlineData("match port =80 port =81", "Port is there already")]
    [InlineData("match destination 2001:db8::/32", "is no prefix of ipv4-flowspec")]
    [InlineData("match flow-label =1", "FlowLabel has no comparisons in ipv4-flowspec")]
    [InlineData("match tcp-flags =fast", "'fast' is no set of bits")]
    [InlineData("match destination 10.0.0.0/8 offset 3", "The offset 3 has to be 0")]
    public void Wrong_rules_are_refused_by_word(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => FlowSpecText.Parse(text, Family.Ipv4FlowSpec, new ArrayBufferWriter<byte>())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("3", "does not begin with fields in brackets")]
    [InlineData("[9]:[1:1]", "'9' is no type")]
    [InlineData("[3]:[x]:[0]:[32]:[10.0.0.1]", "'x' is no route distinguisher")]
    [InlineData("[3]:[1:1]:[0]:[32]", "has 4 fields; a route of type 3 has 5")]
    [InlineData("[3]:[1:1]:[0]:[64]:[10.0.0.1]", "'64' is no length")]
    [InlineData("[2]:[1:1]:[0]:[48]:[00:11]:[0]:[]", "is no MAC address")]
    [InlineData("[1]:[1:1]:[00:11]:[0]", "is no Ethernet segment")]
    [InlineData("[5]:[1:1]:[0]:[24]:[10.0.0.0] vni 16777216", "'16777216' is no VNI")]
    public void Wrong_routes_are_refused_by_field(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => EvpnText.Parse(text, new ArrayBufferWriter<byte>())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("10.0.0.0/8", "has no label")]
    [InlineData("10.0.0.0/8 label 1048576", "'1048576' is no label")]
    [InlineData("2001:db8::/32 label 5", "is no prefix of ipv4-labelled-unicast")]
    public void Wrong_labelled_prefixes_are_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => LabelledNlri.Parse(text, Family.Ipv4Labelled, new ArrayBufferWriter<byte>())).Message, StringComparison.Ordinal);

    [Fact]
    public void Spoilt_octets_never_throw()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 100_000; i++)
        {
            (Family family, byte[] octets) = random.Next(3) switch
            {
                0 => s_labelled[random.Next(4)] is var l ? (l, NlriSamples.Labelled(random, l)) : default,
                1 => s_flowSpec[random.Next(2)] is var f ? (f, NlriSamples.FlowSpec(random, f)) : default,
                _ => (Family.Evpn, NlriSamples.Evpn(random)),
            };
            for (int n = random.Next(1, 4); n > 0; n--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            byte[] cut = octets[..random.Next(octets.Length + 1)];
            try
            {
                var reader = new NlriReader(family, cut);
                while (reader.TryRead(out Nlri nlri)) Assert.NotEmpty(nlri.ToString());
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {i}, {family} {Convert.ToHexString(cut)}: {error}");
            }
        }
    }

    [Fact]
    public void Reading_makes_no_garbage()
    {
        var random = new Random(7);
        byte[] vpn = NlriSamples.Labelled(random, Family.Ipv4Vpn), rule = NlriSamples.FlowSpec(random, Family.Ipv4FlowSpec), evpn = NlriSamples.Evpn(random);
        long sum = Walk(vpn, rule, evpn);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) sum += Walk(vpn, rule, evpn);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0, sum);
    }

    private static long Walk(byte[] vpn, byte[] rule, byte[] evpn)
    {
        long sum = 0;
        if (LabelledNlri.TryRead(One(Family.Ipv4Vpn, vpn), out LabelledNlri labelled)) sum += labelled.PrefixLength + (long)labelled.Label.Value;
        if (FlowSpecNlri.TryBegin(One(Family.Ipv4FlowSpec, rule), out FlowSpecNlri components))
        {
            while (components.TryRead(out FlowSpecComponent component))
            {
                FlowSpecComparisonReader comparisons = component.ReadComparisons();
                while (comparisons.TryRead(out FlowSpecComparison comparison)) sum += (long)comparison.Value & 1;
                sum++;
            }
        }

        return EvpnNlri.TryRead(One(Family.Evpn, evpn), out EvpnNlri route) ? sum + route.EthernetTag + 1 : sum;
    }

    private static Nlri One(Family family, byte[] octets)
    {
        var reader = new NlriReader(family, octets);
        if (!reader.TryRead(out Nlri nlri)) Assert.Fail($"{family} {Convert.ToHexString(octets)}");
        return nlri;
    }
}
