namespace Calico.Datastore;

/// <summary>The everyday writes, each one transaction.</summary>
public static class DatastoreExtensions
{
    /// <summary>Writes a key that must not exist yet.</summary>
    public static ValueTask<CommitResult> CreateAsync(this IDatastore store, string key, ReadOnlyMemory<byte> value, long lease = 0, CancellationToken cancellationToken = default) =>
        store.CommitAsync(new Transaction().RequireAbsent(key).Put(key, value, lease), cancellationToken);

    /// <summary>Writes a key whatever it was.</summary>
    public static ValueTask<CommitResult> PutAsync(this IDatastore store, string key, ReadOnlyMemory<byte> value, long lease = 0, CancellationToken cancellationToken = default) =>
        store.CommitAsync(new Transaction().Put(key, value, lease), cancellationToken);

    /// <summary>Writes a key if it is still as <paramref name="modRevision"/> left it.</summary>
    public static ValueTask<CommitResult> CompareAndSwapAsync(this IDatastore store, string key, long modRevision, ReadOnlyMemory<byte> value, long lease = 0, CancellationToken cancellationToken = default) =>
        store.CommitAsync(new Transaction().Require(key, modRevision).Put(key, value, lease), cancellationToken);

    /// <summary>Deletes a key if it is still as <paramref name="modRevision"/> left it.</summary>
    public static ValueTask<CommitResult> CompareAndDeleteAsync(this IDatastore store, string key, long modRevision, CancellationToken cancellationToken = default) =>
        store.CommitAsync(new Transaction().Require(key, modRevision).Delete(key), cancellationToken);

    /// <summary>Deletes a key whatever it was.</summary>
    public static ValueTask<CommitResult> DeleteAsync(this IDatastore store, string key, CancellationToken cancellationToken = default) =>
        store.CommitAsync(new Transaction().Delete(key), cancellationToken);
}
