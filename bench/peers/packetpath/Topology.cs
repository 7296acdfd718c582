using System.Diagnostics;
using System.Net;
using Calico.Netlink;

namespace Calico.PacketPath.Bench;

/// <summary>Client → router → workload, each in a namespace: two veths, forwarding in the router, everything discarded at the workload.</summary>
internal sealed class Topology : IDisposable
{
    public const string WorkloadInterface = "calilast";
    public static readonly IPAddress Client = IPAddress.Parse("172.31.1.2"), Workload = IPAddress.Parse("10.0.0.1");
    private readonly string _client, _router, _workload;

    public Topology(string name)
    {
        (_client, _router, _workload) = ($"{name}-c", $"{name}-r", $"{name}-w");
        AppDomain.CurrentDomain.UnhandledException += (_, _) => Remove();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove();
        foreach (string ns in (string[])[_client, _router, _workload]) Run($"netns add {ns}");
        Run($"-n {_router} link add fabric0 type veth peer name eth0 netns {_client}");
        Run($"-n {_router} link add {WorkloadInterface} type veth peer name eth0 netns {_workload}");
        Run($"-n {_client} addr add 172.31.1.2/24 dev eth0");
        Run($"-n {_router} addr add 172.31.1.1/24 dev fabric0");
        Run($"-n {_workload} addr add 10.0.0.1/32 dev eth0");
        foreach ((string ns, string link) in ((string, string)[])[(_client, "eth0"), (_router, "fabric0"), (_router, WorkloadInterface), (_workload, "eth0")]) Run($"-n {ns} link set {link} up");
        Run($"-n {_client} route add 10.0.0.0/8 via 172.31.1.1");
        Run($"-n {_router} route add 10.0.0.1/32 dev {WorkloadInterface}");
        string mac = Output("ip", $"netns exec {_workload} cat /sys/class/net/eth0/address").Trim();
        Run($"-n {_router} neigh add 10.0.0.1 lladdr {mac} dev {WorkloadInterface} nud permanent");
        Output("ip", $"netns exec {_router} sysctl -qw net.ipv4.ip_forward=1");
        Nft("table ip sink { chain c { type filter hook prerouting priority raw; counter drop; }; }\n", _workload);
        Router = NetworkNamespace.Open(_router);
        ClientNamespace = NetworkNamespace.Open(_client);
    }

    public NetworkNamespace Router { get; }

    public NetworkNamespace ClientNamespace { get; }

    /// <summary>Packets that reached the workload so far.</summary>
    public long Delivered()
    {
        string[] words = Output("ip", $"netns exec {_workload} nft list ruleset").Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[Array.IndexOf(words, "packets") + 1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Clear() => Nft("flush ruleset\n", _router);

    public void Load(string ruleset) => Nft("flush ruleset\n" + ruleset, _router);

    public double Send(int packets) => ClientNamespace.Run(() => Blaster.Send(Workload, flows: 16_384, packets));

    public void Dispose()
    {
        Router.Dispose();
        ClientNamespace.Dispose();
        Remove();
    }

    private void Remove()
    {
        foreach (string ns in (string[])[_client, _router, _workload]) NetworkNamespace.Delete(ns);
    }

    private static void Nft(string text, string ns) => Output("ip", $"netns exec {ns} nft -f -", text);

    private static void Run(string arguments) => Output("ip", arguments);

    private static string Output(string program, string arguments, string? input = null)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = input is not null })!;
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {arguments} failed.");
    }
}
