using System.Net.Sockets;
using System.Text;
using Calico.Bgp;

namespace Calico.RouteServer;

/// <summary>Answers one line, <c>status</c> or <c>routes [FAMILY]</c>, on a unix socket with a tab-separated table, then closes.</summary>
internal sealed class StatusSocket : IAsyncDisposable
{
    private readonly BgpSpeaker _speaker;
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public StatusSocket(BgpSpeaker speaker, string path)
    {
        (_speaker, _path) = (speaker, path);
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(16);
        _ = ServeAsync();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptAsync());
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // Closed.
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            string[] words = (await reader.ReadLineAsync(limit.Token) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            IEnumerable<string> lines = words switch
            {
                ["status"] => (await _speaker.GetNeighborsAsync()).Select(n => $"{n.Name}\t{n.Asn}\t{n.State}\t{n.Since:O}\t{n.PrefixesAccepted}\t{n.UpdatesReceived}\t{n.UpdatesSent}\t{n.LastError}").Prepend("NEIGHBOR\tAS\tSTATE\tSINCE\tPREFIXES\tIN\tOUT\tLAST-ERROR"),
                ["routes"] => await RoutesAsync(Family.Ipv4Unicast),
                ["routes", var name] when Family.TryParse(name, null, out Family family) => await RoutesAsync(family),
                _ => ["error: say 'status' or 'routes [FAMILY]'"],
            };
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), limit.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The one who asked has gone.
        }
    }

    private async Task<IEnumerable<string>> RoutesAsync(Family family) => (await _speaker.GetRoutesAsync(new RibQuery { Family = family, AllPaths = true }))
        .Select(r => $"{r.Prefix}\t{(r.IsBest ? '*' : ' ')}\t{r.Neighbor}\t{r.Attributes}").Prepend("PREFIX\tBEST\tFROM\tATTRIBUTES");

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        File.Delete(_path);
        return ValueTask.CompletedTask;
    }
}
