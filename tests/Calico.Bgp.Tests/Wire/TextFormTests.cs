namespace Calico.Bgp.Tests.Wire;

public class TextFormTests
{
    [Theory]
    [InlineData("64512", "64512")]
    [InlineData("AS4200000000", "4200000000")]
    [InlineData("1.10", "65546")]
    public void Asn_forms(string text, string expected) => Assert.Equal(expected, Asn.Parse(text).ToString());

    [Theory]
    [InlineData("65536.1")]
    [InlineData("4294967296")]
    [InlineData("-1")]
    [InlineData("")]
    public void Asn_refuses(string text) => Assert.False(Asn.TryParse(text, null, out _));

    [Theory]
    [InlineData("65000:100", "65000:100")]
    [InlineData("no-export", "65535:65281")]
    public void Community_forms(string text, string expected) => Assert.Equal(expected, Community.Parse(text).ToString());

    [Theory]
    [InlineData("65000:100")]
    [InlineData("10.0.0.1:5")]
    [InlineData("70000:7")]
    [InlineData("0.65000:7")]
    public void Route_distinguisher_reads_back(string text) => Assert.Equal(text, RouteDistinguisher.Parse(text).ToString());

    [Theory]
    [InlineData("rt:65000:100")]
    [InlineData("rt:10.0.0.1:5")]
    [InlineData("soo:70000:7")]
    [InlineData("0x4004fde9000f4240")]
    public void Extended_community_reads_back(string text) => Assert.Equal(text, ExtendedCommunity.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("65000")]
    [InlineData("65000 65001 {64512 64513}")]
    [InlineData("(64512 64513) 65000 [1 2]")]
    public void As_path_reads_back(string text) => Assert.Equal(text, AsPath.Parse(text).ToString());

    [Theory]
    [InlineData("{1 2")]
    [InlineData("1 )")]
    [InlineData("{}")]
    [InlineData("x")]
    public void As_path_refuses(string text) => Assert.Throws<FormatException>(() => AsPath.Parse(text));

    [Fact]
    public void As_path_counts_as_the_rfcs_say()
    {
        AsPath path = AsPath.Parse("(64512 64513) 65000 65000 {1 2 3}");
        Assert.Equal(3, path.Length);
        Assert.Equal(new Asn(65000), path.First);
        Assert.Null(path.Origin);
        Assert.Equal(2, path.Count(65000));
    }

    [Theory]
    [InlineData("^65000_", "65000 1", true)]
    [InlineData("^65000_", "650001 1", false)]
    [InlineData("_64512$", "65000 64512", true)]
    [InlineData("^$", "", true)]
    public void As_path_patterns(string pattern, string path, bool matches) => Assert.Equal(matches, new AsPathPattern(pattern).IsMatch(AsPath.Parse(path)));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", false)]
    [InlineData("10.0.0.0/8+", "10.1.0.0/16", true)]
    [InlineData("10.0.0.0/8{16,24}", "10.0.0.0/8", false)]
    [InlineData("10.0.0.0/8{16,24}", "10.1.1.0/24", true)]
    [InlineData("10.0.0.0/8{16,24}", "10.1.1.0/25", false)]
    [InlineData("2001:db8::/32+", "2001:db8:1::/48", true)]
    public void Prefix_lists(string entry, string prefix, bool matches) => Assert.Equal(matches, PrefixList.Parse([entry]).Contains(System.Net.IPNetwork.Parse(prefix)));

    [Fact]
    public void Origin_validation()
    {
        RoaTable table = new RoaTable().Add(System.Net.IPNetwork.Parse("10.0.0.0/16"), 20, 65000);
        Assert.Equal(RoaState.Valid, table.Validate(System.Net.IPNetwork.Parse("10.0.16.0/20"), 65000));
        Assert.Equal(RoaState.Invalid, table.Validate(System.Net.IPNetwork.Parse("10.0.16.0/21"), 65000));
        Assert.Equal(RoaState.Invalid, table.Validate(System.Net.IPNetwork.Parse("10.0.0.0/16"), 65001));
        Assert.Equal(RoaState.NotFound, table.Validate(System.Net.IPNetwork.Parse("11.0.0.0/16"), 65000));
    }

    [Fact]
    public void A_hard_reset_says_what_it_is_about() => Assert.Equal(
        "Hard Reset (6/9): Maximum Number of Prefixes Reached (6/1) 0001010000000a",
        new BgpError(BgpErrorCode.Cease, CeaseSubcode.HardReset, new byte[] { 6, 1, 0, 1, 1, 0, 0, 0, 10 }).ToString());
}
