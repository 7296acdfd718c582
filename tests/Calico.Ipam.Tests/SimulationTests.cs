using Calico.Ipam.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Ipam.Tests;

/// <summary>Any interleaving, crashes between any two writes, lost replies, clock jumps: no address twice, none lost after garbage collection.</summary>
public class SimulationTests
{
    public static class Scripts
    {
        public static Arbitrary<int[]> Script() =>
            Arb.From(Gen.Choose(0, int.MaxValue - 1).ArrayOf(400), ArbMap.Default.ArbFor<int[]>().Shrinker);
    }

    [Property(Arbitrary = [typeof(Scripts)], MaxTest = 60)]
    public Task With_transactions(int[] script) => Check(script, new SimulationSetup());

    [Property(Arbitrary = [typeof(Scripts)], MaxTest = 60)]
    public Task Without_transactions(int[] script) => Check(script, new SimulationSetup { HasTransactions = false });

    [Property(Arbitrary = [typeof(Scripts)], MaxTest = 40)]
    public Task With_cooldown(int[] script) => Check(script, new SimulationSetup { Config = IpamConfig.Default with { CooldownSeconds = 30 } });

    [Property(Arbitrary = [typeof(Scripts)], MaxTest = 40)]
    public Task Strict(int[] script) => Check(script, new SimulationSetup { Config = IpamConfig.Default with { StrictAffinity = true } });

    /// <summary>Many more scripts when CALICO_IPAM_SIMULATIONS says how many; a failure names its seed.</summary>
    [Fact]
    public async Task As_many_as_asked_for()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("CALICO_IPAM_SIMULATIONS"), out int count)) count = 200;
        SimulationSetup[] setups = [new(), new() { HasTransactions = false }, new() { Config = IpamConfig.Default with { CooldownSeconds = 30 } }, new() { Config = IpamConfig.Default with { StrictAffinity = true }, HasTransactions = false }];
        int first = Environment.TickCount;
        for (int seed = first; seed < first + count; seed++)
        {
            Random random = new(seed);
            IpamSimulation simulation = new(setups[(seed & int.MaxValue) % setups.Length]);
            simulation.Run(Enumerable.Range(0, random.Next(50, 1500)).Select(_ => random.Next()));
            await simulation.FinishAsync();
            Assert.True(simulation.Violations.Count == 0, $"seed {seed}: {string.Join("; ", simulation.Violations)}");
        }
    }

    private static async Task Check(int[] script, SimulationSetup setup)
    {
        IpamSimulation simulation = new(setup);
        simulation.Run(script);
        await simulation.FinishAsync();
        Assert.Empty(simulation.Violations);
    }
}
