using System.Runtime.CompilerServices;
using System.Text.Json;
using Calico.Dataplane.Compile;
using Calico.Dataplane.FlowLogs;
using Calico.Dataplane.Telemetry;
using Calico.Netlink;

namespace Calico.Dataplane;

/// <summary>
/// The verdicts of new flows, each with the rule that decided, as the kernel tells them. Needs <see cref="DataplaneOptions.FlowLogs"/> in the dataplane of the same namespace.
/// </summary>
public sealed class FlowLog : IDisposable
{
    private const uint HeadersOnly = 128;
    private readonly NflogListener _listener;
    private readonly TimeProvider _time;

    private readonly NetworkNamespace? _network;

    private FlowLog(NflogListener listener, TimeProvider time, NetworkNamespace? network) => (_listener, _time, _network) = (listener, time, network);

    /// <summary>Verdicts lost because more kinds of flows came in one interval than may be remembered, or faster than they were read.</summary>
    public long Lost { get; private set; }

    /// <summary>Binds the two NFLOG groups of a namespace, or of the calling thread's when null.</summary>
    /// <exception cref="NetlinkException">CAP_NET_ADMIN is missing, or another program has bound a group (EBUSY).</exception>
    public static async ValueTask<FlowLog> OpenAsync(NetworkNamespace? network = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        NflogOptions options = new() { CopyRange = HeadersOnly, Connection = new NetlinkConnectionOptions { Namespace = network } };
        NflogListener listener = await NflogListener.OpenAsync([FlowLogGroups.Ingress, FlowLogGroups.Egress], options, cancellationToken).ConfigureAwait(false);
        return new FlowLog(listener, time ?? TimeProvider.System, network);
    }

    /// <summary>Each verdict as it comes.</summary>
    public async IAsyncEnumerable<FlowRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (NflogPacket packet in _listener.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            Lost += packet.LostBefore;
            if (LoggedPacket.Read(packet.Prefix, packet.Payload.Span, packet.Group == FlowLogGroups.Ingress, packet.Timestamp ?? _time.GetUtcNow()) is { } record) yield return record;
        }
    }

    /// <summary>
    /// Verdicts summed up: those that differ in the source port only become one record, and what a connection carried is added to its verdicts when it ends.
    /// At the end of each interval its records come.
    /// </summary>
    /// <remarks>Carried packets and bytes are of connections that began after this stream did: the kernel neither announces nor counts others.</remarks>
    /// <param name="interval">Felix's FlowLogsFlushInterval, 300 s there.</param>
    /// <param name="maxKinds">The most records of an interval, and the most connections remembered until they end; what does not fit is counted in <see cref="Lost"/>.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<FlowRecord> ReadAggregatedAsync(TimeSpan interval, int maxKinds = 16_384, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxKinds, 1);
        FlowAggregator aggregator = new(maxKinds);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ConntrackMonitor ends = ConntrackMonitor.Open(ConntrackChange.Destroyed, new NetlinkConnectionOptions { Namespace = _network });
        Task[] both = [FillAsync(aggregator, stop.Token), FillAsync(aggregator, ends, stop.Token)];
        Task<Task> reading = Task.WhenAny(both);
        try
        {
            while (!reading.IsCompleted)
            {
                await Task.WhenAny(reading, Task.Delay(interval, _time, cancellationToken)).ConfigureAwait(false);
                foreach (FlowRecord record in Take(aggregator))
                {
                    FlowMetrics.Record(record);
                    yield return record;
                }

                cancellationToken.ThrowIfCancellationRequested();
            }

            await (await reading.ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(both).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private async Task FillAsync(FlowAggregator aggregator, CancellationToken cancellationToken)
    {
        await foreach (FlowRecord record in ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            lock (aggregator) aggregator.Add(record);
        }
    }

    private async Task FillAsync(FlowAggregator aggregator, ConntrackMonitor ends, CancellationToken cancellationToken)
    {
        await foreach (ConntrackEvent ended in ends.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ended.Flow is not { } flow) Lost++;
            else
            {
                lock (aggregator) aggregator.Add(EndOf(flow), _time.GetUtcNow());
            }
        }
    }

    private IReadOnlyList<FlowRecord> Take(FlowAggregator aggregator)
    {
        lock (aggregator)
        {
            (IReadOnlyList<FlowRecord> records, long lost) = aggregator.Take();
            Lost += lost;
            return records;
        }
    }

    /// <summary>Connections as they end, with packets and bytes of both directions.</summary>
    /// <remarks>Of connections that began after this stream did, and after the dataplane with <see cref="DataplaneOptions.FlowLogs"/> flushed once: the kernel neither announces nor counts others.</remarks>
    public async IAsyncEnumerable<ConnectionEnd> ReadConnectionEndsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using ConntrackMonitor monitor = ConntrackMonitor.Open(ConntrackChange.Destroyed, new NetlinkConnectionOptions { Namespace = _network });
        await foreach (ConntrackEvent ended in monitor.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ended.Flow is not { } flow) Lost++;
            else yield return EndOf(flow);
        }
    }

    private static ConnectionEnd EndOf(TrackedFlow flow)
    {
        FlowCounters sent = flow.OriginalCounters ?? default, received = flow.ReplyCounters ?? default;
        return new ConnectionEnd(flow.Original, flow.Reply, sent.Packets, sent.Bytes, received.Packets, received.Bytes);
    }

    /// <summary>Writes aggregated records as lines of JSON, until cancelled. What cannot be written, because a disk is full, is counted in <see cref="Lost"/>.</summary>
    /// <param name="to">Where to; each line is flushed.</param>
    /// <param name="interval">How long records are summed up.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WriteJsonLinesAsync(Stream to, TimeSpan interval, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        await foreach (FlowRecord record in ReadAggregatedAsync(interval, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await to.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(record, FlowRecordJson.Default.FlowRecord), (byte)'\n'], cancellationToken).ConfigureAwait(false);
                await to.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                Lost += record.Flows + record.ConnectionsEnded;
            }
        }
    }

    /// <summary>Releases the groups.</summary>
    public void Dispose() => _listener.Dispose();
}
