using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Calico.Netlink;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Support;

/// <summary>This test program started again as a process of its own that keeps changing the policy of a namespace, to be killed at will.</summary>
internal sealed class DataplaneWorker : IDisposable
{
    private const string Variable = "CALICO_DATAPLANE_WORKER";
    private readonly Process _process;
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _error = "";

    private DataplaneWorker(Process process) => _process = process;

    public static readonly WorkloadEndpointModel Web = Pod("prod", "web", "10.0.0.1", Node, ("app", "web")), Api = Pod("prod", "api", "10.0.0.2", Node, ("app", "api"));

    /// <summary>Completes when the first flush is done.</summary>
    public Task Flushed => _flushed.Task;

    /// <summary>What it complained about.</summary>
    public string Error => _error;

    public static DataplaneWorker Start(PrivateNetns ns, int seed)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Variable] = string.Create(CultureInfo.InvariantCulture, $"{ns.Name}|{seed}");
        DataplaneWorker worker = new(Process.Start(start)!);
        worker._process.OutputDataReceived += (_, e) =>
        {
            if (e.Data?.StartsWith("problem", StringComparison.Ordinal) == true) worker._error = e.Data;
            else if (e.Data is not null) worker._flushed.TrySetResult();
        };
        worker._process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null) worker._error = e.Data;
        };
        worker._process.BeginOutputReadLine();
        worker._process.BeginErrorReadLine();
        return worker;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    /// <summary>Runs before xunit does. Other threads cannot enter this assembly until it returns, so the work is synchronous.</summary>
    [ModuleInitializer]
    internal static void RunAsWorker()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is not [string network, string seed]) return;
        try
        {
            Work(network, new Random(int.Parse(seed, CultureInfo.InvariantCulture)));
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.ToString().ReplaceLineEndings(" "));
            Environment.Exit(1);
        }
    }

    // Whatever the policy is at a moment, it lets web to api on UDP port 80, and nothing else to api.
    private static void Work(string network, Random random)
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Web);
        cluster.Engine.Upsert(Api);
        cluster.Engine.Upsert(new TierModel { Name = "t", Order = 1 });
        Change(cluster, random);
        CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, NetworkNamespace.Open(network));
        dataplane.Apply(cluster.Start());
        long end = Environment.TickCount64 + 30_000; // outlives no test
        while (Environment.TickCount64 < end)
        {
            FlushReport report = dataplane.FlushAsync().AsTask().GetAwaiter().GetResult();
            Console.WriteLine(report.Problems.Count > 0 ? "problem " + report.Problems[0] : "flushed");
            for (int i = random.Next(1, 4); i > 0; i--) Change(cluster, random);
            dataplane.Apply(cluster.Engine.Flush());
            if (random.Next(8) == 0) dataplane.Resync();
        }

        Environment.Exit(0);
    }

    private static void Change(Cluster cluster, Random random)
    {
        RuleModel allowed = new() { Protocol = IpProtocol.Udp, Source = new EntityMatch { Selector = "app == 'web'" }, Destination = new EntityMatch { Ports = [new PortRange(80)] } };
        RuleModel[] others = [.. Enumerable.Range(0, random.Next(20)).Select(i => Allow($"app == 'web' && n == '{i % 5}'", (ushort)(1000 + i)))];
        switch (random.Next(4))
        {
            case 0:
                cluster.Engine.Upsert(Pod("prod", $"far{random.Next(5)}", $"10.0.1.{random.Next(1, 6)}", "n2", ("app", "web"), ("n", $"{random.Next(5)}")));
                break;
            case 1:
                cluster.Engine.Remove(Pod("prod", $"far{random.Next(5)}", "10.0.1.1", "n2").Id);
                break;
            case 2:
                cluster.Engine.Upsert(Policy_("t.pass", "app == 'api'", [.. others.Take(3), allowed with { Action = Policy.Model.RuleAction.Pass }]) with { Tier = "t" });
                break;
        }

        cluster.Engine.Upsert(Policy_("api", "app == 'api'", [.. others, allowed]));
    }
}
