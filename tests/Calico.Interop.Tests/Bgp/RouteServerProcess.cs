namespace Calico.Interop.Tests.Bgp;

/// <summary>The sample route server as a process in our namespace.</summary>
internal sealed class RouteServerProcess : IDisposable
{
    private readonly TestNamespaces _namespaces;
    private readonly string _folder = Directory.CreateTempSubdirectory("routeserver").FullName;
    private ProcessTree? _process;

    public RouteServerProcess(TestNamespaces namespaces, string configuration)
    {
        _namespaces = namespaces;
        File.WriteAllText($"{_folder}/config.json", configuration);
    }

    private static string Program
    {
        get
        {
            // artifacts/bin/Calico.Interop.Tests/release → artifacts/bin/Calico.RouteServer/release
            string configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Calico.RouteServer", configuration, "Calico.RouteServer"));
        }
    }

    public string Log => File.Exists($"{_folder}/log") ? File.ReadAllText($"{_folder}/log") : "";

    public void Start(params string[] arguments) =>
        _process = new ProcessTree($"{_folder}/log", ["ip", "netns", "exec", _namespaces.Ours, Program, "--config", $"{_folder}/config.json", .. arguments]);

    public void Kill()
    {
        _process?.Kill();
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }
}
