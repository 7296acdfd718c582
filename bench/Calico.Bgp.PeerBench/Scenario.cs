using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Calico.Bgp.PeerBench;

internal sealed record Measurement(double Announce, double Dump, double Withdraw, double PeakMegabytes);

/// <summary>One speaker between senders and receivers, in two private network namespaces joined by a veth pair.</summary>
internal static partial class Scenario
{
    private const string Speaker = "10.98.0.1";

    public static async Task<Measurement> RunAsync(string name, string routeServer, LoadTable table, int senders, int receivers)
    {
        string inside = $"bgpbench{Environment.ProcessId}s", outside = $"bgpbench{Environment.ProcessId}p";
        string folder = Directory.CreateTempSubdirectory("bgpbench").FullName;
        var peers = new List<(string Address, Asn Asn)>();
        for (int i = 0; i < senders; i++) peers.Add(($"10.98.1.{i + 1}", LoadTable.AsnOf(i)));
        for (int i = 0; i <= receivers; i++) peers.Add(($"10.98.2.{i + 1}", new Asn((uint)(64001 + i))));
        Process? speaker = null;
        try
        {
            MakeNamespaces(inside, outside, peers);
            speaker = Start("ip", ["netns", "exec", inside, .. name == "bird" ? Bird(folder, peers) : RouteServer(folder, routeServer, peers)]);
            List<LoadPeer> load = [.. peers.SkipLast(1).Select(p => LoadPeer.Connect(() => SocketIn(outside), p.Address, Speaker, p.Asn))];
            await Task.Delay(1000);
            LoadPeer[] reading = [.. load.Skip(senders)];
            int total = table.Prefixes * senders;
            double announce = Time(() => All(load.Take(senders), table.Announce, reading, total));
            LoadPeer? late = null;
            double dump = Time(() =>
            {
                late = LoadPeer.Connect(() => SocketIn(outside), peers[^1].Address, Speaker, peers[^1].Asn);
                late.ReadUntil(total);
            });
            double withdraw = Time(() => All(load.Take(senders), table.Withdraw, [.. reading, late!], 0));
            double megabytes = PeakOf(speaker.Id);
            load.ForEach(p => p.Dispose());
            late!.Dispose();
            return new Measurement(announce, dump, withdraw, megabytes);
        }
        finally
        {
            speaker?.Kill(entireProcessTree: true);
            speaker?.WaitForExit();
            foreach (string ns in new[] { inside, outside }) Start("ip", ["netns", "del", ns]).WaitForExit();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void All(IEnumerable<LoadPeer> senders, List<byte[]> what, LoadPeer[] readers, int count)
    {
        // Senders also get what the others send, and have to take it off their sockets.
        Thread[] threads =
        [
            .. senders.Zip(what, (peer, octets) => new Thread(() => peer.Send(octets))),
            .. readers.Select(peer => new Thread(() => peer.ReadUntil(count))),
            .. senders.Select(peer => new Thread(() => peer.ReadUntil(senders.Count() == 1 ? 0 : count - count / senders.Count()))),
        ];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
    }

    private static double Time(Action act)
    {
        long start = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string[] Bird(string folder, List<(string Address, Asn Asn)> peers)
    {
        var text = new StringBuilder($"router id {Speaker};\nprotocol device {{ scan time 3600; }}\n");
        for (int i = 0; i < peers.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"protocol bgp p{i} {{ local {Speaker} as 65000; neighbor {peers[i].Address} as {peers[i].Asn}; direct; passive on; ipv4 {{ import all; export all; }}; }}\n");
        File.WriteAllText($"{folder}/bird.conf", text.ToString());
        return ["bird", "-f", "-c", $"{folder}/bird.conf", "-s", $"{folder}/bird.ctl", "-P", $"{folder}/bird.pid"];
    }

    private static string[] RouteServer(string folder, string path, List<(string Address, Asn Asn)> peers)
    {
        string neighbors = string.Join(",\n", peers.Select(p => $"{{ \"address\": \"{p.Address}\", \"asn\": {p.Asn}, \"passive\": true, \"families\": [\"ipv4-unicast\"] }}"));
        File.WriteAllText($"{folder}/calico.json", $"{{ \"routerId\": \"{Speaker}\", \"asn\": 65000, \"listen\": [\"{Speaker}:179\"], \"ebgpRequiresPolicy\": false, \"neighbors\": [{neighbors}] }}");
        return ["dotnet", path, "--config", $"{folder}/calico.json"];
    }

    private static void MakeNamespaces(string inside, string outside, List<(string Address, Asn Asn)> peers)
    {
        Ip("netns", "add", inside);
        Ip("netns", "add", outside);
        Ip("-n", inside, "link", "add", "e0", "type", "veth", "peer", "name", "e0", "netns", outside);
        Ip("-n", inside, "addr", "add", $"{Speaker}/16", "dev", "e0");
        foreach ((string address, _) in peers) Ip("-n", outside, "addr", "add", $"{address}/16", "dev", "e0");
        foreach (string ns in new[] { inside, outside })
        {
            Ip("-n", ns, "link", "set", "lo", "up");
            Ip("-n", ns, "link", "set", "e0", "up");
        }
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Start("ip", arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)} failed.");
    }

    private static Process Start(string program, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(program, arguments))!;

    private static double PeakOf(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static Socket SocketIn(string name)
    {
        Socket? socket = null;
        var thread = new Thread(() =>
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle($"/run/netns/{name}");
            if (SetNamespace((int)file.DangerousGetHandle(), 0x40000000) == 0) socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new InvalidOperationException($"No socket in the namespace {name}.");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}
