using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Netlink;

/// <summary>Receives the messages that answer request <paramref name="request"/> (its position in the batch); acknowledgements and errors are not among them.</summary>
public delegate void NetlinkReplyHandler(int request, in NetlinkMessage message);

/// <summary>How a batch goes to the kernel.</summary>
public enum NetlinkSend
{
    /// <summary>In parts that no buffer can overflow; every request stands for itself, and one that fails stops no other.</summary>
    InParts,

    /// <summary>In one send, as an nf_tables transaction needs it; acknowledgements come only for requests with <see cref="NetlinkFlags.Ack"/>.</summary>
    Whole,
}

/// <summary>Requests and replies on one netlink socket. Thread-safe: exchanges take turns.</summary>
/// <remarks>
/// The kernel works a request off inside the send, so its replies wait in the socket when the send returns; only then is a wait needed
/// when another thread's dump or a kernel worker answers. Multicast messages have their own socket (<see cref="NetlinkSubscription"/>),
/// so an overflow there never costs a reply here.
/// </remarks>
public sealed class NetlinkConnection : IDisposable
{
    private readonly INetlinkTransport _transport;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly byte[] _receive = GC.AllocateUninitializedArray<byte>(65_536, pinned: true);
    private readonly int _partMessages;
    private readonly NetlinkExchange _exchange;
    private uint _sequence;
    private bool _unread;

    /// <summary>A connection over a transport of the caller's, such as a fake kernel. The connection owns it.</summary>
    public NetlinkConnection(NetlinkProtocol protocol, INetlinkTransport transport, NetlinkConnectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        options ??= NetlinkConnectionOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumBatchMessages, 1, nameof(options));
        _transport = transport;
        _partMessages = Math.Min(options.MaximumBatchMessages, transport.MaximumPendingReplies);
        _exchange = new NetlinkExchange(this);
        Protocol = protocol;
        Log = options.Logger ?? NullLogger.Instance;
        DumpRetries = options.DumpRetries;
    }

    /// <summary>The netlink family.</summary>
    public NetlinkProtocol Protocol { get; }

    /// <summary>How often an interrupted dump is repeated.</summary>
    public int DumpRetries { get; }

    /// <summary>Opens a socket.</summary>
    /// <exception cref="NetlinkException">The kernel lacks the family, or a limit is reached.</exception>
    public static NetlinkConnection Open(NetlinkProtocol protocol, NetlinkConnectionOptions? options = null)
    {
        options ??= NetlinkConnectionOptions.Default;
        return new NetlinkConnection(protocol, new NetlinkSocket(protocol, options), options);
    }

    /// <summary>Sends the batch and waits until the kernel has answered what asks for an answer.</summary>
    /// <param name="batch">The requests. Their sequence numbers are set here.</param>
    /// <param name="onReply">Called for each reply besides acknowledgements: dumped objects, echoes; the message is valid during the call only.</param>
    /// <param name="send">Whether the batch may be sent in parts.</param>
    /// <param name="cancellationToken">Ends the wait; requests already sent are not undone.</param>
    /// <exception cref="NetlinkException">The send itself failed: nothing of the part being sent was done.</exception>
    public async ValueTask<NetlinkBatchResult> SendAsync(
        NetlinkBatch batch, NetlinkReplyHandler? onReply = null, NetlinkSend send = NetlinkSend.InParts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _exchange.Begin(batch, onReply);
            while (_exchange.Next(send, _partMessages, _transport.MaximumSendBytes))
                await RunPartAsync(_exchange, cancellationToken).ConfigureAwait(false);
            NetlinkBatchResult result = _exchange.Result;
            NetlinkTelemetry.Exchanged(Protocol, batch.Count, result);
            if (result.RepliesLost) Log.RepliesLost(Protocol);
            return result;
        }
        finally
        {
            _exchange.End();
            _turn.Release();
        }
    }

    /// <summary>Sends the batch with an acknowledgement on its last request and throws the first error.</summary>
    /// <exception cref="NetlinkException">A request was refused; the others were done.</exception>
    public async ValueTask RequestAsync(NetlinkBatch batch, CancellationToken cancellationToken = default) =>
        (await SendAsync(batch, null, NetlinkSend.InParts, cancellationToken).ConfigureAwait(false)).ThrowIfFailed();

    /// <summary>Runs a dump until it comes through uninterrupted, at most <see cref="DumpRetries"/> times again.</summary>
    /// <param name="request">One request with <see cref="NetlinkFlags.Dump"/>.</param>
    /// <param name="onReply">Called for each object.</param>
    /// <param name="onRestart">Called before each repetition: forget what came so far.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NetlinkException">The kernel refused, or every attempt was interrupted (EINTR).</exception>
    public async ValueTask DumpAsync(NetlinkBatch request, NetlinkReplyHandler onReply, Action onRestart, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(onRestart);
        for (int attempt = 0; ; attempt++)
        {
            NetlinkBatchResult result = await SendAsync(request, onReply, NetlinkSend.InParts, cancellationToken).ConfigureAwait(false);
            if (result.Errors.Count > 0 && result.Errors[0].Error.Code is not Errno.Interrupted) result.ThrowIfFailed();
            if (result.IsSuccess && !result.IsInterrupted) return;
            if (attempt >= DumpRetries)
                throw new NetlinkException("dump", new NetlinkError(Errno.Interrupted, $"interrupted by changes {attempt + 1} times in a row"));
            NetlinkTelemetry.DumpRepeated(Protocol);
            Log.DumpInterrupted(Protocol, attempt + 1);
            onRestart();
        }
    }

    /// <summary>Closes the socket. An exchange that waits ends with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _transport.Dispose();
        _turn.Dispose();
    }

    internal ILogger Log { get; }

    internal uint TakeSequences(int count)
    {
        uint first = _sequence + 1;
        // Zero is the number of notifications: never ours.
        if (first == 0 || first + (uint)count < first) first = 1;
        _sequence = first + (uint)count - 1;
        return first;
    }

    /// <summary>nl_pid of the socket: notifications of changes made through it carry it as their origin.</summary>
    public uint PortId => _transport.PortId;

    private async ValueTask RunPartAsync(NetlinkExchange exchange, CancellationToken cancellationToken)
    {
        if (_unread) DiscardUnread();
        Errno refused = _transport.Send(exchange.Part);
        if (refused != Errno.None) throw new NetlinkException($"send ({exchange.PartCount} requests, {exchange.Part.Length} bytes)", new NetlinkError(refused));
        _unread = true;
        while (true)
        {
            int received = _transport.TryReceive(_receive);
            if (received >= 0)
            {
                exchange.Take(_receive.AsSpan(0, received));
                continue;
            }

            switch ((Errno)(-received))
            {
                case Errno.TryAgain when exchange.IsAnswered || exchange.RepliesLost:
                    _unread = false;
                    return;
                case Errno.TryAgain:
                    await _transport.WaitForDataAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Errno.NoBuffers or Errno.MessageTooLong:
                    exchange.RepliesLost = true;
                    break;
                case Errno error:
                    throw new NetlinkException("recv", new NetlinkError(error));
            }
        }
    }

    // A cancelled exchange leaves its replies, and a running dump refuses the next one (EBUSY) until it is read to its end.
    private void DiscardUnread()
    {
        while (_transport.TryReceive(_receive) is int received && -received != (int)Errno.TryAgain)
        {
            if (received < 0 && -received is not ((int)Errno.NoBuffers or (int)Errno.MessageTooLong)) break;
        }

        _unread = false;
    }
}
