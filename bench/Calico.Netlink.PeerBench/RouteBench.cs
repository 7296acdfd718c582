using System.Net;

namespace Calico.Netlink.PeerBench;

/// <summary>Host routes 10.0.0.1/32 upward, on-link through one gateway, protocol 80.</summary>
internal static class RouteBench
{
    private const int BatchMessages = 512;
    private const uint NexthopObjectId = 4242;

    public static async Task<BenchResult> AddAsync(BenchArguments arguments)
    {
        using RtNetlink netlink = RtNetlink.Open();
        Route template = await TemplateAsync(netlink, arguments);
        if (arguments.NexthopObject)
        {
            await netlink.Nexthops.ReplaceAsync(new Nexthop
            {
                Id = NexthopObjectId, Gateway = arguments.Via, InterfaceIndex = template.InterfaceIndex, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico,
            });
            template = template with { Gateway = null, InterfaceIndex = 0, Flags = RouteFlags.None, NexthopId = NexthopObjectId };
        }

        NetlinkBatch batch = Warm(template);
        return await BenchResult.MeasureAsync("routes-add", () => SendAllAsync(netlink, batch, template, arguments.Count, delete: false));
    }

    public static async Task<BenchResult> DeleteAsync(BenchArguments arguments)
    {
        using RtNetlink netlink = RtNetlink.Open();
        Route template = await TemplateAsync(netlink, arguments);
        NetlinkBatch batch = Warm(template);
        return await BenchResult.MeasureAsync("routes-del", () => SendAllAsync(netlink, batch, template, arguments.Count, delete: true));
    }

    public static async Task<BenchResult> DumpAsync(BenchArguments arguments)
    {
        using RtNetlink netlink = RtNetlink.Open();
        RouteFilter filter = new() { Table = arguments.Table, Family = System.Net.Sockets.AddressFamily.InterNetwork };
        (long count, int check) = (0, 0);
        // The first, short dump compiles the decoder.
        await netlink.Routes.VisitAsync(Visit, Restart, filter with { Table = WellKnownRouteTables.Local });
        Restart();
        BenchResult result = await BenchResult.MeasureAsync("routes-dump", async () =>
        {
            await netlink.Routes.VisitAsync(Visit, Restart, filter);
            return count;
        });
        GC.KeepAlive(check);
        return result;

        void Visit(in Route route)
        {
            count++;
            check ^= route.InterfaceIndex ^ (int)route.Priority ^ route.GetHashCode();
        }

        void Restart() => (count, check) = (0, 0);
    }

    private static async Task<Route> TemplateAsync(RtNetlink netlink, BenchArguments arguments) => new()
    {
        Destination = new IPNetwork(IPAddress.Parse("10.0.0.0"), 32),
        Gateway = arguments.Via,
        InterfaceIndex = (await netlink.Links.GetAsync(arguments.Device)).Index,
        Flags = RouteFlags.OnLink,
        Protocol = RouteProtocol.Calico,
        Table = arguments.Table,
    };

    private static NetlinkBatch Warm(in Route template)
    {
        NetlinkBatch batch = new(128 * 1024);
        for (int i = 0; i < BatchMessages; i++) batch.AddRoute(template);
        batch.Clear();
        for (int i = 0; i < BatchMessages; i++) batch.DeleteRoute(template);
        batch.Clear();
        return batch;
    }

    private static async ValueTask<long> SendAllAsync(RtNetlink netlink, NetlinkBatch batch, Route template, int count, bool delete)
    {
        for (int next = 1; next <= count;)
        {
            batch.Clear();
            for (int end = Math.Min(next + BatchMessages, count + 1); next < end; next++)
            {
                Route route = template.WithHostAddress(0x0A000000u + (uint)next);
                if (delete) batch.DeleteRoute(route);
                else batch.AddRoute(route);
            }

            (await netlink.Connection.SendAsync(batch)).ThrowIfFailed();
        }

        return count;
    }
}
