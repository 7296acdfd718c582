using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam assign</c>: addresses for virtual machines, bare metal and scripts, one a line.</summary>
internal static class AssignCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> node = new("--node") { Description = "The node that the addresses are used on.", Required = true };
        Option<string> handle = new("--handle") { Description = "What to release them by.", Required = true };
        Option<int> ipv4 = new("--ipv4") { Description = "How many IPv4 addresses." };
        Option<int> ipv6 = new("--ipv6") { Description = "How many IPv6 addresses." };
        Option<string[]> ip = new("--ip") { Description = "An address by name; may be repeated." };
        Option<string[]> pool = new("--pool") { Description = "A pool to take from, by name or range; may be repeated." };
        Option<string[]> attribute = new("--attribute") { Description = "KEY=VALUE, kept with the addresses; may be repeated." };
        Option<bool> force = new("--force") { Description = "Also while the datastore is locked." };
        Option<string> output = new("--output", "-o") { Description = "text or json.", DefaultValueFactory = static _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        Command command = new("assign", "Assign addresses and print them, one a line.") { node, handle, ipv4, ipv6, ip, pool, attribute, force, output };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            Dictionary<string, string> attributes = new() { [OwnerAttributes.Node] = parsed.GetValue(node)! };
            foreach (string pair in parsed.GetValue(attribute) ?? [])
            {
                int equals = pair.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0) return terminal.Fail($"--attribute '{pair}' is not KEY=VALUE");
                attributes[pair[..equals]] = pair[(equals + 1)..];
            }

            if (!parsed.GetValue(force) && await ClusterLock.IsLockedAsync(session.Store, cancel))
                return terminal.Fail("the datastore is locked: somebody migrates or repairs it. Wait for 'calico datastore unlock', or add --force");
            List<IPAddress> named = [.. (parsed.GetValue(ip) ?? []).Select(Address)];
            int four = parsed.GetValue(ipv4), six = parsed.GetValue(ipv6);
            if (four < 0 || six < 0) return terminal.Fail($"cannot assign {Math.Min(four, six)} addresses: ask for 1 or more");
            if (named.Count == 0 && four == 0 && six == 0) four = 1;
            List<IPNetwork> pools = await PoolsAsync(session, parsed.GetValue(pool) ?? [], cancel);
            List<AssignedAddress> assigned = [];
            try
            {
                foreach (IPAddress address in named)
                    assigned.Add(await session.Client.AssignIPAsync(new AssignIPRequest(address) { Node = parsed.GetValue(node)!, Handle = parsed.GetValue(handle), Attributes = attributes }, cancel));
                if (four > 0 || six > 0)
                {
                    AutoAssignResult result = await session.Client.AutoAssignAsync(
                        new AutoAssignRequest
                        {
                            Node = parsed.GetValue(node)!,
                            Handle = parsed.GetValue(handle),
                            IPv4 = four,
                            IPv6 = six,
                            Attributes = attributes,
                            IPv4Pools = [.. pools.Where(network => !IsIPv6(network))],
                            IPv6Pools = [.. pools.Where(IsIPv6)],
                        },
                        cancel);
                    assigned.AddRange(result.Addresses);
                    result.ThrowIfIncomplete();
                }
            }
            catch when (assigned.Count > 0)
            {
                // All or nothing: a script that fails must not have to clean up.
                await session.Client.ReleaseIPsAsync([.. assigned.Select(address => new ReleaseOption(address.Address, parsed.GetValue(handle), address.SequenceNumber))], CancellationToken.None);
                throw;
            }

            await WriteAsync(session.Out, assigned, parsed.GetValue(output) == "json", parsed.GetValue(handle)!);
            return ExitCode.Success;
        });
    }

    internal static IPAddress Address(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) ? address : throw new ArgumentException($"'{text}' is not an IP address");

    private static async Task<List<IPNetwork>> PoolsAsync(IpamSession session, string[] texts, CancellationToken cancel)
    {
        List<IPNetwork> pools = [];
        IReadOnlyList<IPPool> known = texts.Length == 0 ? [] : await session.Client.GetPoolsAsync(cancel);
        foreach (string text in texts)
        {
            IPPool? pool = known.FirstOrDefault(one => one.Name == text || one.Cidr.ToString() == text);
            pools.Add(pool?.Cidr ?? throw new ArgumentException($"there is no pool '{text}'; there are {(known.Count == 0 ? "none" : string.Join(", ", known.Select(one => $"{one.Name} ({one.Cidr})")))}"));
        }

        return pools;
    }

    private static async Task WriteAsync(TextWriter output, List<AssignedAddress> assigned, bool json, string handle)
    {
        if (!json)
        {
            foreach (AssignedAddress address in assigned) await output.WriteLineAsync(address.Address.ToString());
            return;
        }

        JsonArray list = [.. assigned.Select(address => new JsonObject
        {
            ["ip"] = address.Address.ToString(),
            ["block"] = address.Block.ToString(),
            ["handle"] = handle,
            ["sequenceNumber"] = address.SequenceNumber,
            ["borrowed"] = address.IsBorrowed,
        })];
        await output.WriteLineAsync(list.ToJsonString(new() { WriteIndented = true }));
    }

    private static bool IsIPv6(IPNetwork network) => network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
}
