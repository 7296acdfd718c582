using System.CommandLine;
using System.Net;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam release</c>: by handle, by address, or what reports of <c>ipam check</c> agree on as leaked.</summary>
internal static class ReleaseCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> handle = new("--handle") { Description = "Release all addresses of a handle." };
        Option<string[]> ip = new("--ip") { Description = "Release an address, whoever has it; may be repeated." };
        Option<string[]> reports = new("--from-report") { Description = "Release what every given report of 'ipam check -o' calls leaked; sequence numbers are respected.", AllowMultipleArgumentsPerToken = true };
        Option<bool> force = new("--force") { Description = "Release from a report although the datastore is not locked." };
        Command command = new("release", "Release addresses.") { handle, ip, reports, force };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            string[] addresses = parsed.GetValue(ip) ?? [], files = parsed.GetValue(reports) ?? [];
            if ((parsed.GetValue(handle) is null ? 0 : 1) + (addresses.Length > 0 ? 1 : 0) + (files.Length > 0 ? 1 : 0) != 1)
                return terminal.Fail("say what to release: one of --handle, --ip, --from-report");
            if (parsed.GetValue(handle) is { } id)
            {
                ReleaseResult result = await session.Client.ReleaseByHandleAsync(id, cancellationToken: cancel);
                foreach (IPAddress address in result.Released) await session.Out.WriteLineAsync(address.ToString());
                return ExitCode.Success;
            }

            return addresses.Length > 0
                ? await ByAddressAsync(session, [.. addresses.Select(AssignCommand.Address)], cancel)
                : await FromReportsAsync(session, files, parsed.GetValue(force), cancel);
        });
    }

    private static async Task<int> ByAddressAsync(IpamSession session, List<IPAddress> addresses, CancellationToken cancel)
    {
        ReleaseResult result = await session.Client.ReleaseIPsAsync([.. addresses.Select(address => new ReleaseOption(address))], cancel);
        foreach (IPAddress address in result.Released) await session.Out.WriteLineAsync($"Successfully released IP address {address}");
        foreach (IPAddress address in result.Unallocated) await session.Out.WriteLineAsync($"IP address {address} is not assigned");
        return result.Unallocated.Count == 0 ? ExitCode.Success : ExitCode.Negative;
    }

    private static async Task<int> FromReportsAsync(IpamSession session, string[] files, bool force, CancellationToken cancel)
    {
        if (!force && !await ClusterLock.IsLockedAsync(session.Store, cancel))
            return session.Terminal.Fail("the datastore is not locked: what a report calls leaked may be in use by now. Run 'calico datastore lock', or add --force");
        List<ReleaseOption>? common = null;
        foreach (string file in files)
        {
            List<ReleaseOption> leaks = CheckReport.ReadLeaks(await File.ReadAllTextAsync(file, cancel), file);
            common = common is null ? leaks : [.. common.Intersect(leaks)];
        }

        int released = 0, refused = 0;
        foreach (ReleaseOption leak in common!)
        {
            try
            {
                released += (await session.Client.ReleaseIPsAsync([leak], cancel)).Released.Count;
            }
            catch (IpamException e) when (e.Code is IpamErrorCode.BadSequenceNumber or IpamErrorCode.BadHandle)
            {
                refused++;
                await session.Out.WriteLineAsync($"Kept {leak.Address}: {e.Message}");
            }
        }

        await session.Out.WriteLineAsync($"Released {released} IP addresses; {refused} were in use again, {common.Count - released - refused} were free already.");
        return ExitCode.Success;
    }
}
