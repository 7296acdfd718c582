using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Interpreter;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>The interpreter against the kernel: the same packets through both, and every counter of every rule and element must agree.</summary>
public sealed class InterpreterKernelTests
{
    private static readonly NftInterface Outside = new("v0", 9);

    [Fact]
    public async Task Random_rulesets_count_the_same_packets_as_the_kernel()
    {
        int first = Random.Shared.Next(1_000_000);
        using NetworkNamespace network = Lab.NewNamespace();
        Ip(network, "link set lo up", "link add v0 type veth peer name v1", "link set v0 addrgenmode none arp off up", "link set v1 addrgenmode none arp off up",
            "route add default dev v0", "-6 route add default dev v0");
        using NftClient client = NftClient.Open(Lab.In(network));
        using Socket ipv4 = network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw));
        using Socket ipv6 = network.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.Raw));
        for (int seed = first; seed < first + 200; seed++)
        {
            RulesetGenerator generator = new(seed);
            NftTable table = generator.Ruleset();
            await client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, table)), cancellationToken: TestContext.Current.CancellationToken);
            NftInterpreter interpreter = new([table]);
            for (int i = 0; i < 60; i++)
            {
                byte[] packet = generator.Packet();
                Send((packet[0] >> 4) == 4 ? ipv4 : ipv6, packet);
                interpreter.Evaluate(new NftPacket(packet) { Output = Outside, IsUntracked = true, SocketUser = 0 }, NftHook.Output);
            }

            NftTable counted = (await client.ReadTableAsync(table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0];
            Compare(seed, counted, interpreter);
            await client.CommitAsync(new NftTransaction().Add(new NftDeleteTable(table.Id)), cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    private static void Compare(int seed, NftTable counted, NftInterpreter interpreter)
    {
        List<string> differences = [];
        foreach (NftChain chain in counted.Chains)
        {
            for (int rule = 0; rule < chain.Rules.Count; rule++)
            {
                string kernel = string.Join(' ', chain.Rules[rule].Expressions.OfType<CounterExpression>().Select(c => c.Packets));
                string ours = string.Join(' ', interpreter.RuleCounters(counted.Id, chain.Name, rule).Select(c => c.Packets));
                if (kernel != ours) differences.Add($"chain {chain.Name} rule {rule} counted {kernel} in the kernel, {ours} here:\n{chain.Rules[rule].Expressions}");
            }
        }

        Assert.True(differences.Count == 0, $"seed {seed}:\n{string.Join('\n', differences)}");
    }

    private static void Send(Socket socket, byte[] packet)
    {
        IPAddress destination = new(packet.AsSpan((packet[0] >> 4) == 4 ? 16 : 24, (packet[0] >> 4) == 4 ? 4 : 16));
        try
        {
            socket.SendTo(packet, new IPEndPoint(destination, 0));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or (SocketError)1 or SocketError.SocketError)
        {
            // Dropped by the ruleset: EPERM.
        }
    }

    private static void Ip(NetworkNamespace network, params string[] commands)
    {
        foreach (string command in commands)
        {
            using Process process = Process.Start("nsenter", [$"--net=/proc/{Environment.ProcessId}/fd/{network.FileDescriptor}", "ip", .. command.Split(' ')]);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }
}
