using System.Diagnostics;

namespace Calico.Datastore;

/// <summary>One key, its value, and the revisions that made it.</summary>
[DebuggerDisplay("{Key} @{ModRevision} ({Value.Length} B)")]
public sealed class KeyValue(string key, ReadOnlyMemory<byte> value, long createRevision, long modRevision, long lease = 0)
{
    /// <summary>The key, for example <c>/calico/resources/v3/projectcalico.org/ippools/pool-1</c>.</summary>
    public string Key { get; } = key;

    /// <summary>The value, usually JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;

    /// <summary>The revision that created the key.</summary>
    public long CreateRevision { get; } = createRevision;

    /// <summary>The revision that last wrote it; in a delete event the revision of the deletion.</summary>
    public long ModRevision { get; } = modRevision;

    /// <summary>The lease the key dies with; 0 = it lives on.</summary>
    public long Lease { get; } = lease;
}

/// <summary>A consistent picture of all keys under a prefix.</summary>
/// <param name="Items">The values in ordinal order of their keys.</param>
/// <param name="Revision">The store's revision the picture is of.</param>
public readonly record struct KeyValueList(IReadOnlyList<KeyValue> Items, long Revision);
