namespace Calico.Datastore.Etcd.Client;

/// <summary>
/// Group commit. A few transactions are on their way at once; commits that come meanwhile wait, and those of them that have no key in common go together, as one
/// transaction of etcd with the conditions of all. If it is refused, the answer shows whose conditions did not hold: these have their answer, the others go again.
/// </summary>
/// <remarks>Each commit stays all or nothing by itself. Members of a group share a revision; since no key is touched by two of them, any order of them gives the same result.</remarks>
internal sealed class CommitGroups(Func<Transaction, CancellationToken, ValueTask<CommitResult>> send)
{
    /// <summary>etcd's default limit of conditions and of operations in a transaction.</summary>
    public const int MaximumOperations = 128;

    /// <summary>Far below etcd's default limit of 1.5 MiB for a request.</summary>
    private const int MaximumBytes = 256 * 1024;
    private const int MaximumOnTheirWay = 4;

    private readonly Lock _gate = new();
    private readonly LinkedList<PendingCommit> _waiting = new();
    private int _onTheirWay;

    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PendingCommit? pending = null;
        lock (_gate)
        {
            if (_onTheirWay < MaximumOnTheirWay) _onTheirWay++;
            else
            {
                pending = new(transaction, cancellationToken);
                pending.Watch();
                _waiting.AddLast(pending);
            }
        }

        if (pending is not null) return await pending.Answer.ConfigureAwait(false);
        try
        {
            return await send(transaction, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Next();
        }
    }

    /// <summary>One is back: the next group takes its place.</summary>
    private void Next()
    {
        List<PendingCommit> group = [];
        lock (_gate)
        {
            Take(group);
            if (group.Count == 0) _onTheirWay--;
        }

        if (group.Count > 0) _ = SendAsync(group);
    }

    private void Take(List<PendingCommit> group)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        int writes = 0, conditions = 0, bytes = 0;
        for (LinkedListNode<PendingCommit>? node = _waiting.First, next; node is not null; node = next)
        {
            next = node.Next;
            Transaction transaction = node.Value.Transaction;
            bool fits = group.Count == 0
                || (writes + transaction.Writes.Count <= MaximumOperations && conditions + transaction.Conditions.Count <= MaximumOperations && bytes + node.Value.Size <= MaximumBytes);
            if (!fits) return;
            if (SharesKey(transaction, keys)) continue;
            _waiting.Remove(node);
            if (!node.Value.Send()) continue;
            writes += transaction.Writes.Count;
            conditions += transaction.Conditions.Count;
            bytes += node.Value.Size;
            foreach (Write write in transaction.Writes) keys.Add(write.Key);
            foreach (Condition condition in transaction.Conditions) keys.Add(condition.Key);
            group.Add(node.Value);
        }
    }

    private static bool SharesKey(Transaction transaction, HashSet<string> keys)
    {
        foreach (Write write in transaction.Writes)
        {
            if (keys.Contains(write.Key)) return true;
        }

        foreach (Condition condition in transaction.Conditions)
        {
            if (keys.Contains(condition.Key)) return true;
        }

        return false;
    }

    private async Task SendAsync(List<PendingCommit> group)
    {
        try
        {
            if (group.Count == 1) group[0].Complete(await send(group[0].Transaction, CancellationToken.None).ConfigureAwait(false));
            else Answer(group, await send(Joined(group), CancellationToken.None).ConfigureAwait(false));
        }
        catch (DatastoreException error) when (group.Count > 1 && error.Error != DatastoreError.Unavailable)
        {
            // Refused as a whole, which says nothing about each: one may lack a permission or a lease, or be too large.
            await SendOneByOneAsync(group).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            foreach (PendingCommit pending in group) pending.Fail(error);
        }
        finally
        {
            Next();
        }
    }

    private async Task SendOneByOneAsync(List<PendingCommit> group)
    {
        foreach (PendingCommit pending in group)
        {
            try
            {
                pending.Complete(await send(pending.Transaction, CancellationToken.None).ConfigureAwait(false));
            }
            catch (Exception error)
            {
                pending.Fail(error);
            }
        }
    }

    private static Transaction Joined(List<PendingCommit> group)
    {
        Transaction joined = new();
        foreach (PendingCommit pending in group)
        {
            foreach (Condition condition in pending.Transaction.Conditions) joined.Require(condition.Key, condition.ModRevision);
            foreach (Write write in pending.Transaction.Writes)
            {
                if (write.Value is { } value) joined.Put(write.Key, value, write.Lease);
                else joined.Delete(write.Key);
            }
        }

        return joined;
    }

    private void Answer(List<PendingCommit> group, CommitResult result)
    {
        if (result.Outcome != CommitOutcome.Conflict)
        {
            foreach (PendingCommit pending in group) pending.Complete(result);
            return;
        }

        List<PendingCommit> again = [];
        int at = 0;
        foreach (PendingCommit pending in group)
        {
            IReadOnlyList<Condition> conditions = pending.Transaction.Conditions;
            KeyValue?[] current = [.. result.Current.Skip(at).Take(conditions.Count)];
            at += conditions.Count;
            if (Holds(conditions, current)) again.Add(pending);
            else pending.Complete(CommitResult.Conflicted(result.Revision, current));
        }

        lock (_gate)
        {
            for (int i = again.Count - 1; i >= 0; i--)
            {
                again[i].Unsend();
                _waiting.AddFirst(again[i]);
            }
        }
    }

    private static bool Holds(IReadOnlyList<Condition> conditions, KeyValue?[] current)
    {
        for (int i = 0; i < conditions.Count; i++)
        {
            if ((current[i]?.ModRevision ?? 0) != conditions[i].ModRevision) return false;
        }

        return true;
    }
}
