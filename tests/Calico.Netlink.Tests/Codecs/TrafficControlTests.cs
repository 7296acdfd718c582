namespace Calico.Netlink.Tests;

public sealed class TrafficControlTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // What iproute2 sends for: tc filter add dev #3 parent ffff: prio 1 protocol all u32 match u32 0 0 action mirred egress redirect dev #4
    // (which asks for an acknowledgement too; here the connection does when it sends).
    [Fact]
    public void A_redirect_is_what_tc_sends()
    {
        NetlinkBatch batch = new(order: NetlinkByteOrder.LittleEndian);
        batch.AddRedirect(new TrafficFilter(3, 0xffff_0000, 1, "u32") { RedirectTo = 4 });
        Assert.Equal(
            "8c0000002c0001060000000000000000" + "00000000030000000000" + "00000000ffff00030100" + "0800010075333200" + "60000200"
            + "38000700" + "34000100" + "0b0001006d69727265640000" + "24000280" + "20000200" + "0000000000000000" + "04000000" + "0000000000000000" + "01000000" + "04000000"
            + "24000500" + "01000100000000000000000000000000" + "00000000000000000000000000000000",
            Convert.ToHexStringLower(batch.WrittenSpan));
    }

    [Theory]
    [InlineData(NetlinkByteOrder.LittleEndian)]
    [InlineData(NetlinkByteOrder.BigEndian)]
    public void Messages_are_read_as_they_were_written(NetlinkByteOrder order)
    {
        TrafficFilter filter = new(7, 0xffff_0000, 9, "u32") { RedirectTo = 12, Protocol = 0x0800 };
        Qdisc ingress = new(7, new IngressQdisc());
        NetlinkBatch batch = new(order: order);
        batch.AddRedirect(filter);
        batch.ReplaceQdisc(ingress);
        NetlinkMessageReader reader = new(batch.WrittenSpan, order);
        Assert.True(reader.MoveNext() && TrafficFilter.TryDecode(reader.Current, out TrafficFilter read) && read == filter);
        Assert.True(reader.MoveNext() && Qdisc.TryDecode(reader.Current, out Qdisc qdisc) && qdisc == ingress);
    }

    [Fact]
    public void What_cannot_be_is_refused_before_it_is_sent()
    {
        NetlinkBatch batch = new();
        Assert.Contains("rate", Assert.Throws<ArgumentException>(() => batch.ReplaceQdisc(new Qdisc(1, new TbfQdisc(0, 1, 1)))).Message, StringComparison.Ordinal);
        Assert.Contains("peak", Assert.Throws<ArgumentException>(() => batch.ReplaceQdisc(new Qdisc(1, new TbfQdisc(10, 1, 1) { PeakRate = 5 }))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddRedirect(new TrafficFilter(1, 0, 1, "u32")));
    }

    [Theory]
    [InlineData(1_000_000ul, 32_768u, 0ul)]
    [InlineData(1_250_000ul, 16_384u, 2_500_000ul)]
    [InlineData(10_000_000_000ul, 64_000_000u, 0ul)]
    public async Task The_kernel_has_the_bucket_that_was_asked_for(ulong rate, uint burst, ulong peak)
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int lo = (await netlink.Links.GetAsync("lo", Cancel)).Index;
        TbfQdisc bucket = new(rate, burst, burst + 100_000) { PeakRate = peak, PeakBurst = peak == 0 ? 0 : 2000u };
        await netlink.TrafficControl.ReplaceQdiscAsync(new Qdisc(lo, bucket) { Handle = 0x1_0000 }, Cancel);
        Qdisc there = Assert.Single(await netlink.TrafficControl.ListQdiscsAsync(Cancel), q => q.InterfaceIndex == lo && q.Parent == Qdisc.Root);
        TbfQdisc read = Assert.IsType<TbfQdisc>(there.Kind);
        Assert.Equal((0x1_0000u, rate, bucket.Limit, peak), (there.Handle, read.Rate, read.Limit, read.PeakRate));
        Assert.InRange(read.Burst, burst * 0.999 - 64, burst * 1.001 + 64);
        await netlink.TrafficControl.DeleteQdiscAsync(there, Cancel);
        Assert.DoesNotContain(await netlink.TrafficControl.ListQdiscsAsync(Cancel), q => q.Kind is TbfQdisc);
        NetlinkException gone = await Assert.ThrowsAsync<NetlinkException>(async () => await netlink.TrafficControl.DeleteQdiscAsync(there, Cancel));
        Assert.True(gone.Errno is Errno.NoEntry or Errno.Invalid, gone.Message);
    }
}
