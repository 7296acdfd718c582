using System.Diagnostics;
using Calico.Lab.Fabric;

namespace Calico.Lab.Routers;

/// <summary>BIRD 2 in the router's namespace.</summary>
internal sealed class BirdRouter : IRouter
{
    private readonly Process _process;
    private readonly string _control;
    private readonly Namespaces _namespaces;
    private readonly FabricPlan _plan;

    private BirdRouter(Process process, string control, string name, Namespaces namespaces, FabricPlan plan)
    {
        _process = process;
        _control = control;
        _namespaces = namespaces;
        _plan = plan;
        Name = name;
    }

    public string Name { get; }

    public int? ProcessId => _process.Id;

    public IReadOnlyList<string> Hints => [$"birdc -s {_control} show protocols", $"birdc -s {_control} show route all"];

    /// <summary>Null where BIRD 2 is not installed.</summary>
    public static async Task<BirdRouter?> TryStartAsync(Namespaces namespaces, FabricPlan plan, Workspace workspace, CancellationToken cancellation)
    {
        if (Programs.Find("bird") is not { } program || Programs.Find("birdc") is null) return null;
        string version = await VersionAsync(program, cancellation);
        if (!version.StartsWith("BIRD version 2", StringComparison.Ordinal) && !version.StartsWith("BIRD version 3", StringComparison.Ordinal)) return null;
        string configuration = workspace.FileOf("bird.conf"), control = workspace.FileOf("bird.ctl"), log = workspace.FileOf("router.log");
        await File.WriteAllTextAsync(configuration, BirdConfiguration.For(plan, log), cancellation);
        Process process = namespaces.Start(plan.RouterNamespace, log, program, "-f", "-c", configuration, "-s", control, "-P", workspace.FileOf("bird.pid"));
        for (int i = 0; i < 250 && !File.Exists(control); i++)
        {
            if (process.HasExited) throw new LabException($"BIRD ended at once: {await LastLinesAsync(log)}");
            await Task.Delay(20, cancellation);
        }

        return new BirdRouter(process, control, version.Replace("BIRD version", "BIRD", StringComparison.Ordinal), namespaces, plan);
    }

    public Task<string> ShowRoutesAsync(CancellationToken cancellation) => ControlAsync("show route", cancellation);

    private async Task<string> ControlAsync(string command, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(Programs.Find("birdc")!) { ArgumentList = { "-s", _control, command }, RedirectStandardOutput = true, UseShellExecute = false };
        using Process birdc = _namespaces[_plan.RouterNamespace].Run(() => Process.Start(start)!);
        string output = await birdc.StandardOutput.ReadToEndAsync(cancellation);
        await birdc.WaitForExitAsync(cancellation);
        return output;
    }

    private static async Task<string> VersionAsync(string program, CancellationToken cancellation)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string text = await process.StandardError.ReadToEndAsync(cancellation) + await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return text.Trim();
    }

    private static async Task<string> LastLinesAsync(string log) => string.Join(" | ", (await File.ReadAllLinesAsync(log)).TakeLast(3));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
