using System.CommandLine;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam split N --name POOL</c>: one pool becomes N; nothing in use changes.</summary>
internal static class SplitCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<int> parts = new("number") { Description = "How many pools, a power of two." };
        Option<string?> name = new("--name") { Description = "The pool by name." };
        Option<string?> cidr = new("--cidr") { Description = "The pool by range." };
        Option<bool> force = new("--force") { Description = "Also while the datastore is not locked: the change itself is one step." };
        Command command = new("split", "Split a pool into equal parts.") { parts, name, cidr, force };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            IReadOnlyList<IPPool> pools = await session.Client.GetPoolsAsync(cancel);
            IPPool? pool = pools.FirstOrDefault(one => one.Name == parsed.GetValue(name) || one.Cidr.ToString() == parsed.GetValue(cidr));
            if (pool is null) return terminal.Fail($"state the pool by --name or --cidr; there are {string.Join(", ", pools.Select(one => $"{one.Name} ({one.Cidr})"))}");
            if (!parsed.GetValue(force) && !await ClusterLock.IsLockedAsync(session.Store, cancel))
                return terminal.Fail("the datastore is not locked: run 'calico datastore lock' first, or add --force");
            foreach (IPPool part in await session.Client.SplitPoolAsync(pool.Name, parsed.GetValue(parts), cancel)) await session.Out.WriteLineAsync($"Created IP pool {part.Name} ({part.Cidr})");
            await session.Out.WriteLineAsync($"Successfully split IP pool {pool.Name} ({pool.Cidr})");
            return ExitCode.Success;
        });
    }
}
