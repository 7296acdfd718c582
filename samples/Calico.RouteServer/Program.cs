using System.Net.Sockets;
using System.Runtime.InteropServices;
using Calico.Bgp;
using Calico.Bgp.Bmp;
using Calico.Bgp.Mrt;
using Calico.Bgp.Status;
using Calico.RouteServer;

// A BGP route server and reflector: --config FILE [--socket PATH] [--trace] [--restarted]; the last: neighbours still keep our routes. SIGHUP reads the file again; SIGTERM and SIGINT end it.
string? Value(string option) => Array.IndexOf(args, option) is int i and >= 0 && i + 1 < args.Length ? args[i + 1] : null;
if (Value("--config") is not { } file)
{
    Console.Error.WriteLine("usage: Calico.RouteServer --config FILE [--socket PATH] [--trace] [--restarted]");
    return 2;
}

try
{
    BgpSpeakerOptions options = RouteServerConfig.Load(file, out RouteServerConfig config) with { Restarting = args.Contains("--restarted") };
    BgpSpeaker.WarmUp();
    await using var speaker = new BgpSpeaker(options);
    if (args.Contains("--trace")) speaker.Tracer = static (in trace) => Console.Error.WriteLine(trace.ToString());
    await speaker.StartAsync();
    await using var bmp = config.Bmp is { } collector ? new BmpExporter(speaker, collector.ToOptions()) : null;
    bmp?.Start();
    await using var mrt = config.Mrt is { } pattern ? await MrtRecorder.StartAsync(speaker, new MrtRecorderOptions { Path = pattern }) : null;
    await using var status = Value("--socket") is { } path ? new BgpStatusServer(speaker, path) : null;
    var ended = new TaskCompletionSource();
    using PosixSignalRegistration term = On(PosixSignal.SIGTERM, () => ended.TrySetResult());
    using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, () => ended.TrySetResult());
    using PosixSignalRegistration reload = On(PosixSignal.SIGHUP, () => _ = ReloadAsync(speaker));
    await ended.Task;
    return 0;
}
catch (Exception error) when (error is ConfigException or SocketException or IOException or ArgumentException)
{
    Console.Error.WriteLine($"{file}: {error.Message}");
    return error is ConfigException ? 2 : 1;
}

static PosixSignalRegistration On(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
{
    context.Cancel = true;
    act();
});

async Task ReloadAsync(BgpSpeaker speaker)
{
    try
    {
        await speaker.ApplyAsync(RouteServerConfig.Load(file));
        Console.Error.WriteLine($"{file}: reloaded");
    }
    catch (Exception error) when (error is ConfigException or ArgumentException or SocketException)
    {
        Console.Error.WriteLine($"{file}: not reloaded, the old configuration stays: {error.Message}");
    }
}
