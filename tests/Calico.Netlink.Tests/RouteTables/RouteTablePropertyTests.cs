using System.Net;
using Calico.Netlink.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Netlink.Tests;

/// <summary>Whatever the user, other programs and faults do: after an apply the kernel has the wanted routes, and foreign ones are as they were.</summary>
public sealed class RouteTablePropertyTests
{
    public abstract record Step
    {
        public sealed record Want(Route Route) : Step;
        public sealed record Unwant(Route Route) : Step;
        public sealed record Apply : Step;
        public sealed record Observe : Step;
        public sealed record ForeignAdd(Route Route) : Step;
        public sealed record OutsideDelete(Route Route) : Step;
        public sealed record OutsideReplace(Route Route) : Step;
        public sealed record LinkFlap(int Device) : Step;
        public sealed record LoseReplies : Step;
        public sealed record Interrupt : Step;
        public sealed record Refuse(int After) : Step;
        public sealed record Restart : Step;
    }

    public static class Steps
    {
        public static Arbitrary<Step[]> All() => Arb.From(Gen.ArrayOf(One), steps => Shrink(steps));

        // Drop one step at a time.
        private static IEnumerable<Step[]> Shrink(Step[] steps) => steps.Select((_, i) => (Step[])[.. steps[..i], .. steps[(i + 1)..]]);

        private static Gen<Step> One => Gen.Frequency<Step>(
            (8, RouteGenerators.CrowdedRoute.Select(r => (Step)new Step.Want(r with { Table = 254 }))),
            (4, RouteGenerators.CrowdedRoute.Select(r => (Step)new Step.Unwant(r))),
            (4, Gen.Constant<Step>(new Step.Apply())),
            (2, Gen.Constant<Step>(new Step.Observe())),
            (2, RouteGenerators.CrowdedRoute.Select(r => (Step)new Step.ForeignAdd(r with { Table = 254, Protocol = RouteProtocol.Bird }))),
            (2, RouteGenerators.CrowdedRoute.Select(r => (Step)new Step.OutsideDelete(r with { Table = 254 }))),
            (2, RouteGenerators.CrowdedRoute.Select(r => (Step)new Step.OutsideReplace(r with { Table = 254, Protocol = RouteProtocol.Calico }))),
            (1, Gen.Choose(2, 3).Select(d => (Step)new Step.LinkFlap(d))),
            (1, Gen.Constant<Step>(new Step.LoseReplies())),
            (1, Gen.Constant<Step>(new Step.Interrupt())),
            (1, Gen.Choose(0, 3).Select(n => (Step)new Step.Refuse(n))),
            (1, Gen.Constant<Step>(new Step.Restart())));
    }

    [Fact]
    public Task An_event_older_than_our_own_deletion_proves_nothing()
    {
        Route route = new() { Destination = System.Net.IPNetwork.Parse("10.0.0.0/26"), InterfaceIndex = 2, Scope = RouteScope.Link, Table = 254, Protocol = RouteProtocol.Calico };
        return The_kernel_ends_up_with_the_wanted_routes([new Step.OutsideReplace(route), new Step.LoseReplies(), new Step.Want(route)]);
    }

