using Calico.Datastore.Etcd.Client;
using Google.Protobuf;
using Grpc.Core;
using Range = Calico.Datastore.Etcd.Client.Range;

namespace Calico.Datastore.Etcd;

/// <summary>The datastore in an etcd v3 cluster, on the keys a real Calico uses.</summary>
/// <remarks>
/// Reads are linearizable and go on to the next member when one does not answer. A commit is sent once: where its answer is lost it is
/// <see cref="CommitOutcome.Ambiguous"/>. When many commits are under way at once, those without a common key go to etcd together and share a revision. A watch goes on over lost connections, restarted members and elections without a lost or doubled event.
/// </remarks>
public sealed class EtcdDatastore : IDatastore
{
    private const int PageSize = 2000;

    private readonly Cluster _cluster;
    private readonly CommitGroups _commits;
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Makes the client; connections are made when they are needed.</summary>
    /// <exception cref="ArgumentException">An option is missing or contradicts another.</exception>
    public EtcdDatastore(EtcdDatastoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _cluster = new(options);
        _commits = new(SendAsync);
    }

    /// <summary>Makes the client for a cluster without TLS and users.</summary>
    public EtcdDatastore(params string[] endpoints)
        : this(new EtcdDatastoreOptions { Endpoints = endpoints })
    {
    }

    /// <summary>128, etcd's default.</summary>
    public int MaximumWrites => CommitGroups.MaximumOperations;

    /// <summary>True.</summary>
    public bool CanBeAmbiguous => true;

