using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Ipam;

namespace Calico.Datastore.Tests;

/// <summary>This test program started again as a process of its own that works on a store file, to be killed at will.</summary>
internal sealed class StoreWorker : IDisposable
{
    private const string Variable = "CALICO_STORE_WORKER";

    private readonly Process _process;

    private StoreWorker(Process process) => _process = process;

    /// <summary>Starts <c>mode path argument</c>; every line it prints is handed over.</summary>
    public static StoreWorker Start(string mode, string path, string argument, Action<string> line, params string[] launcher)
    {
        string[] command = [.. launcher, Environment.ProcessPath!];
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Variable] = $"{mode}|{path}|{argument}";
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null) line(e.Data);
        };
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null) line($"error {e.Data}");
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process);
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task EndAsync() => _process.WaitForExitAsync();

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    /// <summary>Runs before xunit does. Other threads cannot enter this assembly until it returns, so the work is synchronous.</summary>
    [ModuleInitializer]
    internal static void RunAsWorker()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is not [string mode, string path, string argument]) return;
        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        if (mode == "open") Open(path, output);
        IDatastore store = path.StartsWith("http://", StringComparison.Ordinal) ? new EtcdDatastore(path.Split(',')) : new SqliteDatastore(path);
        output.WriteLine("ready");
        switch (mode)
        {
            case "take":
                Take(store, argument, output);
                break;
            case "clock":
                Clock(store, int.Parse(argument, CultureInfo.InvariantCulture));
                break;
            case "ipam":
                Assign(store, argument, output);
                break;
            case "fill":
                Fill(store, output);
                break;
        }

        Environment.Exit(0);
    }

    private static void Open(string path, StreamWriter output)
    {
        try
        {
            _ = new SqliteDatastore(path);
            output.WriteLine("opened");
        }
        catch (DatastoreException error)
        {
            output.WriteLine($"{error.Error}: {error.Message}");
        }

        Environment.Exit(0);
    }

    private static void Clock(IDatastore store, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Wait(store.PutAsync($"/clock/{i % 10}", Encoding.UTF8.GetBytes($"{i} {Stopwatch.GetTimestamp()}")));
            Thread.Sleep(20);
        }
    }

    /// <summary>Takes the next free number for ever: a key per number and a counter, both in one transaction. Prints each number that is its own.</summary>
    private static void Take(IDatastore store, string owner, StreamWriter output)
    {
        while (true)
        {
            KeyValue? counter = Wait(store.GetAsync("/counter"));
            int next = counter is null ? 0 : int.Parse(Encoding.UTF8.GetString(counter.Value.Span), CultureInfo.InvariantCulture) + 1;
            Transaction take = new Transaction()
                .Require("/counter", counter?.ModRevision ?? 0).RequireAbsent($"/taken/{next}")
                .Put("/counter", Encoding.UTF8.GetBytes($"{next}")).Put($"/taken/{next}", Encoding.UTF8.GetBytes(owner));
            if (Wait(store.CommitAsync(take)).Committed) output.WriteLine($"took {next}");
        }
    }

    /// <summary>Assigns an address a pod for ever, four pods a node, and gives every third back; says what it has and what it is about to give back.</summary>
    private static void Assign(IDatastore store, string owner, StreamWriter output)
    {
        IpamCluster cluster = new([new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/16") }]);
        IpamClient client = new(new DatastoreIpamStore(store), new FixedClusterSource(cluster));
        for (int i = 0; ; i++)
        {
            string handle = $"{owner}-{i}";
            AutoAssignResult result = client.AutoAssignAsync(new AutoAssignRequest { Node = $"node-{(i / 4 + owner.Length) % 3}", IPv4 = 1, Handle = handle, MaxBlocksPerHost = 1000 }).GetAwaiter().GetResult();
            output.WriteLine($"got {result.Addresses.Single().Address} {handle}");
            if (i % 3 != 2) continue;
            output.WriteLine($"gives {handle}");
            client.ReleaseByHandleAsync(handle).GetAwaiter().GetResult();
        }
    }

    private static void Fill(IDatastore store, StreamWriter output)
    {
        int stored = 0;
        try
        {
            for (; stored < 10_000; stored++) Wait(store.PutAsync($"/fill/{stored}", new byte[10_000]));
        }
        catch (DatastoreException error)
        {
            int found = Wait(store.ListAsync("/fill/", keysOnly: true)).Items.Count;
            output.WriteLine($"{error.Error} {stored} {found}");
        }
    }

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
