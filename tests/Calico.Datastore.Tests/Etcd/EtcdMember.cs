using System.Diagnostics;

namespace Calico.Datastore.Tests.Etcd;

/// <summary>One etcd process, to be killed and started again on the same data.</summary>
internal sealed class EtcdMember(string program, string[] arguments, string clientUrl)
{
    private Process? _process;

    public string ClientUrl { get; } = clientUrl;

    public bool IsRunning => _process is { HasExited: false };

    public void Start()
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited)
        {
            // A stopped process dies too.
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _process = null;
    }

    public Task SignalAsync(string signal) => RunAsync("kill", $"-{signal}", $"{_process!.Id}");

    public static async Task<string> RunAsync(string file, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {await error}");
    }
}
