using System.CommandLine;
using System.Net;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam show</c>: how full pools and blocks are, what is borrowed, who has an address, how IPAM is set.</summary>
internal static class ShowCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> blocks = new("--blocks", "--show-blocks") { Description = "Show each block too." };
        Option<bool> borrowed = new("--borrowed", "--show-borrowed") { Description = "Show addresses that a node uses of another node's block." };
        Option<bool> configuration = new("--configuration", "--show-configuration") { Description = "Show the settings." };
        Option<string?> ip = new("--ip") { Description = "Show who has an address." };
        Command command = new("show", "Show how addresses are used.") { blocks, borrowed, ip, configuration };
        return command.On(terminal, (session, parsed, cancel) =>
            parsed.GetValue(ip) is { } address ? AddressAsync(session, AssignCommand.Address(address), cancel)
            : parsed.GetValue(configuration) ? ConfigurationAsync(session, cancel)
            : parsed.GetValue(borrowed) ? BorrowedAsync(session, cancel)
            : UsageAsync(session, parsed.GetValue(blocks), cancel));
    }

    private static async Task<int> UsageAsync(IpamSession session, bool blocks, CancellationToken cancel)
    {
        GridTable table = new("GROUPING", "CIDR", "IPS TOTAL", "IPS IN USE", "IPS RESERVED", "IPS FREE");
        foreach (PoolUtilization pool in await session.Client.GetUtilizationAsync(cancellationToken: cancel))
        {
            if (pool.Cidr is { } cidr) table.Add("IP Pool", cidr.ToString(), GridTable.Count(pool.Capacity), GridTable.Share(pool.InUse, pool.Capacity), GridTable.Share(pool.Reserved, pool.Capacity), GridTable.Share(pool.Available, pool.Capacity));
            else table.Add(pool.Name, "", "", "", "", "");
            if (!blocks && pool.Cidr is not null) continue;
            foreach (BlockUtilization block in pool.Blocks)
                table.Add("Block", block.Cidr.ToString(), GridTable.Count(block.Capacity), GridTable.Share(block.InUse, block.Capacity), GridTable.Share(block.Reserved, block.Capacity), GridTable.Share(block.Available, block.Capacity));
        }

        table.Write(session.Out);
        return ExitCode.Success;
    }

    private static async Task<int> BorrowedAsync(IpamSession session, CancellationToken cancel)
    {
        GridTable table = new("IP", "BORROWING-NODE", "BLOCK", "BLOCK OWNER", "TYPE", "ALLOCATED-TO");
        foreach (BlockAllocation allocation in (await session.Client.GetBlocksAsync(cancel)).SelectMany(block => block.Allocations).Where(allocation => allocation.IsBorrowed))
        {
            IReadOnlyDictionary<string, string> owner = allocation.Attribute.Owner;
            string type = owner.GetValueOrDefault(OwnerAttributes.Type) ?? (owner.ContainsKey(OwnerAttributes.Pod) ? "pod" : "");
            string user = owner.TryGetValue(OwnerAttributes.Pod, out string? pod) ? $"{owner.GetValueOrDefault(OwnerAttributes.Namespace)}/{pod}" : allocation.Attribute.HandleId ?? "";
            table.Add(allocation.Address.ToString(), owner[OwnerAttributes.Node], allocation.Block.ToString(), allocation.BlockOwner?.Name ?? "", type, user);
        }

        table.Write(session.Out);
        return ExitCode.Success;
    }

    private static async Task<int> AddressAsync(IpamSession session, IPAddress address, CancellationToken cancel)
    {
        if (await session.Client.GetAllocationAsync(address, cancel) is not { } allocation)
        {
            await session.Out.WriteLineAsync($"{address} is not assigned");
            return ExitCode.Success;
        }

        AllocationRecord record = allocation.Attribute;
        await session.Out.WriteLineAsync(record.IsCooling ? $"IP {address} is cooling down, released at {record.ReleasedAt:u}" : $"IP {address} is in use");
        if (record.HandleId is { } handle) await session.Out.WriteLineAsync($"Handle: {handle}");
        await session.Out.WriteLineAsync($"Block: {allocation.Block} ({allocation.BlockOwner?.ToString() ?? "no affinity"}){(allocation.IsBorrowed ? ", borrowed" : "")}");
        if (record.Owner.Count == 0)
        {
            await session.Out.WriteLineAsync("No attributes defined");
            return ExitCode.Success;
        }

        await session.Out.WriteLineAsync("Attributes:");
        foreach ((string key, string value) in record.Owner.OrderBy(pair => pair.Key, StringComparer.Ordinal)) await session.Out.WriteLineAsync($"  {key}: {value}");
        return ExitCode.Success;
    }

    private static async Task<int> ConfigurationAsync(IpamSession session, CancellationToken cancel)
    {
        IpamConfig config = await session.Client.GetConfigAsync(cancel);
        GridTable table = new("PROPERTY", "VALUE");
        table.Add("StrictAffinity", Text(config.StrictAffinity));
        table.Add("AutoAllocateBlocks", Text(config.AutoAllocateBlocks));
        table.Add("MaxBlocksPerHost", GridTable.Count(config.MaxBlocksPerHost));
        table.Add("KubeVirtVMAddressPersistence", config.KubeVirtAddressPersistence == false ? "Disabled" : "Enabled");
        table.Add("IPCooldownSeconds", GridTable.Count(config.CooldownSeconds));
        table.Write(session.Out);
        return ExitCode.Success;
    }

    private static string Text(bool value) => value ? "true" : "false";
}
