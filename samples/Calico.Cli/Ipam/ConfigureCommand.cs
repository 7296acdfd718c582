using System.CommandLine;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam configure</c>: the cluster's settings.</summary>
internal static class ConfigureCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool?> strict = new("--strictaffinity", "--strict-affinity") { Description = "true: nodes take addresses of their own blocks only." };
        Option<bool?> auto = new("--auto-allocate-blocks") { Description = "true: nodes claim new blocks when they need them." };
        Option<int?> blocks = new("--max-blocks-per-host") { Description = "The most blocks a node may have; 0 for 20. Needs strict affinity." };
        Option<string?> persistence = new("--kubevirt-ip-persistence") { Description = "Enabled or Disabled: virtual machines keep their addresses." };
        persistence.AcceptOnlyFromAmong("Enabled", "Disabled");
        Option<int?> cooldown = new("--ip-cooldown-seconds") { Description = "How long released addresses are kept back, 0 to 1200. Only when every client knows cool-down." };
        Command command = new("configure", "Change the settings of IPAM.") { strict, auto, blocks, persistence, cooldown };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            if (parsed.GetValue(strict) is null && parsed.GetValue(auto) is null && parsed.GetValue(blocks) is null && parsed.GetValue(persistence) is null && parsed.GetValue(cooldown) is null)
                return terminal.Fail("nothing to change: state at least one setting");
            await session.Client.UpdateConfigAsync(
                config => config with
                {
                    StrictAffinity = parsed.GetValue(strict) ?? config.StrictAffinity,
                    AutoAllocateBlocks = parsed.GetValue(auto) ?? config.AutoAllocateBlocks,
                    MaxBlocksPerHost = parsed.GetValue(blocks) ?? config.MaxBlocksPerHost,
                    KubeVirtAddressPersistence = parsed.GetValue(persistence) switch { "Enabled" => true, "Disabled" => false, _ => config.KubeVirtAddressPersistence },
                    CooldownSeconds = parsed.GetValue(cooldown) ?? config.CooldownSeconds,
                },
                cancel);
            if (parsed.GetValue(strict) is { } set) await session.Out.WriteLineAsync($"Successfully set StrictAffinity to: {(set ? "true" : "false")}");
            if (parsed.GetValue(auto) is { } allocate) await session.Out.WriteLineAsync($"Successfully set AutoAllocateBlocks to: {(allocate ? "true" : "false")}");
            if (parsed.GetValue(blocks) is { } most) await session.Out.WriteLineAsync($"Successfully set MaxBlocksPerHost to: {most}");
            if (parsed.GetValue(persistence) is { } keep) await session.Out.WriteLineAsync($"Successfully set KubeVirtVMAddressPersistence to: {keep}");
            if (parsed.GetValue(cooldown) is { } seconds) await session.Out.WriteLineAsync($"Successfully set IPCooldownSeconds to: {seconds}");
            return ExitCode.Success;
        });
    }
}
