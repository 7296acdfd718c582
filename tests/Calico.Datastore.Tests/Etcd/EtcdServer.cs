using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calico.Datastore.Etcd;
using Calico.Tests;

namespace Calico.Datastore.Tests.Etcd;

/// <summary>A real etcd on loopback, one member or several, that is gone with its data afterwards.</summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<EtcdMember> _members = [];

    private EtcdServer()
    {
    }

    public string[] Endpoints => [.. _members.Select(m => m.ClientUrl)];

    public string Folder => _folder.Path;

    internal IReadOnlyList<EtcdMember> Members => _members;

    /// <summary>Starts it, or skips the test where etcd is not installed (on CI a failure).</summary>
    public static async Task<EtcdServer> StartAsync(int members = 1, Func<string, string[]>? arguments = null, string scheme = "http", EtcdDatastoreOptions? access = null)
    {
        string? program = Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(d => Path.Combine(d, "etcd")).FirstOrDefault(File.Exists);
        if (program is null)
        {
            if (Conformance.Required) throw new FileNotFoundException("etcd is not installed (Debian: etcd-server).");
            Assert.Skip("etcd is not installed (Debian: etcd-server).");
        }

        EtcdServer server = new();
        int[] ports = FreePorts(2 * members);
        string cluster = string.Join(',', Enumerable.Range(0, members).Select(i => $"m{i}=http://127.0.0.1:{ports[2 * i + 1]}"));
        for (int i = 0; i < members; i++)
        {
            string data = server._folder.File($"m{i}");
            string[] line =
            [
                "--name", $"m{i}", "--data-dir", data,
                "--listen-client-urls", $"{scheme}://127.0.0.1:{ports[2 * i]}", "--advertise-client-urls", $"{scheme}://127.0.0.1:{ports[2 * i]}",
                "--listen-peer-urls", $"http://127.0.0.1:{ports[2 * i + 1]}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{ports[2 * i + 1]}",
                "--initial-cluster", cluster, "--logger", "zap", "--log-level", "error", .. arguments?.Invoke(server.Folder) ?? [],
            ];
            server._members.Add(new(program, line, $"{scheme}://127.0.0.1:{ports[2 * i]}"));
        }

        foreach (EtcdMember member in server._members) member.Start();
        try
        {
            await server.ReadyAsync(access);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public EtcdDatastore Open(Action<EtcdDatastoreOptions>? change = null)
    {
        EtcdDatastoreOptions options = new() { Endpoints = Endpoints };
        change?.Invoke(options);
        return new(options);
    }

    internal async Task<EtcdMember> LeaderAsync()
    {
        foreach (EtcdMember member in _members.Where(m => m.IsRunning))
        {
            await using EtcdDatastore only = new(member.ClientUrl);
            if ((await only.GetStatusAsync()).IsLeader) return member;
        }

        throw new InvalidOperationException("The cluster has no leader.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EtcdMember member in _members) await member.KillAsync();
        _folder.Dispose();
    }

    private async Task ReadyAsync(EtcdDatastoreOptions? access)
    {
        EtcdDatastoreOptions options = access ?? new();
        options.Endpoints = Endpoints;
        options.OperationTimeout = TimeSpan.FromSeconds(30);
        await using EtcdDatastore store = new(options);
        await store.GetAsync("/ready");
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners) listener.Stop();
        return ports;
    }
}
