using System.Diagnostics;
using System.Globalization;
using System.Net;
using Calico.Netlink.NfTables;

namespace Calico.Netlink.Tests;

/// <summary>A process that writes is killed (SIGKILL) wherever it happens to be; the next one brings the kernel to what is wanted and touches nothing foreign.</summary>
public sealed class CrashTests
{
    private const int Kills = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Routes_are_right_after_the_death_of_their_writer()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int device = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await netlink.Addresses.AddAsync(device, IPAddress.Parse("172.31.0.1"), 24, Cancel);
        Route template = new() { Gateway = IPAddress.Parse("172.31.0.2"), InterfaceIndex = device, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico };
        Route foreign = template.WithHostAddress(0x0b000001) with { Protocol = RouteProtocol.Bird };
        await netlink.Routes.AddAsync(foreign, Cancel);
        await netlink.Nexthops.AddAsync(new Nexthop { Id = 7, Gateway = IPAddress.Parse("172.31.0.9"), InterfaceIndex = device, Protocol = RouteProtocol.Static }, Cancel);
        await KillAgainAndAgainAsync(network, seed => ["routes", "v0", seed]);

        Route[] wanted = [.. Enumerable.Range(0, 2000).Select(i => template.WithHostAddress(0x0a000000u + (uint)(3 * i)))];
        using RouteTable table = new(netlink);
        table.SetAll(wanted);
        Assert.True((await table.ApplyAsync(Cancel)).IsInSync);
        IReadOnlyList<Route> routes = await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico, Table = WellKnownRouteTables.Main }, Cancel);
        Assert.Equal(wanted.Select(r => r.Destination).ToHashSet(), routes.Select(r => r.Destination).ToHashSet());
        Assert.Equal(wanted.Length, routes.Count);
        Assert.All(routes, r => Assert.Equal(template.Gateway, r.Gateway));
        Assert.Equal(foreign.Destination, Assert.Single(await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Bird }, Cancel)).Destination);
        table.RequestResync();
        RouteTableReport again = await table.ApplyAsync(Cancel);
        Assert.Equal(0, again.Added + again.Replaced + again.Deleted);
        Assert.Contains(await netlink.Nexthops.ListAsync(Cancel), n => n.Id == 7);
    }

    [Fact]
    public async Task A_killed_writer_leaves_whole_transactions_and_the_next_one_goes_on()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable foreign = new(NftFamily.Inet, "foreign") { Sets = [new NftSet("hosts", NftType.Ipv4Address) { Elements = [new NftElement(NftValue.NetworkOrder(1u))] }], Chains = [new NftChain("c") { Rules = [NftRule.Of(Act.Accept)] }] };
        await client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, foreign)), cancellationToken: Cancel);
        NftTable before = (await client.ReadTableAsync(foreign.Id, cancellationToken: Cancel)).Tables[0];
        NftTableId id = new(NftFamily.Inet, "crash");
        await KillAgainAndAgainAsync(network, seed => ["nft", seed], async () =>
        {
            NftTable left = (await client.ReadTableAsync(id, cancellationToken: Cancel)).Tables[0];
            Assert.Equal(Keys(left, "left"), Keys(left, "right"));
        });

        NftTable wanted = SampleWanted(id);
        NftDesiredTable keeper = new(client, id);
        Assert.NotEmpty((await keeper.ApplyAsync(wanted, Cancel)).Changes);
        Assert.Empty(NftPlanner.Plan((await client.ReadTableAsync(id, cancellationToken: Cancel)).Tables[0], wanted));
        Assert.Empty(NftPlanner.Plan((await client.ReadTableAsync(foreign.Id, cancellationToken: Cancel)).Tables[0], before));

        static IEnumerable<NftValue> Keys(NftTable table, string set) => table.Sets.Single(s => s.Name == set).Elements.Select(e => e.Key).Order();
    }

    private static NftTable SampleWanted(NftTableId id) => new(id.Family, id.Name)
    {
        Sets = [new NftSet("right", NftType.Ipv4Address) { Elements = [new NftElement(NftValue.NetworkOrder(0x0a000001u))] }],
        Chains = [new NftChain("c0") { Rules = [NftRule.Of(Field.Ip.Source.In("right"), Act.Drop)] }],
    };

    private static async Task KillAgainAndAgainAsync(NetworkNamespace network, Func<string, string[]> arguments, Func<Task>? check = null)
    {
        Random random = new();
        for (int i = 0; i < Kills; i++)
        {
            using Process worker = network.Run(() => Start(arguments(random.Next(1_000_000).ToString(CultureInfo.InvariantCulture))));
            try
            {
                using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
                limit.CancelAfter(TimeSpan.FromSeconds(90));
                Assert.Equal("applied", await worker.StandardOutput.ReadLineAsync(limit.Token));
                await Task.Delay(random.Next(40), Cancel);
                Assert.False(worker.HasExited);
            }
            finally
            {
                worker.Kill();
                await worker.WaitForExitAsync(CancellationToken.None);
            }

            if (check is not null) await check();
        }
    }

    private static Process Start(string[] arguments)
    {
        string folder = AppContext.BaseDirectory.Replace("Calico.Netlink.Tests", "Calico.Netlink.CrashWorker", StringComparison.Ordinal);
        return Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(folder, "Calico.Netlink.CrashWorker.dll"), .. arguments]) { RedirectStandardOutput = true })!;
    }
}