    /// <inheritdoc/>
    public async ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Wire.RangeRequest request = new() { Key = Range.Key(key) };
        Wire.RangeResponse answer = await _cluster.RepeatAsync((member, call) => member.KV.RangeAsync(request, call), cancellationToken).ConfigureAwait(false);
        return answer.Kvs.Count == 0 ? null : Range.Item(answer.Kvs[0]);
    }

    /// <inheritdoc/>
    public async ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        while (true)
        {
            try
            {
                return await ListPagesAsync(prefix, keysOnly, cancellationToken).ConfigureAwait(false);
            }
            catch (DatastoreException error) when (error.Error == DatastoreError.Compacted)
            {
                // The history was compacted between two pages: begin again.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (Math.Max(transaction.Writes.Count, transaction.Conditions.Count) > CommitGroups.MaximumOperations)
            throw new ArgumentException($"A transaction may have {CommitGroups.MaximumOperations} writes and conditions each.", nameof(transaction));
        return await _commits.CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(afterRevision);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await foreach (WatchBatch batch in new WatchStream(_cluster, prefix, afterRevision).ReadAsync(end.Token).ConfigureAwait(false))
            yield return batch;
    }

    /// <inheritdoc/>
    public async ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        // The id is ours, so that asking again after a lost answer makes no second lease.
        Wire.LeaseGrantRequest request = new() { Id = Random.Shared.NextInt64(1, long.MaxValue), Ttl = (long)Math.Ceiling(timeToLive.TotalSeconds) };
        try
        {
            await _cluster.RepeatAsync((member, call) => member.Lease.LeaseGrantAsync(request, call), cancellationToken).ConfigureAwait(false);
        }
        catch (DatastoreException error) when (error.InnerException is RpcException { StatusCode: StatusCode.FailedPrecondition } refused && refused.Status.Detail.Contains("lease already exists", StringComparison.Ordinal))
        {
            // The first answer was lost.
        }

        return request.Id;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default) =>
        await _cluster.RepeatAsync((member, call) => RenewAsync(member, lease, call), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default)
    {
        try
        {
            await _cluster.RepeatAsync((member, call) => member.Lease.LeaseRevokeAsync(new() { Id = lease }, call), cancellationToken).ConfigureAwait(false);
        }
        catch (DatastoreException error) when (error.Error == DatastoreError.LeaseNotFound)
        {
            // Gone is gone.
        }
    }

    /// <inheritdoc/>
    public async ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default)
    {
        try
        {
            await _cluster.RepeatAsync((member, call) => member.KV.CompactAsync(new() { Revision = revision }, call), cancellationToken).ConfigureAwait(false);
        }
        catch (DatastoreException error) when (error.InnerException is RpcException refused && Failure.IsCompacted(refused))
        {
            // Somebody has compacted further already.
        }
        catch (DatastoreException error) when (error.InnerException is RpcException refused && Failure.IsFuture(refused))
        {
            throw new ArgumentOutOfRangeException(nameof(revision), revision, "The revision is in the future.");
        }
    }

    /// <summary>Asks the member in use how it is: its version and whether it has a leader.</summary>
    /// <exception cref="DatastoreException">No member answers.</exception>
    public async ValueTask<EtcdStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        Wire.StatusResponse answer = await _cluster.RepeatAsync((member, call) => member.Maintenance.StatusAsync(new(), call), cancellationToken).ConfigureAwait(false);
        return new(answer.Version, answer.DbSize, answer.Header.Revision, answer.Leader != 0, answer.Leader == answer.Header.MemberId);
    }

    /// <summary>Ends all watches and connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        _cluster.Dispose();
    }

    private async ValueTask<CommitResult> SendAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        Wire.TxnRequest request = Request(transaction);
        (Wire.TxnResponse? answer, string? lost) = await _cluster.MutateAsync((member, call) => member.KV.TxnAsync(request, call), cancellationToken).ConfigureAwait(false);
        if (answer is null) return CommitResult.Lost(lost ?? "");
        if (answer.Succeeded) return CommitResult.Success(answer.Header.Revision);
        return CommitResult.Conflicted(answer.Header.Revision, [.. answer.Responses.Select(r => r.ResponseRange.Kvs.Count == 0 ? null : Range.Item(r.ResponseRange.Kvs[0]))]);
    }

    private static async Task<bool> RenewAsync(Member member, long lease, CallOptions call)
    {
        using AsyncDuplexStreamingCall<Wire.LeaseKeepAliveRequest, Wire.LeaseKeepAliveResponse> stream = member.Lease.LeaseKeepAlive(call);
        await stream.RequestStream.WriteAsync(new() { Id = lease }, call.CancellationToken).ConfigureAwait(false);
        if (!await stream.ResponseStream.MoveNext(call.CancellationToken).ConfigureAwait(false))
            throw new RpcException(new Status(StatusCode.Unavailable, "the keep-alive stream ended"));
        return stream.ResponseStream.Current.Ttl > 0;
    }

    private static Wire.TxnRequest Request(Transaction transaction)
    {
        Wire.TxnRequest request = new();
        foreach (Condition condition in transaction.Conditions)
        {
            ByteString key = Range.Key(condition.Key);
            request.Compare.Add(new Wire.Compare { Target = Wire.Compare.Types.CompareTarget.Mod, Key = key, ModRevision = condition.ModRevision });
            request.Failure.Add(new Wire.RequestOp { RequestRange = new() { Key = key } });
        }

        foreach (Write write in transaction.Writes)
        {
            ByteString key = Range.Key(write.Key);
            request.Success.Add(write.Value is { } value
                ? new Wire.RequestOp { RequestPut = new() { Key = key, Value = UnsafeByteOperations.UnsafeWrap(value), Lease = write.Lease } }
                : new Wire.RequestOp { RequestDeleteRange = new() { Key = key } });
        }

        return request;
    }

    private async ValueTask<KeyValueList> ListPagesAsync(string prefix, bool keysOnly, CancellationToken cancellationToken)
    {
        List<KeyValue> items = [];
        (ByteString key, ByteString end) = Range.Prefix(prefix);
        Wire.RangeRequest request = new() { Key = key, RangeEnd = end, Limit = PageSize, KeysOnly = keysOnly };
        while (true)
        {
            Wire.RangeResponse page = await _cluster.RepeatAsync((member, call) => member.KV.RangeAsync(request, call), cancellationToken).ConfigureAwait(false);
            foreach (Wire.StoredKeyValue stored in page.Kvs) items.Add(Range.Item(stored));
            if (request.Revision == 0) request.Revision = page.Header.Revision;
            if (!page.More || page.Kvs.Count == 0) return new(items, request.Revision);
            byte[] after = new byte[page.Kvs[^1].Key.Length + 1];
            page.Kvs[^1].Key.CopyTo(after, 0);
            request.Key = UnsafeByteOperations.UnsafeWrap(after);
        }
    }
}
