using System.Diagnostics;
using System.Runtime.InteropServices;
using Calico.Lab.Fabric;

namespace Calico.Lab.Nodes;

/// <summary>One node's agent: the program as anyone would start it, told the node's name and the datastore, nothing else.</summary>
internal sealed class AgentProcess(Namespaces namespaces, NodePlan node, string datastore, Workspace workspace) : IAsyncDisposable
{
    private Process? _process;

    public string LogFile => workspace.FileOf($"{node.Name}.log");

    public int? ProcessId => _process?.Id;

    public bool HasEnded => _process?.HasExited == true;

    public static string Program { get; } = Locate();

    public void Start() => _process = namespaces.Start(
        node.Namespace, LogFile, DotNet(), "exec", Program, "run", "--node", node.Name, "--datastore", datastore,
        "--bgp-socket", BgpSocket(workspace, node));

    public static string BgpSocket(Workspace workspace, NodePlan node) => workspace.FileOf($"{node.Name}.bgp");

    /// <summary>SIGKILL: the agent gets no chance to say goodbye.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync(cancellation);
        _process.Dispose();
        _process = null;
    }

    public IEnumerable<string> LastLines(int count) => File.Exists(LogFile) ? File.ReadLines(LogFile).TakeLast(count) : [];

    // The lab's own build lies beside the agent's.
    private static string Locate()
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string beside = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Calico.Agent", configuration, "calico-agent.dll"));
        return File.Exists(beside) ? beside : throw new LabException($"The agent's program is missing: {beside}. Build samples/Calico.Agent.");
    }

    private static string DotNet() => Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");

    public async ValueTask DisposeAsync() => await KillAsync(CancellationToken.None);
}
