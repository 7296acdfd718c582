using System.Diagnostics;

namespace Calico.Interop.Tests.Bgp;

/// <summary>BIRD in a namespace, with a configuration.</summary>
internal sealed class BirdPeer : IDisposable
{
    private readonly TestNamespaces _namespaces;
    private readonly string _folder = Directory.CreateTempSubdirectory("bird").FullName;
    private Process? _process;

    public BirdPeer(TestNamespaces namespaces, string configuration)
    {
        _namespaces = namespaces;
        Configuration = configuration;
        Start();
    }

    public string Configuration { get; set; }

    public void Start()
    {
        File.WriteAllText($"{_folder}/bird.conf", $"router id 10.77.0.2;\nlog \"{_folder}/bird.log\" all;\nprotocol device {{ }}\n{Configuration}\n");
        TestNamespaces.Run("bird", "-p", "-c", $"{_folder}/bird.conf");
        _process = TestNamespaces.Start("ip", "netns", "exec", _namespaces.Theirs, "bird", "-f", "-c", $"{_folder}/bird.conf", "-s", $"{_folder}/bird.ctl", "-P", $"{_folder}/bird.pid");
    }

    public void Kill()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    /// <summary>A birdc command's output; empty while BIRD does not answer.</summary>
    public string Ask(string command)
    {
        using Process process = TestNamespaces.Start("birdc", ["-s", $"{_folder}/bird.ctl", .. command.Split(' ')]);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : "";
    }

    public int Routes(string table, string protocol)
    {
        string[] words = Ask($"show route table {table} protocol {protocol} count").Split(' ', '\n');
        int of = Array.IndexOf(words, "of");
        return of > 0 && int.TryParse(words[of - 1], out int count) ? count : 0;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }
}
