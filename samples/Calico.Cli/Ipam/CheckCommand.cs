using System.CommandLine;
using Calico.Ipam;
using Calico.Ipam.Planning;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam check</c>: compares IPAM's documents with each other and with who is known to use addresses.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> output = new("--output", "-o") { Description = "Write a report that 'ipam release --from-report' reads." };
        Option<bool> all = new("--show-all-ips") { Description = "Show every allocated address." };
        Option<bool> problems = new("--show-problem-ips") { Description = "Show leaked addresses, and such that are used but not allocated." };
        Command command = new("check", "Check the integrity of IPAM's data. Exit 1 when something is wrong.") { output, all, problems };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            KnownUsers users = await KnownUsers.ReadAsync(session.Store, cancel);
            IpamCheckReport report = IpamCheck.Look(
                await session.Client.GetPoolsAsync(cancel), await session.Client.GetBlocksAsync(cancel), await session.Client.GetAffinitiesAsync(cancel), await session.Client.GetHandlesAsync(cancel),
                users.Facts.Pods is null ? null : users.ByAddress);
            if (parsed.GetValue(all)) await WriteAllAsync(session.Out, report);
            if (parsed.GetValue(problems)) await WriteProblemsAsync(session.Out, report);
            int wrong = await SummariseAsync(session.Out, report);
            if (parsed.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, CheckReport.Write(report, await ClusterLock.ReadAsync(session.Store, cancel), await ClusterLock.IsLockedAsync(session.Store, cancel)), cancel);
                await session.Out.WriteLineAsync($"Report written to {file}");
            }

            return wrong == 0 ? ExitCode.Success : ExitCode.Negative;
        });
    }

    private static async Task WriteAllAsync(TextWriter output, IpamCheckReport report)
    {
        foreach (CheckedAddress address in report.Addresses)
            await output.WriteLineAsync($"  {address.Allocation.Address} handle={address.Allocation.Attribute.HandleId} {(address.Users.Count > 0 ? string.Join(", ", address.Users) : "no known user")}");
    }

    private static async Task WriteProblemsAsync(TextWriter output, IpamCheckReport report)
    {
        foreach (CheckedAddress address in report.Leaked) await output.WriteLineAsync($"  {address.Allocation.Address} leaked; handle={address.Allocation.Attribute.HandleId} {string.Join(" ", address.Allocation.Attribute.Owner.Select(pair => $"{pair.Key}={pair.Value}"))}");
    }

    private static async Task<int> SummariseAsync(TextWriter output, IpamCheckReport report)
    {
        int leaked = report.Leaked.Count(), blocks = report.Addresses.Select(address => address.Allocation.Block).Distinct().Count();
        await output.WriteLineAsync($"{report.Addresses.Count} IP addresses are allocated in {blocks} blocks.");
        await output.WriteLineAsync(report.UsersAreKnown ? $"{leaked} of them have no known user (leaked)." : "The datastore holds no workloads: who uses the addresses is not known.");
        await output.WriteLineAsync($"{report.NotAllocated.Count} IP addresses are used but not allocated.");
        await output.WriteLineAsync($"{report.LeakedHandles.Count} handles count addresses that no block has.");
        foreach (string problem in report.Problems) await output.WriteLineAsync($"  {problem}");
        int wrong = leaked + report.LeakedHandles.Count + report.Problems.Count;
        await output.WriteLineAsync(wrong == 0 ? "Check complete; no problems found." : $"Check complete; found {wrong} problems.");
        return wrong;
    }
}
