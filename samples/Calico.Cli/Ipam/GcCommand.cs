using System.CommandLine;
using Calico.Ipam;
using Calico.Ipam.GarbageCollection;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam gc</c>: releases what nobody uses. Looks, waits out the grace, looks again at fresh facts, then releases.</summary>
internal static class GcCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> dryRun = new("--dry-run") { Description = "Only say what looks leaked." };
        Option<int> grace = new("--grace") { Description = "Minutes that an address must look leaked; addresses of nodes that are gone do not wait.", DefaultValueFactory = static _ => 15 };
        Command command = new("gc", "Release addresses, blocks and handles that nobody uses.") { dryRun, grace };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            TimeSpan wait = TimeSpan.FromMinutes(Math.Max(0, parsed.GetValue(grace)));
            IpamGarbageCollector collector = new(session.Client, async token => (await KnownUsers.ReadAsync(session.Store, token)).Facts, new GcOptions { LeakGracePeriod = wait });
            if (parsed.GetValue(dryRun))
            {
                await WriteAsync(session.Out, await collector.DryRunAsync(cancel));
                return ExitCode.Success;
            }

            GcReport first = await collector.RunAsync(cancel);
            await WriteAsync(session.Out, first.Plan);
            int released = first.Released;
            if (first.Plan.Candidates.Count > 0)
            {
                await session.Out.WriteLineAsync($"Looking again in {wait.TotalMinutes} minutes.");
                await Task.Delay(wait, cancel);
            }

            GcReport second = await collector.RunAsync(cancel);
            released += second.Released;
            foreach (string failure in first.Failures.Concat(second.Failures)) await session.Out.WriteLineAsync($"Not done: {failure}");
            await session.Out.WriteLineAsync($"Released {released} IP addresses.");
            return ExitCode.Success;
        });
    }

    private static async Task WriteAsync(TextWriter output, GcPlan plan)
    {
        foreach (LeakedAllocation leak in plan.Confirmed) await output.WriteLineAsync($"leaked: {Text(leak)}");
        foreach (LeakedAllocation leak in plan.Candidates) await output.WriteLineAsync($"looks leaked: {Text(leak)}");
        foreach ((AffinityOwner owner, System.Net.IPNetwork block) in plan.EmptyBlocks) await output.WriteLineAsync($"empty block: {block} of {owner}");
        foreach (string node in plan.GoneNodes) await output.WriteLineAsync($"node is gone: {node}");
        foreach (string handle in plan.StaleHandles) await output.WriteLineAsync($"handle without addresses: {handle}");
        if (plan.IsEmpty && plan.Candidates.Count == 0) await output.WriteLineAsync("Nothing looks leaked.");
    }

    private static string Text(LeakedAllocation leak) => $"{leak.Address} handle={leak.Record.HandleId} {string.Join(" ", leak.Record.Owner.Select(pair => $"{pair.Key}={pair.Value}"))}";
}
