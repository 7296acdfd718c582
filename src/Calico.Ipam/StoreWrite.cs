namespace Calico.Ipam;

/// <summary>One compared write: create, replace or delete.</summary>
public readonly record struct StoreWrite
{
    private StoreWrite(string key, ReadOnlyMemory<byte>? value, long expectedRevision)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Key = key;
        Value = value;
        ExpectedRevision = expectedRevision;
    }

    /// <summary>The whole key.</summary>
    public string Key { get; }

    /// <summary>The new value; null deletes the key.</summary>
    public ReadOnlyMemory<byte>? Value { get; }

    /// <summary>The revision that the key must have; 0 when it must not exist.</summary>
    public long ExpectedRevision { get; }

    /// <summary>Whether this write deletes.</summary>
    public bool IsDelete => Value is null;

    /// <summary>Creates a key that must not exist.</summary>
    /// <param name="key">The whole key.</param>
    /// <param name="value">Its value.</param>
    public static StoreWrite Create(string key, ReadOnlyMemory<byte> value) => new(key, value, 0);

    /// <summary>Replaces the value of a key that must be at a revision.</summary>
    /// <param name="key">The whole key.</param>
    /// <param name="value">The new value.</param>
    /// <param name="revision">The revision it must have, positive.</param>
    public static StoreWrite Replace(string key, ReadOnlyMemory<byte> value, long revision)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(revision);
        return new(key, value, revision);
    }

    /// <summary>Deletes a key that must be at a revision.</summary>
    /// <param name="key">The whole key.</param>
    /// <param name="revision">The revision it must have, positive.</param>
    public static StoreWrite Delete(string key, long revision)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(revision);
        return new(key, null, revision);
    }
}
