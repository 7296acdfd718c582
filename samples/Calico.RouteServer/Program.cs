using System.Net.Sockets;
using System.Runtime.InteropServices;
using Calico.Bgp;
using Calico.RouteServer;

// A BGP route server and reflector: --config FILE [--socket PATH] [--trace]. SIGHUP reads the file again, SIGTERM and SIGINT end it.
if (!Arguments.TryParse(args, out Arguments? arguments, out string? problem))
{
    Console.Error.WriteLine($"{problem}\nusage: Calico.RouteServer --config FILE [--socket PATH] [--trace]");
    return 2;
}

BgpSpeakerOptions options;
try
{
    options = RouteServerConfig.Load(arguments.Config);
}
catch (ConfigException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}

BgpSpeaker.WarmUp();
await using var speaker = new BgpSpeaker(options);
if (arguments.Trace) speaker.Tracer = (neighbor, sent, messages) => Console.Error.WriteLine($"{(sent ? "->" : "<-")} {neighbor} {BgpMessageText.Format(messages)}");
try
{
    await speaker.StartAsync();
}
catch (SocketException error)
{
    Console.Error.WriteLine($"{arguments.Config}: cannot listen on {string.Join(", ", options.Listen)}: {error.Message}");
    return 1;
}

await using var status = arguments.Socket is { } path ? new StatusSocket(speaker, path) : null;
var ended = new TaskCompletionSource();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
{
    context.Cancel = true;
    _ = ReloadAsync();
});
await ended.Task;
await speaker.StopAsync();
return 0;

void End(PosixSignalContext context)
{
    context.Cancel = true;
    ended.TrySetResult();
}

async Task ReloadAsync()
{
    try
    {
        await speaker.ApplyAsync(RouteServerConfig.Load(arguments.Config));
        Console.Error.WriteLine($"{arguments.Config}: reloaded");
    }
    catch (Exception error) when (error is ConfigException or ArgumentException or SocketException)
    {
        Console.Error.WriteLine($"{arguments.Config}: not reloaded, the old configuration stays: {error.Message}");
    }
}
