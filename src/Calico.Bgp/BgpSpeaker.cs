using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Bgp;

/// <summary>A BGP speaker on TCP.</summary>
/// <example>
/// <code>
/// await using var speaker = new BgpSpeaker(new BgpSpeakerOptions
/// {
///     Asn = 64512,
///     RouterId = IPAddress.Parse("10.0.0.1"),
///     Neighbors = [new NeighborOptions { Address = IPAddress.Parse("10.0.0.2"), Asn = 64512 }],
/// });
/// await speaker.StartAsync();
/// await foreach (RouteChangeBatch batch in speaker.Subscribe())
///     foreach (RouteChange change in batch.Changes)
///         Console.WriteLine($"{change.Kind} {change.Prefix} {change.Attributes}");
/// </code>
/// </example>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class BgpSpeaker : IAsyncDisposable
{
    private readonly SpeakerWork _work;
    private readonly BgpCore _core;
    private readonly BgpLog _log;
    private readonly Func<AddressFamily, Socket> _createSocket;
    private readonly Dictionary<IPEndPoint, Socket> _listeners = [];
    private BgpSpeakerOptions _options;
    private bool _stopped;

    /// <summary>A speaker; nothing happens before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What it should be.</param>
    /// <param name="loggerFactory">Where to log; nowhere when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="createSocket">Makes every TCP socket, for instance in another network namespace; null: in the process's own.</param>
    /// <exception cref="ArgumentException">The options contradict themselves; the message names the option.</exception>
    public BgpSpeaker(BgpSpeakerOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? time = null, Func<AddressFamily, Socket>? createSocket = null)
    {
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Calico.Bgp");
        _options = WithScopes(options);
        _log = new BgpLog(logger);
        _createSocket = createSocket ?? (static family => new Socket(family, SocketType.Stream, ProtocolType.Tcp));
        _work = new SpeakerWork(time ?? TimeProvider.System);
        _core = new BgpCore(_options, new Dialer(this), _work.Time, logger);
        _work.Core = _core;
    }

    /// <summary>Runs messages and routes through every hot path once, in memory, so that the first real update does not wait for the compiler.</summary>
    /// <remarks>Takes some hundred milliseconds; worth it for a daemon whose first change has to be quick.</remarks>
    public static void WarmUp() => SpeakerWarmUp.Run();

    /// <summary>Where the speaker listens, with the ports it got.</summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints
    {
        get
        {
            lock (_listeners) return [.. _listeners.Values.Select(s => (IPEndPoint)s.LocalEndPoint!)];
        }
    }

    /// <summary>Is shown every message; null: nobody is. Set before <see cref="StartAsync"/>.</summary>
    public BgpTracer? Tracer
    {
        get => _core.Tracer;
        set => _core.Tracer = value;
    }

    /// <summary>Listens and starts all neighbours.</summary>
    /// <param name="cancellationToken">Not to start.</param>
    /// <returns>Done when listening.</returns>
    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<(Socket Listener, IPEndPoint EndPoint)> added = Listen(_options);
        await Run(_core.Start).ConfigureAwait(false);
        Accept(added);
    }

    /// <summary>Ends all sessions and stops listening.</summary>
    /// <param name="graceful">Whether to go without NOTIFICATION, so that neighbours keep our routes until we are back (RFC 4724).</param>
    /// <param name="message">Otherwise said with the Cease (RFC 9003).</param>
    /// <returns>Done when the core has stopped; the last messages may still be on their way.</returns>
    public async Task StopAsync(bool graceful = false, string? message = null)
    {
        if (_stopped) return;
        _stopped = true;
        lock (_listeners)
        {
            foreach (Socket listener in _listeners.Values) listener.Dispose();
            _listeners.Clear();
        }

        await Run(() => _core.Stop(graceful, message)).ConfigureAwait(false);
    }

    /// <summary>Makes the speaker what the options say; only what differs is touched.</summary>
    /// <param name="options">The whole new configuration.</param>
    /// <returns>Done when applied.</returns>
    /// <exception cref="ArgumentException">The options contradict themselves; nothing has changed.</exception>
    /// <exception cref="SocketException">A new address cannot be listened on; neighbours are not changed.</exception>
    public async Task ApplyAsync(BgpSpeakerOptions options)
    {
        using System.Diagnostics.Activity? activity = BgpTelemetry.Activities.StartActivity("bgp.apply");
        options = WithScopes(options);
        OptionsCheck.ThrowIfInvalid(options);
        List<(Socket Listener, IPEndPoint EndPoint)> added = Listen(options);
        _options = options;
        await Run(() => _core.Apply(options)).ConfigureAwait(false);
        Accept(added);
    }

    /// <summary>Adds local routes, or replaces those to the same prefixes.</summary>
    /// <param name="routes">The routes.</param>
    /// <returns>Done when they are in the table.</returns>
    public Task AnnounceAsync(params IReadOnlyList<LocalRoute> routes) => Run(() =>
    {
        foreach (LocalRoute route in routes) _core.Announce(route);
    });

    /// <summary>Takes local routes back; unknown ones are passed over.</summary>
    /// <param name="prefixes">Their prefixes.</param>
    /// <returns>Done when they are out of the table.</returns>
    public Task WithdrawAsync(params IReadOnlyList<IPNetwork> prefixes) => Run(() =>
    {
        foreach (IPNetwork prefix in prefixes) _core.Withdraw(prefix);
    });

    /// <summary>Makes the local routes exactly these; only differences are announced and withdrawn.</summary>
    /// <param name="routes">The routes.</param>
    /// <returns>Done when they are in the table.</returns>
    public Task SetLocalRoutesAsync(IReadOnlyCollection<LocalRoute> routes) => Run(() => _core.SetLocalRoutes(routes));

    /// <summary>Watches best routes: first all there are, then changes, in order and in batches.</summary>
    /// <param name="options">What is wanted; null: the defaults.</param>
    /// <returns>The stream; dispose it when it is no longer read.</returns>
    public RouteSubscription Subscribe(RouteSubscriptionOptions? options = null) => new(this, options);

    /// <summary>All neighbours as they are now.</summary>
    /// <returns>A snapshot, in order of address.</returns>
    public Task<IReadOnlyList<NeighborStatus>> GetNeighborsAsync() => Run(_core.Neighbors);

    /// <summary>Routes of the table.</summary>
    /// <param name="query">Which; null: the best of every IPv4 unicast prefix.</param>
    /// <returns>A snapshot, in no order.</returns>
    public Task<IReadOnlyList<RibRoute>> GetRoutesAsync(RibQuery? query = null) => Run(() => _core.Routes(query));

    /// <summary>Routes that a neighbour has been sent (Adj-RIB-Out), as they were sent: after export policy, with its own next hop and AS path.</summary>
    /// <param name="neighbor">The neighbour's address.</param>
    /// <param name="query">Family, prefix, match and limit; the rest is not looked at. Null: all IPv4 unicast routes.</param>
    /// <returns>A snapshot, in no order; empty while there is no session.</returns>
    public Task<IReadOnlyList<RibRoute>> GetAdvertisedAsync(IPAddress neighbor, RibQuery? query = null) => Run(() => _core.Advertised(neighbor, query));

    /// <summary>Writes all tables as an MRT file (TABLE_DUMP_V2, RFC 6396 section 4.3): the routes of all neighbours after import policy.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="cancellationToken">To stop in the middle.</param>
    /// <returns>Done when written. Sessions go on meanwhile: routes that change during the dump are there in their old or their new state.</returns>
    public async Task WriteMrtAsync(Stream output, CancellationToken cancellationToken = default)
    {
        const int SlotsAtOnce = 2048;
        ArgumentNullException.ThrowIfNull(output);
        var part = new System.Buffers.ArrayBufferWriter<byte>();
        BgpCore.MrtRibDump dump = await Run(() => new BgpCore.MrtRibDump(_core)).ConfigureAwait(false);
        for (bool more = true; more;)
        {
            part.ResetWrittenCount();
            more = await Run(() => dump.Write(part, SlotsAtOnce)).ConfigureAwait(false);
            await output.WriteAsync(part.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Plays an MRT file as if the recorded peers were neighbours, as fast as the speaker takes it; see <see cref="Mrt.MrtReplay"/>.</summary>
    /// <param name="file">The records, unpacked.</param>
    /// <param name="only">Addresses of the peers to play; null: all.</param>
    /// <param name="cancellationToken">To stop in the middle.</param>
    /// <returns>What was done. The peers stay connected, with their routes, until they are reset or the speaker stops.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<Mrt.MrtReplaySummary> ReplayAsync(Stream file, IReadOnlyCollection<IPAddress>? only = null, CancellationToken cancellationToken = default)
    {
        const int OctetsAtOnce = 256 * 1024;
        ArgumentNullException.ThrowIfNull(file);
        var replay = new Mrt.MrtReplay(_core, only);
        var reader = new Mrt.MrtStreamReader(file);
        var part = new System.Buffers.ArrayBufferWriter<byte>();
        for (bool more = true; more;)
        {
            more = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (more) System.Buffers.BuffersExtensions.Write(part, reader.Current.Raw);
            if (more && part.WrittenCount < OctetsAtOnce) continue;
            await Run(() => replay.Apply(part.WrittenSpan)).ConfigureAwait(false);
            part.ResetWrittenCount();
        }

        return replay.Summary with { Error = reader.Error };
    }

    /// <summary>Resets a neighbour's session (Cease/4).</summary>
    /// <param name="neighbor">Its address.</param>
    /// <param name="message">Said with it (RFC 9003).</param>
    /// <returns>False when there is no such neighbour.</returns>
    public Task<bool> ResetAsync(IPAddress neighbor, string? message = null) => Run(() => _core.Reset(neighbor, message));

    /// <summary>Asks a neighbour for its routes again (RFC 2918).</summary>
    /// <param name="neighbor">Its address.</param>
    /// <returns>False when there is no session, or the neighbour cannot.</returns>
    public Task<bool> RefreshAsync(IPAddress neighbor) => Run(() => _core.RequestRefresh(neighbor));

    /// <summary>Looks up all next hops again; call it when <see cref="INextHopResolver"/> has other answers.</summary>
    /// <returns>Done when routes are selected again.</returns>
    public Task NextHopsChanged() => Run(_core.NextHopsChanged);

    /// <summary>Stops with a Cease, if it has not been stopped.</summary>
    /// <returns>Done when stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _work.Dispose();
    }

    internal BgpCore Core => _core;

    internal Task Run(Action call) => Run(() =>
    {
        call();
        return true;
    });

    internal Task<T> Run<T>(Func<T> call)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Schedule(WorkItem.Call(() =>
        {
            try
            {
                done.SetResult(call());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }));
        return done.Task;
    }

    /// <summary>Opens what is to be listened on and is not yet. Nothing is accepted before the core knows the neighbours: it would be rejected.</summary>
    private List<(Socket Listener, IPEndPoint EndPoint)> Listen(BgpSpeakerOptions options)
    {
        var added = new List<(Socket Listener, IPEndPoint EndPoint)>();
        lock (_listeners)
        {
            foreach (IPEndPoint gone in _listeners.Keys.Where(e => !options.Listen.Contains(e)).ToArray())
            {
                _listeners.Remove(gone, out Socket? listener);
                listener!.Dispose();
            }

            foreach (IPEndPoint endPoint in options.Listen)
            {
                if (_listeners.TryGetValue(endPoint, out Socket? listener))
                {
                    SecureListener(listener, options, _options);
                    continue;
                }

                listener = _createSocket(endPoint.AddressFamily);
                try
                {
                    if (endPoint.AddressFamily == AddressFamily.InterNetworkV6) listener.DualMode = false;
                    listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                    listener.Bind(endPoint);
                    SecureListener(listener, options, null);
                    listener.Listen(512);
                }
                catch
                {
                    listener.Dispose();
                    throw;
                }

                _listeners.Add(endPoint, listener);
                _log.Listening((IPEndPoint)listener.LocalEndPoint!);
                added.Add((listener, endPoint));
            }
        }

        return added;
    }

    private void Accept(List<(Socket Listener, IPEndPoint EndPoint)> added)
    {
        foreach ((Socket listener, IPEndPoint endPoint) in added) _ = AcceptAsync(listener, endPoint);
    }

    /// <summary>Keys for neighbours with passwords, and TTL 255 on answers when any neighbour insists on it.</summary>
    private static void SecureListener(Socket listener, BgpSpeakerOptions options, BgpSpeakerOptions? before)
    {
        foreach (NeighborOptions old in before?.Neighbors ?? [])
        {
            if (old.Md5Password is not null && !options.Neighbors.Any(n => Equals(n.Address, old.Address) && n.Range == old.Range && n.Md5Password is not null))
                SetKey(listener, old, "");
        }

        foreach (NeighborOptions neighbor in options.Neighbors)
        {
            if (neighbor.Md5Password is { } key) SetKey(listener, neighbor, key);
        }

        if (options.Neighbors.Any(n => n.TtlSecurity is not null)) SocketSettings.SetTtl(listener, 255);
    }

    private static void SetKey(Socket listener, NeighborOptions neighbor, string key)
    {
        IPAddress address = neighbor.Address ?? neighbor.Range!.Value.BaseAddress;
        if (address.AddressFamily != listener.AddressFamily) return;
        SocketSettings.SetMd5(listener, address, neighbor.Range?.PrefixLength, key);
    }

    private async Task AcceptAsync(Socket listener, IPEndPoint endPoint)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException error)
            {
                // Out of descriptors, or the neighbour went before it was accepted: go on, but not in a tight loop.
                _log.AcceptFailed(endPoint, error.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _work.Time).ConfigureAwait(false);
                continue;
            }

            Begin(socket, connection => _core.Accepted(connection));
        }
    }

    private void Begin(Socket socket, Action<TcpConnection> begin)
    {
        TcpConnection connection;
        try
        {
            socket.NoDelay = true;
            connection = new TcpConnection(socket, _work);
            if (OptionsFor(connection.RemoteEndPoint.Address) is { } options) SocketSettings.ForConnection(socket, options);
        }
        catch (SocketException)
        {
            // Reset before we looked at it.
            socket.Dispose();
            return;
        }

        _work.Post(WorkItem.Call(() =>
        {
            begin(connection);
            connection.StartReading();
        }));
    }

    private NeighborOptions? OptionsFor(IPAddress remote)
    {
        if (remote.IsIPv4MappedToIPv6) remote = remote.MapToIPv4();
        return _options.Neighbors.FirstOrDefault(n => n.Address is { } address && address.Equals(remote))
            ?? _options.Neighbors.FirstOrDefault(n => n.Range is { } range && range.Contains(remote));
    }

    private async Task DialAsync(BgpDial dial)
    {
        Socket socket = _createSocket(dial.RemoteEndPoint.AddressFamily);
        using var cancel = new CancellationTokenSource();
        dial.Cancelled += cancel.Cancel;
        string reason;
        try
        {
            SocketSettings.ForDial(socket, dial.Options, dial.RemoteEndPoint.Address);
            await socket.ConnectAsync(dial.RemoteEndPoint, cancel.Token).ConfigureAwait(false);
            dial.Cancelled -= cancel.Cancel;
            Begin(socket, connection => _core.Dialed(dial, connection));
            return;
        }
        catch (SocketException error)
        {
            reason = error.Message;
        }
        catch (OperationCanceledException)
        {
            reason = "given up";
        }

        dial.Cancelled -= cancel.Cancel;
        socket.Dispose();
        _work.Post(WorkItem.Call(() => _core.DialFailed(dial, reason)));
    }

    /// <summary>Link-local addresses get the scope of their interface, so that connections from there are recognised.</summary>
    private static BgpSpeakerOptions WithScopes(BgpSpeakerOptions options) => options with
    {
        Neighbors = [.. options.Neighbors.Select(n => n is { Address: { IsIPv6LinkLocal: true, ScopeId: 0 } address, Interface: { } name }
            ? n with { Address = new IPAddress(address.GetAddressBytes(), SocketSettings.InterfaceIndex(name)) } : n)],
    };

    private sealed class Dialer(BgpSpeaker speaker) : IBgpHost
    {
        public void Dial(BgpDial dial) => _ = Task.Run(() => speaker.DialAsync(dial));
    }
}
