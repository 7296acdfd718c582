using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Bgp.Bmp;

/// <summary>Tells a BMP collector of a speaker's sessions and routes (RFC 7854, 9069), and connects again when the connection is lost.</summary>
/// <example>
/// <code>
/// await using var exporter = new BmpExporter(speaker, new BmpOptions { Collector = new DnsEndPoint("collector.example.net", 11019) });
/// exporter.Start();
/// </code>
/// </example>
/// <remarks>A collector that reads slowly costs the speaker bounded memory and no time: see <see cref="BmpOptions.QueueLimit"/>.</remarks>
public sealed class BmpExporter : IAsyncDisposable
{
    private const int ReadSize = 64 * 1024;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);
    private readonly BgpSpeaker _speaker;
    private readonly BmpOptions _options;
    private readonly BgpLog _log;
    private readonly TimeProvider _time;
    private readonly Func<AddressFamily, Socket>? _createSocket;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private bool _disposed;

    /// <summary>An exporter; nothing happens before <see cref="Start"/>.</summary>
    /// <param name="speaker">The speaker to tell of.</param>
    /// <param name="options">The collector and what it is told.</param>
    /// <param name="loggerFactory">Where to log; nowhere when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="createSocket">Makes the TCP socket for a numeric collector address, for instance in another network namespace; null: in the process's own.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message names it.</exception>
    public BmpExporter(BgpSpeaker speaker, BmpOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? time = null, Func<AddressFamily, Socket>? createSocket = null)
    {
        ArgumentNullException.ThrowIfNull(speaker);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_speaker, _options, _time, _createSocket) = (speaker, options, time ?? TimeProvider.System, createSocket);
        _log = new BgpLog((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Calico.Bgp.Bmp"));
    }

    /// <summary>Whether there is a connection to the collector.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Why the last connection or attempt ended; null when none has.</summary>
    public string? LastError { get; private set; }

    /// <summary>Connects, and goes on until disposed.</summary>
    public void Start()
    {
        if (_running.IsCompleted && !_stop.IsCancellationRequested) _running = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        TimeSpan wait = _options.ReconnectTime;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using Socket socket = await ConnectAsync().ConfigureAwait(false);
                _log.CollectorConnected(_options.Collector);
                wait = _options.ReconnectTime;
                IsConnected = true;
                await ServeAsync(socket).ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                LastError = error.Message;
                _log.CollectorLost(_options.Collector, error.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            finally
            {
                IsConnected = false;
            }

            try
            {
                await Task.Delay(wait * (0.75 + 0.25 * Random.Shared.NextDouble()), _time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, _options.MaximumReconnectTime.Ticks));
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        Socket socket = _options.Collector is IPEndPoint numeric
            ? _createSocket?.Invoke(numeric.AddressFamily) ?? new Socket(numeric.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(_options.Collector, _stop.Token).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var readable = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        BmpFeed feed = await _speaker.Run(() =>
        {
            var made = new BmpFeed(_speaker.Core, _options);
            made.Readable += () => readable.Writer.TryWrite(true);
            return made;
        }).ConfigureAwait(false);
        ITimer? statistics = _options.StatisticsInterval > TimeSpan.Zero
            ? _time.CreateTimer(_ => _ = _speaker.Run(feed.RequestStatistics), null, _options.StatisticsInterval, _options.StatisticsInterval) : null;
        Task hangUp = WatchAsync(socket, ended);
        try
        {
            var output = new ArrayBufferWriter<byte>(ReadSize);
            while (true)
            {
                output.ResetWrittenCount();
                bool any = await _speaker.Run(() => feed.Read(output, ReadSize)).ConfigureAwait(false);
                if (feed.IsOverflowed)
                {
                    await EndAsync(socket, BmpTerminationReason.OutOfResources).ConfigureAwait(false);
                    throw new IOException($"the collector did not keep up: more than {_options.QueueLimit} octets were waiting");
                }

                if (any) await SendAllAsync(socket, output.WrittenMemory, ended.Token).ConfigureAwait(false);
                else await readable.Reader.ReadAsync(ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            throw new IOException("the collector has closed the connection");
        }
        catch (OperationCanceledException)
        {
            await EndAsync(socket, BmpTerminationReason.Administrative).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (statistics is not null) await statistics.DisposeAsync().ConfigureAwait(false);
            await _speaker.Run(feed.Close).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await hangUp.ConfigureAwait(false);
        }
    }

    /// <summary>A collector sends nothing (RFC 7854 section 3.2); what can be read is its end.</summary>
    private static async Task WatchAsync(Socket socket, CancellationTokenSource ended)
    {
        byte[] ignored = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(ignored, ended.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }

        await ended.CancelAsync().ConfigureAwait(false);
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        while (!octets.IsEmpty) octets = octets[await socket.SendAsync(octets, cancel).ConfigureAwait(false)..];
    }

    private static async Task EndAsync(Socket socket, BmpTerminationReason reason)
    {
        var items = new ArrayBufferWriter<byte>();
        Span<byte> code = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(code, (ushort)reason);
        BmpWriter.WriteTlv(items, (ushort)BmpTerminationType.Reason, code);
        var message = new ArrayBufferWriter<byte>();
        BmpWriter.Write(message, BmpMessageType.Termination, new BmpInformation { Items = items.WrittenSpan });
        using var limit = new CancellationTokenSource(LastWords);
        try
        {
            await SendAllAsync(socket, message.WrittenMemory, limit.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It does not listen to our last words.
        }
    }

    /// <summary>Says goodbye (Termination, administratively closed) and closes the connection.</summary>
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
