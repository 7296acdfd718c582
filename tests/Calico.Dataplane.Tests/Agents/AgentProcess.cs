using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Calico.Dataplane.Tests.Support;

namespace Calico.Dataplane.Tests.Agents;

/// <summary>The agent's program in a namespace, as anyone would start it.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    public AgentProcess(PrivateNetns ns, string node, string database, params string[] options)
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Calico.Agent", configuration, "calico-agent.dll"));
        string dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
        ProcessStartInfo start = new("ip", ["netns", "exec", ns.Name, dotnet, "exec", program, "run", "--node", node, "--datastore", $"sqlite://{database}", .. options])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Note(e.Data);
        _process.ErrorDataReceived += (_, e) => Note(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasEnded => _process.HasExited;

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    public void Dispose()
    {
        _process.Kill(); // ip has become the agent
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Note(string? line)
    {
        lock (_log) _log.AppendLine(line);
    }
}
