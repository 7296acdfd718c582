using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Calico.Ipam.Tests.Crashes;

/// <summary>One etcd of the test's own, on loopback and in a folder that goes with the test.</summary>
internal sealed class EtcdProcess : IDisposable
{
    private readonly Process _process;

    private EtcdProcess(Process process, string endpoint) => (_process, Endpoint) = (process, endpoint);

    public string Endpoint { get; }

    public static async Task<EtcdProcess> StartAsync(string folder)
    {
        string? program = ((string[])["/usr/bin/etcd", "/usr/local/bin/etcd"]).FirstOrDefault(File.Exists);
        if (program is null && Environment.GetEnvironmentVariable("CI") == "true") throw new FileNotFoundException("etcd is not installed (package etcd-server).");
        if (program is null) Assert.Skip("etcd is not installed on this machine.");
        string client = $"http://127.0.0.1:{FreePort()}", peer = $"http://127.0.0.1:{FreePort()}";
        ProcessStartInfo start = new(program!, ["--data-dir", Path.Combine(folder, "etcd"), "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"default={peer}", "--log-level", "error"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(1) };
        for (int tries = 0; tries < 100; tries++)
        {
            try
            {
                if ((await http.GetAsync(new Uri($"{client}/health"))).IsSuccessStatusCode) return new EtcdProcess(process, client);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                await Task.Delay(100);
            }
        }

        process.Kill();
        throw new TimeoutException("etcd did not come up.");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
