using System.Net;
using Calico.Bgp.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Testing;

/// <summary>Whole networks: whatever the order of events, every speaker ends with the routes of the fixed point.</summary>
[Properties(Arbitrary = [typeof(BgpArbitraries)])]
public class SimulatorTests
{
    [Property(MaxTest = 60)]
    public void Every_order_of_events_ends_in_the_fixed_point(NetworkPlan plan, NonNegativeInt seed)
    {
        SortedDictionary<string, string> expected = FixedPointModel.Solve(plan);
        for (int order = 0; order < 3; order++)
        {
            SimulatedNetwork network = plan.Build(seed.Get + order);
            network.Start();
            Assert.True(network.RunUntilQuiet(), "not quiet");
            Assert.Equal(expected, Routes(network));
        }
    }

    [Property(MaxTest = 60)]
    public void Cuts_restarts_and_changes_leave_no_trace(NetworkPlan plan, NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        SimulatedNetwork network = plan.Build(seed.Get, adjust: seed.Get % 2 == 0 ? null : WithGracefulRestart);
        foreach (SimulatedSpeaker speaker in network.Speakers) network.After(TimeSpan.FromMilliseconds(random.Next(2000)), speaker.Start);
        for (int n = 0; n < 8; n++) network.After(TimeSpan.FromSeconds(random.Next(1, 200)), () => Disturb(network, plan, random));
        network.RunFor(TimeSpan.FromSeconds(random.Next(210)));
        Assert.True(network.RunUntilQuiet(TimeSpan.FromHours(1)), "not quiet");
        Assert.Equal(FixedPointModel.Solve(plan), Routes(network));
    }

    private static BgpSpeakerOptions WithGracefulRestart(BgpSpeakerOptions options) =>
        options with { Neighbors = [.. options.Neighbors.Select(n => n with { GracefulRestart = GracefulRestartMode.Full })] };

    private static void Disturb(SimulatedNetwork network, NetworkPlan plan, Random random)
    {
        SimulatedSpeaker one = network.Speakers[random.Next(network.Speakers.Count)];
        (int One, int Other)[] sessions = [.. plan.Links, .. plan.InternalSessions()];
        TimeSpan pause = TimeSpan.FromSeconds(random.Next(1, 150));
        switch (random.Next(6))
        {
            case < 3 when sessions.Length > 0:
                (int a, int b) = sessions[random.Next(sessions.Length)];
                SimulatedLink link = network.Link(network.Speakers.First(s => s.Name == Address(plan, a)), network.Speakers.First(s => s.Name == Address(plan, b)));
                link.Cut(silently: random.Next(2) == 0);
                network.After(pause, link.Restore);
                break;
            case 3:
                one.Kill();
                network.After(pause, one.Start);
                break;
            case 4:
                one.Stop(graceful: random.Next(2) == 0);
                network.After(pause, one.Start);
                break;
            default:
                one.Announce("10.99.0.0/16");
                network.After(pause, () => one.Withdraw(IPNetwork.Parse("10.99.0.0/16")));
                break;
        }
    }

    private static string Address(NetworkPlan plan, int id) => plan.Routers.First(r => r.Id == id).Address.ToString();

    /// <summary>CALICO_SIMULATED_SPEAKERS sets the size; 120 without.</summary>
    [Property(MaxTest = 3)]
    public void Large_networks_end_in_the_fixed_point_in_every_order(NonNegativeInt seed)
    {
        int size = int.TryParse(Environment.GetEnvironmentVariable("CALICO_SIMULATED_SPEAKERS"), out int wanted) ? wanted : 120;
        NetworkPlan plan = NetworkPlans.Make(seed.Get, size);
        SortedDictionary<string, string> expected = FixedPointModel.Solve(plan);
        Assert.NotEmpty(expected);
        for (int order = 0; order < 3; order++)
        {
            SimulatedNetwork network = plan.Build(order);
            network.Start();
            Assert.True(network.RunUntilQuiet(), $"order {order}: not quiet");
            Assert.Equal(expected, Routes(network));
        }
    }

    [Property(MaxTest = 20)]
    public void The_same_seed_gives_the_same_run(NetworkPlan plan, int seed)
    {
        Assert.Equal(Log(plan, seed), Log(plan, seed));
    }

    private static List<string> Log(NetworkPlan plan, int seed)
    {
        SimulatedNetwork network = plan.Build(seed);
        var log = new List<string>();
        network.Delivered += (from, to, octets) => log.Add($"{network.Now} {from.Name} {to.Name} {Convert.ToHexString(octets.Span)}");
        network.Start();
        network.RunUntilQuiet();
        return log;
    }

    private static SortedDictionary<string, string> Routes(SimulatedNetwork network)
    {
        var routes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (SimulatedSpeaker speaker in network.Speakers)
        {
            foreach (RibRoute route in speaker.BestRoutes().Values)
                routes[$"{speaker.Name} {route.Prefix}"] = route.Neighbor is null ? "local" : $"{route.Neighbor} {route.Attributes.NextHop} [{route.Attributes.AsPath}]";
        }

        return routes;
    }
}
