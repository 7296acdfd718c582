using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Calico.Netlink;

namespace Calico.Lab.Fabric;

/// <summary>The namespaces that this lab has made, by name.</summary>
internal sealed class Namespaces(Workspace workspace) : IDisposable
{
    private readonly ConcurrentDictionary<string, NetworkNamespace> _open = new();

    public NetworkNamespace this[string name] => _open[name];

    public NetworkNamespace Create(string name)
    {
        workspace.RememberNamespace(name);
        NetworkNamespace created = NetworkNamespace.Create(name);
        _open[name] = created;
        return created;
    }

    public void Delete(string name)
    {
        if (_open.TryRemove(name, out NetworkNamespace? open)) open.Dispose();
        NetworkNamespace.Delete(name);
    }

    /// <summary>A socket lives in the namespace it was made in, whichever thread uses it later.</summary>
    public Socket CreateSocket(string name, Func<Socket> create) => _open[name].Run(create);

    /// <summary>Starts a program inside a namespace, its output in a file of the workspace.</summary>
    public Process Start(string name, string logFile, params ReadOnlySpan<string> command)
    {
        ProcessStartInfo start = new("/bin/sh")
        {
            ArgumentList = { "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", logFile },
            UseShellExecute = false,
            WorkingDirectory = workspace.Folder,
        };
        foreach (string word in command) start.ArgumentList.Add(word);
        // A child is born into the namespace of the thread that forks it.
        Process process = _open[name].Run(() => Process.Start(start)!);
        workspace.Remember(process.Id);
        return process;
    }

    public void Dispose()
    {
        foreach (NetworkNamespace open in _open.Values) open.Dispose();
        _open.Clear();
    }
}
