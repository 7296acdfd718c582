using System.Buffers;
using System.Globalization;
using System.Net;

namespace Calico.Bgp.Tests.Nlris;

/// <summary>What is written here, as Wireshark reads it.</summary>
public sealed class NlriDissectorTests
{
    private static byte[] Update(Family family, byte[] nlri, string nextHop)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] hop = nextHop.Length == 0 ? [] : IPAddress.Parse(nextHop).GetAddressBytes();
        if (family.Safi == 128) hop = [.. new byte[8], .. hop];
        PathAttributes attributes = new PathAttributesBuilder().SetAsPath(AsPath.Parse("65001")).SetNextHop(hop).Build();
        Assert.True(UpdateWriter.TryWrite(output, family, attributes, nlri));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Written(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void Evpn_routes()
    {
        string[] texts =
        [
            "[1]:[65000:1]:[00:11:22:33:44:55:66:77:88:99]:[7] vni 100",
            "[2]:[65000:2]:[0]:[48]:[02:00:00:00:00:0a]:[32]:[10.0.0.10] esi 00:00:00:00:00:00:00:00:00:00 vni 1600",
            "[3]:[10.0.0.1:3]:[5]:[32]:[192.0.2.3]",
            "[4]:[65000:4]:[00:11:22:33:44:55:66:77:88:99]:[32]:[192.0.2.4]",
            "[5]:[65000:5]:[0]:[24]:[10.5.0.0] esi 00:00:00:00:00:00:00:00:00:00 gateway 192.0.2.5 vni 3200",
        ];
        string[][] rows = Wireshark.Dissect([.. texts.Select(t => Update(Family.Evpn, Written(o => EvpnText.Parse(t, o)), "192.0.2.1"))], 179, "bgp",
            "bgp.evpn.nlri.rt", "bgp.evpn.nlri.etag", "bgp.evpn.nlri.mac_addr", "bgp.evpn.nlri.ip.addr", "bgp.evpn.nlri.ipv4.gtw_addr", "bgp.evpn.nlri.prefix_len", "bgp.evpn.nlri.rd", "_ws.malformed");
        Assert.Equal(["1", "2", "3", "4", "5"], rows.Select(r => r[0]));
        Assert.All(rows, r => Assert.Equal("", r[7]));
        Assert.Equal(("02:00:00:00:00:0a", "10.0.0.10"), (rows[1][2], rows[1][3]));
        Assert.Equal(7, int.Parse(rows[0][1].Split('x')[^1], rows[0][1].StartsWith("0x", StringComparison.Ordinal) ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture));
        Assert.Equal(("10.5.0.0", "192.0.2.5", "24"), (rows[4][3], rows[4][4], rows[4][5]));
    }

    [Fact]
    public void FlowSpec_rules()
    {
        byte[] rule = Written(o => FlowSpecText.Parse("match destination 10.1.2.0/24 source 192.0.2.0/25 protocol =6 destination-port >=1024&<=2048 tcp-flags =syn", Family.Ipv4FlowSpec, o));
        byte[] six = Written(o => FlowSpecText.Parse("match destination 2001:db8::/48 protocol =17", Family.Ipv6FlowSpec, o));
        string[][] rows = Wireshark.Dissect([Update(Family.Ipv4FlowSpec, rule, ""), Update(Family.Ipv6FlowSpec, six, "")], 179, "bgp",
            "bgp.flowspec_nlri.filter_type", "bgp.flowspec_nlri.dst_prefix_filter", "bgp.flowspec_nlri.src_prefix_filter", "bgp.flowspec_nlri.dec_val_16", "bgp.flowspec_nlri.dst_ipv6_pref", "bgp.flowspec_nlri.val_tcp.flags.syn", "_ws.malformed");
        Assert.All(rows, r => Assert.Equal("", r[^1]));
        Assert.Equal(("1,2,3,5,9", "10.1.2.0", "192.0.2.0", "1024,2048", "1"), (rows[0][0], rows[0][1], rows[0][2], rows[0][3], rows[0][5]));
        Assert.Equal(("1,3", "2001:db8::"), (rows[1][0], rows[1][4]));
    }

    [Fact]
    public void Labelled_and_vpn_prefixes()
    {
        byte[] vpn = Written(o => LabelledNlri.Parse("65000:100:10.1.0.0/16 label 16001", Family.Ipv4Vpn, o));
        byte[] labelled = Written(o => LabelledNlri.Parse("10.2.0.0/16 label 16002/16003", Family.Ipv4Labelled, o));
        string[][] rows = Wireshark.Dissect([Update(Family.Ipv4Vpn, vpn, "192.0.2.1"), Update(Family.Ipv4Labelled, labelled, "192.0.2.1")], 179, "bgp",
            "bgp.rd", "bgp.label_stack", "bgp.mp_reach_nlri_ipv4_prefix", "_ws.malformed");
        Assert.All(rows, r => Assert.Equal("", r[^1]));
        Assert.Contains("16001", rows[0][1], StringComparison.Ordinal);
        Assert.Equal("10.1.0.0", rows[0][2]);
        Assert.Contains("16002", rows[1][1], StringComparison.Ordinal);
        Assert.Contains("16003", rows[1][1], StringComparison.Ordinal);
        Assert.Equal("10.2.0.0", rows[1][2]);
    }
}
