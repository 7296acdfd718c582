using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Calico.Datastore.Etcd.Client;

/// <summary>
/// One watch over any number of streams: a stream that ends, for whatever reason, is followed by another from the next revision not yet told, on the next
/// member. The position moves only over whole responses, so nothing is told twice and nothing is left out.
/// </summary>
internal sealed class WatchStream(Cluster cluster, string prefix, long afterRevision)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(1);

    private readonly List<Wire.Event> _fragments = [];
    private long _next = afterRevision + 1;

    public async IAsyncEnumerable<WatchBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            Member member = cluster.Current;
            _fragments.Clear();
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            AsyncDuplexStreamingCall<Wire.WatchRequest, Wire.WatchResponse>? call = null;
            try
            {
                while (true)
                {
                    (call, bool again) = await OpenAsync(call, member, end.Token).ConfigureAwait(false);
                    Wire.WatchResponse? response = again ? null : await NextAsync(call!, member, cancellationToken).ConfigureAwait(false);
                    if (response is null) break;
                    if (response.Created || Take(response) is not { } batch) continue;
                    pause = FirstPause;
                    yield return batch;
                }
            }
            finally
            {
                await end.CancelAsync().ConfigureAwait(false);
                call?.Dispose();
            }

            cluster.MoveOn(member);
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LastPause ? pause * 2 : LastPause;
        }
    }

    private async ValueTask<(AsyncDuplexStreamingCall<Wire.WatchRequest, Wire.WatchResponse>? Call, bool Again)> OpenAsync(
        AsyncDuplexStreamingCall<Wire.WatchRequest, Wire.WatchResponse>? open, Member member, CancellationToken cancellationToken)
    {
        if (open is not null) return (open, false);
        (Google.Protobuf.ByteString key, Google.Protobuf.ByteString rangeEnd) = Range.Prefix(prefix);
        Wire.WatchRequest request = new()
        {
            CreateRequest = new() { Key = key, RangeEnd = rangeEnd, StartRevision = _next, PrevKv = true, ProgressNotify = true, Fragment = true },
        };
        AsyncDuplexStreamingCall<Wire.WatchRequest, Wire.WatchResponse>? call = null;
        try
        {
            call = member.Watch.Watch(await cluster.StreamOptionsAsync(cancellationToken).ConfigureAwait(false));
            await call.RequestStream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            return (call, false);
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (error is RpcException rpc) ThrowIfFinal(rpc, member);
            return (call, true);
        }
        catch (DatastoreException error) when (error.Error == DatastoreError.Unavailable)
        {
            return (call, true);
        }
    }

    /// <summary>The next response; null when the stream is over and another is to be opened.</summary>
    private async ValueTask<Wire.WatchResponse?> NextAsync(AsyncDuplexStreamingCall<Wire.WatchRequest, Wire.WatchResponse> call, Member member, CancellationToken cancellationToken)
    {
        try
        {
            if (!await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false)) return null;
        }
        catch (RpcException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfFinal(error, member);
            return null;
        }

        Wire.WatchResponse response = call.ResponseStream.Current;
        if (!response.Canceled) return response;
        if (response.CompactRevision > 0) throw DatastoreException.Compacted(_next - 1, response.CompactRevision);
        if (response.CancelReason.Contains("permission denied", StringComparison.Ordinal))
            throw new DatastoreException(DatastoreError.PermissionDenied, $"etcd at {member.Endpoint}: watch of {prefix}: {response.CancelReason}");
        cluster.ForgetToken();
        return null;
    }

    /// <summary>The batch a response completes; null for a fragment.</summary>
    private WatchBatch? Take(Wire.WatchResponse response)
    {
        _fragments.AddRange(response.Events);
        if (response.Fragment) return null;
        List<DatastoreEvent> events = new(_fragments.Count);
        foreach (Wire.Event change in _fragments)
        {
            if (change.Kv.ModRevision >= _next) events.Add(Event(change));
        }

        _fragments.Clear();
        // A response with events may have been made while more were waiting: only its own events count. One without is a progress report.
        long upTo = events.Count > 0 ? events[^1].Item.ModRevision : response.Header.Revision;
        if (upTo >= _next) _next = upTo + 1;
        return new(events, _next - 1);
    }

    private static DatastoreEvent Event(Wire.Event change)
    {
        bool delete = change.Type == Wire.Event.Types.EventType.Delete;
        KeyValue? previous = change.PrevKv is null ? null : Range.Item(change.PrevKv);
        return new(Range.Item(change.Kv), previous, delete);
    }

    private void ThrowIfFinal(RpcException error, Member member)
    {
        switch (Failure.Classify(error))
        {
            case FailureKind.Refused: throw Failure.ToException(error, member.Endpoint);
            case FailureKind.TokenExpired:
                cluster.ForgetToken();
                break;
        }
    }
}