    [Property(MaxTest = 400, Arbitrary = [typeof(Steps)])]
    public async Task The_kernel_ends_up_with_the_wanted_routes(Step[] steps)
    {
        FakeKernel kernel = new();
        kernel.AddLink("v2");
        kernel.AddLink("v3");
        using RtNetlink netlink = kernel.OpenRoute(new NetlinkConnectionOptions { DumpRetries = 1 });
        using RtNetlink other = kernel.OpenRoute();
        using RtMonitor monitor = kernel.OpenMonitor();
        await using IAsyncEnumerator<RtEvent> events = monitor.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        int marks = 0;
        RouteTable table = new(netlink, new RouteTableOptions { BatchSize = 3 });
        Dictionary<RouteKey, Route> wanted = [];
        Dictionary<RouteKey, Route> foreign = [];

        foreach (Step step in steps) await RunAsync(step);
        await DrainAsync();
        RouteTableReport report = await SettleAsync();

        List<Route> own = [.. kernel.Routes.Where(r => r.Protocol == RouteProtocol.Calico)];
        HashSet<RouteKey> conflicts = [.. report.Conflicts.Select(c => new RouteKey(c.Wanted))];
        Assert.Empty(report.Failures);
        Assert.All(own, r => Assert.True(wanted.TryGetValue(new RouteKey(r), out Route w) && w.IsSatisfiedBy(r), $"unwanted {r}"));
        Assert.All(wanted.Keys, k => Assert.True(conflicts.Contains(k) || own.Exists(r => new RouteKey(r) == k), $"missing {k}"));
        Assert.Equal(own.Count, own.DistinctBy(r => new RouteKey(r)).Count());
        Assert.All(conflicts, k => Assert.True(foreign.ContainsKey(k), $"{k} is no conflict"));
        Assert.Equal(foreign.Values.OrderBy(r => r.ToString()), kernel.Routes.Where(r => r.Protocol == RouteProtocol.Bird).OrderBy(r => r.ToString()));
        table.Dispose();

        async Task RunAsync(Step step)
        {
            switch (step)
            {
                case Step.Want s:
                    table.Set(s.Route);
                    wanted[new RouteKey(s.Route)] = s.Route with { Protocol = RouteProtocol.Calico };
                    break;
                case Step.Unwant s:
                    table.Remove(new RouteKey(s.Route));
                    wanted.Remove(new RouteKey(s.Route));
                    break;
                case Step.Apply: await ApplyAsync(); break;
                case Step.Observe: await DrainAsync(); break;
                case Step.ForeignAdd s:
                    // Whether it was done is asked of the kernel: the answer may be lost.
                    await TryAsync(other.Routes.AddAsync(s.Route));
                    foreach (Route r in kernel.Routes.Where(r => r.Protocol == RouteProtocol.Bird)) foreign.TryAdd(new RouteKey(r), r);
                    await DrainAsync();
                    break;
                case Step.OutsideDelete s:
                    Route pattern = new Route { Destination = s.Route.Destination, Priority = s.Route.Priority, Protocol = RouteProtocol.Calico, Type = RouteType.Unspecified };
                    await TryAsync(other.Routes.DeleteAsync(pattern));
                    break;
                case Step.OutsideReplace s when !foreign.ContainsKey(new RouteKey(s.Route)): await TryAsync(other.Routes.ReplaceAsync(s.Route)); break;
                case Step.LinkFlap s:
                    await TryAsync(other.Links.SetAsync(s.Device, new LinkSettings { Up = false }));
                    // A fault that is still armed may hit this request.
                    while (!kernel.Links.Single(l => l.Index == s.Device).IsUp) await TryAsync(other.Links.SetAsync(s.Device, new LinkSettings { Up = true }));
                    foreach (RouteKey key in foreign.Keys.Where(k => !kernel.Routes.Any(r => r.Protocol == RouteProtocol.Bird && new RouteKey(r) == k)).ToArray()) foreign.Remove(key);
                    break;
                case Step.LoseReplies: kernel.LoseReplies(); await ApplyAsync(); break;
                case Step.Interrupt: kernel.InterruptDump(); table.RequestResync(); await ApplyAsync(); break;
                case Step.Refuse s: kernel.FailRequest(Errno.OutOfMemory, after: s.After); await ApplyAsync(); break;
                case Step.Restart:
                    table.Dispose();
                    table = new RouteTable(netlink, new RouteTableOptions { BatchSize = 3 });
                    table.SetAll(wanted.Values);
                    break;
            }
        }

        async Task ApplyAsync()
        {
            try
            {
                await table.ApplyAsync();
            }
            catch (NetlinkException)
            {
                // An injected fault hit the dump: the next apply goes on.
            }
        }

        async Task<RouteTableReport> SettleAsync()
        {
            // Faults that are still armed meet the first rounds.
            for (int i = 0; i < 12; i++) await ApplyAsync();
            return await table.ApplyAsync();
        }

        // Reads up to a mark of its own, so that nothing that was sent before is left out.
        async Task DrainAsync()
        {
            string mark = $"mark{++marks}";
            kernel.AddLink(mark);
            do
            {
                Assert.True(await events.MoveNextAsync());
                table.Observe(events.Current);
            }
            while (events.Current is not LinkEvent { Link.Name: { } name } || name != mark);
        }

        static async Task<bool> TryAsync(ValueTask request)
        {
            try
            {
                await request;
                return true;
            }
            catch (NetlinkException)
            {
                return false;
            }
        }
    }
}
