using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Bgp.Rtr;

/// <summary>Keeps a table of validated origin authorizations as an RPKI cache has it (RFC 8210, falling back to RFC 6810), over TCP.</summary>
/// <example>
/// <code>
/// await using var rpki = new RtrClient(new DnsEndPoint("rtr.example.net", 3323));
/// rpki.Changed += table => _ = speaker.ApplyAsync(options with { Neighbors = NeighborsWith(RouteMatch.Rpki(table, RoaState.Invalid)) });
/// rpki.Start();
/// </code>
/// </example>
/// <remarks>A new table makes new filters, and <see cref="BgpSpeaker.ApplyAsync"/> runs them over the neighbours' routes again. The data outlives the connection
/// by the expire interval the cache gave.</remarks>
public sealed class RtrClient : IAsyncDisposable
{
    private readonly EndPoint _cache;
    private readonly BgpLog _log;
    private readonly TimeProvider _time;
    private readonly RtrSession _session = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private DateTimeOffset _complete;
    private int _told;
    private int _answers;
    private bool _disposed;

    /// <summary>A client; nothing happens before <see cref="Start"/>.</summary>
    /// <param name="cache">Where the cache listens: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="loggerFactory">Where to log; nowhere when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public RtrClient(EndPoint cache, ILoggerFactory? loggerFactory = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(cache);
        (_cache, _time) = (cache, time ?? TimeProvider.System);
        _log = new BgpLog((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Calico.Bgp.Rtr"));
    }

    /// <summary>Before the first attempt to connect again; doubles up to the cache's retry interval. Default 1 s.</summary>
    public TimeSpan ReconnectTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The authorizations of the last complete answer; empty before the first, and when they have expired.</summary>
    public RoaTable Table { get; private set; } = new();

    /// <summary>Raised with a new table when the authorizations have changed; in order, one call at a time.</summary>
    public event Action<RoaTable>? Changed;

    /// <summary>Why the last connection or attempt ended; null when none has.</summary>
    public string? LastError { get; private set; }

    /// <summary>Connects, and goes on until disposed.</summary>
    public void Start()
    {
        if (_running.IsCompleted && !_stop.IsCancellationRequested) _running = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        TimeSpan wait = ReconnectTime;
        while (!_stop.IsCancellationRequested)
        {
            int before = _session.Answers;
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(_cache, _stop.Token).ConfigureAwait(false);
                await ServeAsync(socket).ConfigureAwait(false);
                LastError = _session.Error ?? "the cache has closed the connection";
            }
            catch (SocketException error)
            {
                LastError = error.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _log.CacheLost(_cache, LastError);
            ExpireIfOld();
            if (_session.Answers != before) wait = ReconnectTime;
            try
            {
                await Task.Delay(wait * (0.75 + 0.25 * Random.Shared.NextDouble()), _time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, Math.Max(ReconnectTime.Ticks, TimeSpan.FromSeconds(_session.Intervals.Retry).Ticks)));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        byte[] buffer = new byte[2 * RtrPdu.MaximumLength];
        int have = 0;
        _session.Connected();
        await SendAsync(socket).ConfigureAwait(false);
        while (true)
        {
            int count = await ReceiveAsync(socket, buffer.AsMemory(have)).ConfigureAwait(false);
            if (count == 0) return;
            have += Math.Max(0, count);
            int used = _session.Receive(buffer.AsSpan(0, have));
            buffer.AsSpan(used, have - used).CopyTo(buffer);
            have -= used;
            Publish();
            await SendAsync(socket).ConfigureAwait(false);
            if (_session.Error is not null) return;
        }
    }

    /// <summary>Octets received, 0 at the end, -1 when the refresh interval has passed and a query is due.</summary>
    private async Task<int> ReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        using var refresh = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Max(1, _session.Intervals.Refresh)), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(refresh.Token, _stop.Token);
        try
        {
            return await socket.ReceiveAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            ExpireIfOld();
            _session.Query();
            return -1;
        }
    }

    private async Task SendAsync(Socket socket)
    {
        for (ReadOnlyMemory<byte> output = _session.TakeOutput(); !output.IsEmpty;) output = output[await socket.SendAsync(output, _stop.Token).ConfigureAwait(false)..];
    }

    private void ExpireIfOld()
    {
        if (_session.Serial is null || _time.GetUtcNow() - _complete < TimeSpan.FromSeconds(_session.Intervals.Expire)) return;
        _session.Expire();
        Publish();
    }

    private void Publish()
    {
        if (_session.Answers != _answers) (_answers, _complete) = (_session.Answers, _time.GetUtcNow());
        if (_session.Changes == _told) return;
        _told = _session.Changes;
        var table = new RoaTable();
        foreach (RtrPrefix prefix in _session.Prefixes) table.Add(prefix.Prefix, prefix.MaximumLength, prefix.Asn);
        Table = table;
        Changed?.Invoke(table);
    }

    /// <summary>Closes the connection; the table stays as it is.</summary>
    /// <returns>Done when closed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }
}
