using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Calico.Lab.Probes;

/// <summary>Sends real packets from inside the namespaces and says whether an answer came back.</summary>
internal sealed class Prober(Func<string, Func<Socket>, Socket> createIn) : IAsyncDisposable
{
    private const int AtOnce = 300, AtOnceAgain = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan[] SecondChances = [TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(2500)];
    private readonly ConcurrentDictionary<(string, IPAddress), Lazy<Pinger>> _pingers = new();

    /// <summary>
    /// Asks every question. A packet that arrives although it should not counts at once;
    /// one that should arrive gets second chances in a quieter moment, so that a busy machine is not taken for a firewall.
    /// </summary>
    public async Task<IReadOnlyList<ProbeOutcome>> AskAsync(IReadOnlyList<(Probe Probe, bool Expected)> questions, Action<int> progress, CancellationToken cancellation)
    {
        ProbeOutcome[] outcomes = new ProbeOutcome[questions.Count];
        int done = 0;
        await Parallel.ForAsync(0, questions.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (i, _) =>
        {
            (Probe probe, bool expected) = questions[i];
            outcomes[i] = new ProbeOutcome(probe, expected, await AskOnceAsync(probe, Patience));
            progress(Interlocked.Increment(ref done));
        });
        foreach (TimeSpan patience in SecondChances)
        {
            int[] silent = [.. Enumerable.Range(0, outcomes.Length).Where(i => outcomes[i] is { Expected: true, Reached: false })];
            await Parallel.ForEachAsync(silent, new ParallelOptions { MaxDegreeOfParallelism = AtOnceAgain, CancellationToken = cancellation }, async (i, _) =>
                outcomes[i] = outcomes[i] with { Reached = await AskOnceAsync(outcomes[i].Probe, patience) });
        }

        return outcomes;
    }

    public Task<bool> AskOnceAsync(Probe probe, TimeSpan timeout) => probe.Protocol switch
    {
        ProbeProtocol.Tcp => ConnectAsync(probe, timeout),
        ProbeProtocol.Udp => ExchangeAsync(probe, timeout),
        _ => PingerOf(probe).PingAsync(probe.ToAddress, timeout),
    };

    private Pinger PingerOf(Probe probe) => _pingers.GetOrAdd(
        (probe.From.Namespace, probe.FromAddress),
        key => new Lazy<Pinger>(() => new Pinger(key.Item2, factory => createIn(key.Item1, factory)))).Value;

    private async Task<bool> ConnectAsync(Probe probe, TimeSpan timeout)
    {
        using Socket socket = createIn(probe.From.Namespace, () => new Socket(probe.FromAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) });
        using CancellationTokenSource limit = new(timeout);
        try
        {
            socket.Bind(new IPEndPoint(probe.FromAddress, 0));
            await socket.ConnectAsync(new IPEndPoint(probe.ToAddress, probe.Port), limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException e)
        {
            // A reset is an answer from the far end: no policy stood in the way.
            return e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset;
        }
    }

    private async Task<bool> ExchangeAsync(Probe probe, TimeSpan timeout)
    {
        using Socket socket = createIn(probe.From.Namespace, () => new Socket(probe.FromAddress.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using CancellationTokenSource limit = new(timeout);
        try
        {
            socket.Bind(new IPEndPoint(probe.FromAddress, 0));
            await socket.ConnectAsync(new IPEndPoint(probe.ToAddress, probe.Port), limit.Token);
            byte[] buffer = new byte[64];
            await socket.SendAsync("calico"u8.ToArray().AsMemory(), limit.Token);
            return await socket.ReceiveAsync(buffer, limit.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.ConnectionRefused;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Pinger> pinger in _pingers.Values) await pinger.Value.DisposeAsync();
    }
}
