namespace Calico.Datastore;

/// <summary>What must be true of a key for a transaction to be carried out.</summary>
/// <param name="Key">The key.</param>
/// <param name="ModRevision">The revision its value must have; 0 = the key must not exist.</param>
public readonly record struct Condition(string Key, long ModRevision);

/// <summary>One change of one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value; null = delete. Deleting a key that does not exist changes nothing.</param>
/// <param name="Lease">The lease to attach, 0 = none.</param>
public readonly record struct Write(string Key, ReadOnlyMemory<byte>? Value, long Lease = 0)
{
    /// <summary>True when the key is to be deleted.</summary>
    public bool IsDelete => Value is null;
}

/// <summary>Conditions and the writes that happen together when all of them hold.</summary>
/// <example><code>
/// await store.CommitAsync(new Transaction()
///     .Require("/a", a.ModRevision).RequireAbsent("/b")
///     .Put("/a", newA).Put("/b", b));
/// </code></example>
public sealed class Transaction
{
    private readonly List<Condition> _conditions = new(2);
    private readonly List<Write> _writes = new(2);

    /// <summary>All of these must hold.</summary>
    public IReadOnlyList<Condition> Conditions => _conditions;

    /// <summary>What is written when they do; no key twice.</summary>
    public IReadOnlyList<Write> Writes => _writes;

    /// <summary>The key must still be as that revision wrote it.</summary>
    public Transaction Require(string key, long modRevision)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfNegative(modRevision);
        _conditions.Add(new(key, modRevision));
        return this;
    }

    /// <summary>The key must not exist.</summary>
    public Transaction RequireAbsent(string key) => Require(key, 0);

    /// <summary>Writes a value.</summary>
    /// <exception cref="ArgumentException">The transaction writes that key already.</exception>
    public Transaction Put(string key, ReadOnlyMemory<byte> value, long lease = 0) => Add(new(key, value, lease));

    /// <summary>Deletes a key.</summary>
    /// <exception cref="ArgumentException">The transaction writes that key already.</exception>
    public Transaction Delete(string key) => Add(new(key, null));

    private Transaction Add(Write write)
    {
        ArgumentException.ThrowIfNullOrEmpty(write.Key, "key");
        foreach (Write other in _writes)
        {
            if (string.Equals(other.Key, write.Key, StringComparison.Ordinal))
                throw new ArgumentException($"The transaction writes {write.Key} twice.", nameof(write));
        }

        _writes.Add(write);
        return this;
    }
}
