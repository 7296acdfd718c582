using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Calico.Bgp;

namespace Calico.RouteServer;

/// <summary>Answers one line, <c>status</c> or <c>routes [FAMILY]</c>, on a unix socket with a table, then closes.</summary>
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
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync();
                _ = AnswerAsync(client);
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            string[] words = (await reader.ReadLineAsync(limit.Token) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string answer = words switch
            {
                ["status"] => Table(await _speaker.GetNeighborsAsync()),
                ["routes"] => Table(await _speaker.GetRoutesAsync(new RibQuery { AllPaths = true })),
                ["routes", var family] when Family.TryParse(family, null, out Family known) => Table(await _speaker.GetRoutesAsync(new RibQuery { Family = known, AllPaths = true })),
                _ => "error: say 'status' or 'routes [FAMILY]'\n",
            };
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), limit.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The one who asked has gone.
        }
    }

    private static string Table(IReadOnlyList<NeighborStatus> neighbors)
    {
        var text = new StringBuilder("NEIGHBOR\tAS\tSTATE\tSINCE\tPREFIXES\tIN\tOUT\tLAST-ERROR\n");
        foreach (NeighborStatus n in neighbors)
            text.Append(CultureInfo.InvariantCulture, $"{n.Name}\t{n.Asn}\t{n.State}\t{n.Since:O}\t{n.PrefixesAccepted}\t{n.UpdatesReceived}\t{n.UpdatesSent}\t{n.LastError}\n");
        return text.ToString();
    }

    private static string Table(IReadOnlyList<RibRoute> routes)
    {
        var text = new StringBuilder("PREFIX\tBEST\tFROM\tATTRIBUTES\n");
        foreach (RibRoute r in routes)
            text.Append(CultureInfo.InvariantCulture, $"{r.Prefix}\t{(r.IsBest ? '*' : ' ')}\t{r.Neighbor}\t{r.Attributes}\n");
        return text.ToString();
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        File.Delete(_path);
        return ValueTask.CompletedTask;
    }
}
