using System.CommandLine;
using Calico.Ipam;
using Calico.Ipam.Planning;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam migrate --from POOL --to POOL</c>: empties a pool into another, as far as it goes now; run it again to go on.</summary>
internal static class MigrateCommand
{
    private const int Shown = 20;

    public static Command Create(Terminal terminal)
    {
        Option<string> from = new("--from") { Description = "The pool to empty and delete.", Required = true };
        Option<string> to = new("--to") { Description = "The pool that takes over, such as one with another block size.", Required = true };
        Option<bool> dryRun = new("--dry-run") { Description = "Only say what comes next." };
        Command command = new("migrate", "Move a pool's users to another pool, step by step. Run it again to go on.") { from, to, dryRun };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            string source = parsed.GetValue(from)!, target = parsed.GetValue(to)!;
            if (parsed.GetValue(dryRun))
            {
                await WriteAsync(session.Out, "Next: ", PoolMigration.Next(await session.Client.GetPoolsAsync(cancel), await session.Client.GetBlocksAsync(cancel), source, target));
                return ExitCode.Success;
            }

            while (true)
            {
                (MigrationStep step, bool taken) = await session.Client.MigratePoolAsync(source, target, cancel);
                await WriteAsync(session.Out, taken ? "Done: " : step.Action == MigrationAction.Done ? "" : "Waiting: ", step);
                if (!taken) return step.Action == MigrationAction.Done ? ExitCode.Success : ExitCode.Negative;
            }
        });
    }

    private static async Task WriteAsync(TextWriter output, string prefix, MigrationStep step)
    {
        await output.WriteLineAsync(prefix + step.Description);
        foreach (BlockAllocation allocation in step.InUse.Take(Shown))
        {
            IReadOnlyDictionary<string, string> owner = allocation.Attribute.Owner;
            string user = owner.TryGetValue(OwnerAttributes.Pod, out string? pod) ? $"pod {owner.GetValueOrDefault(OwnerAttributes.Namespace)}/{pod}" : owner.GetValueOrDefault(OwnerAttributes.Type) ?? $"handle {allocation.Attribute.HandleId}";
            await output.WriteLineAsync($"  {allocation.Address}  {user}{(owner.TryGetValue(OwnerAttributes.Node, out string? node) ? $" on {node}" : "")}");
        }

        if (step.InUse.Count > Shown) await output.WriteLineAsync($"  … and {step.InUse.Count - Shown} more");
    }
}
