using System.Diagnostics;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>A BGP daemon in the other namespace.</summary>
internal abstract class Peer(TestNamespaces namespaces, PeerSetup setup) : IDisposable
{
    private readonly List<ProcessTree> _processes = [];

    public PeerSetup Setup { get; set; } = setup;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("peer").FullName;

    protected string Namespace => namespaces.Theirs;

    public static Peer Create(Daemon daemon, TestNamespaces namespaces, PeerSetup setup) => daemon switch
    {
        Daemon.Bird => new BirdPeer(namespaces, setup),
        Daemon.Frr => new FrrPeer(namespaces, setup),
        Daemon.Gobgp => new GobgpPeer(namespaces, setup),
        Daemon.Openbgpd => new OpenbgpdPeer(namespaces, setup),
        _ => new ExabgpPeer(namespaces, setup),
    };

    /// <summary>Writes the configuration, starts the daemon and waits until it takes commands.</summary>
    public async Task<Peer> StartAsync()
    {
        await Launch();
        return this;
    }

    protected abstract Task Launch();

    /// <summary>Prefixes of a family in the daemon's table that others have told it; 0 while it does not answer.</summary>
    public abstract int Learned(Family family);

    /// <summary>The paths to a prefix that others have told it.</summary>
    public abstract IReadOnlyList<PeerPath> Paths(string prefix);

    /// <summary>Makes the daemon send ROUTE-REFRESH.</summary>
    public abstract void RequestRefresh(string ours);

    /// <summary>Takes back one of its routes while it runs.</summary>
    public abstract void Withdraw(string prefix);

    /// <summary>SIGKILL to every process at once: nobody of them says goodbye.</summary>
    public void Kill()
    {
        foreach (ProcessTree process in _processes) process.Signal(ProcessTree.Stop);
        foreach (ProcessTree process in _processes) process.Kill();
        _processes.Clear();
    }

    /// <summary>SIGSTOP: the connection stands, nobody reads or writes.</summary>
    public void Freeze()
    {
        foreach (ProcessTree process in _processes) process.Signal(ProcessTree.Stop);
    }

    /// <summary>What the daemon printed and logged, for the report of a failed test.</summary>
    public string Log() => string.Join('\n', Directory.GetFiles(Folder, "*.log").Select(f => $"{f}:\n{Tail(f)}"));

    public void Dispose()
    {
        Kill();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    protected void Run(string name, params string[] command)
    {
        var process = new ProcessTree($"{Folder}/{name}.log", ["ip", "netns", "exec", Namespace, .. command]);
        _processes.Add(process);
    }

    /// <summary>A control program's output; empty while the daemon does not answer.</summary>
    protected string Ask(params string[] command)
    {
        using Process process = TestNamespaces.Start("ip", ["netns", "exec", Namespace, .. command]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : "";
    }

    /// <summary>A control program that has to succeed.</summary>
    protected void Must(params string[] command) => TestNamespaces.Run("ip", ["netns", "exec", Namespace, .. command]);

    protected Task UntilAnswers(Func<bool> answers) => Needs.Eventually(() => Task.FromResult(answers()), $"{GetType().Name} takes commands\n{Log()}", 30);

    protected string Write(string name, string text)
    {
        string path = $"{Folder}/{name}";
        File.WriteAllText(path, text);
        return path;
    }

    private static string Tail(string file)
    {
        string text = File.ReadAllText(file);
        return text.Length > 2000 ? text[^2000..] : text;
    }
}
