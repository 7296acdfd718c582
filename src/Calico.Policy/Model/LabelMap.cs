using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Calico.Policy.Model;

/// <summary>An immutable map from label name to value, sorted by name in byte order; compares by content.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "A map is the short name of a dictionary.")]
public sealed class LabelMap : IReadOnlyDictionary<string, string>, IEquatable<LabelMap>
{
    private readonly KeyValuePair<string, string>[] _entries;

    private LabelMap(KeyValuePair<string, string>[] entries) => _entries = entries;

    /// <summary>No label.</summary>
    public static LabelMap Empty { get; } = new([]);

    /// <summary>Copies the labels; where a name appears twice the last value wins.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="labels"/> is null, or a name or value in it is.</exception>
    public static LabelMap From(IEnumerable<KeyValuePair<string, string>>? labels)
    {
        if (labels is null) return Empty;
        if (labels is LabelMap map) return map;
        SortedDictionary<string, string> sorted = new(StringComparer.Ordinal);
        foreach ((string name, string value) in labels) sorted[name] = value ?? throw new ArgumentNullException(nameof(labels), $"The label '{name}' has no value.");
        return sorted.Count == 0 ? Empty : new([.. sorted]);
    }

    /// <summary>Labels from pairs of name and value.</summary>
    public static LabelMap Of(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Dictionary<string, string> map = [];
        foreach ((string name, string value) in labels) map[name] = value;
        return From(map);
    }

    /// <summary>The same labels and one more, or with another value for it.</summary>
    public LabelMap With(string name, string value) => From(_entries.Append(KeyValuePair.Create(name, value)));

    /// <summary>The number of labels.</summary>
    public int Count => _entries.Length;

    /// <summary>The labels in name order, without copying.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> AsSpan() => _entries;

    /// <summary>The names in order.</summary>
    public IEnumerable<string> Keys => _entries.Select(e => e.Key);

    /// <summary>The values in the order of their names.</summary>
    public IEnumerable<string> Values => _entries.Select(e => e.Value);

    /// <summary>The value of a label.</summary>
    /// <exception cref="KeyNotFoundException">There is no such label.</exception>
    public string this[string key] => TryGetValue(key, out string? value) ? value : throw new KeyNotFoundException($"There is no label '{key}'.");

    /// <summary>True when the label is present, whatever its value.</summary>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <summary>Looks a label up by binary search.</summary>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        int low = 0, high = _entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = string.CompareOrdinal(_entries[middle].Key, key);
            if (order == 0)
            {
                value = _entries[middle].Value;
                return true;
            }

            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        value = null;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>True when both hold the same labels.</summary>
    public bool Equals(LabelMap? other) =>
        other is not null && (ReferenceEquals(this, other) || _entries.AsSpan().SequenceEqual(other._entries));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelMap);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach ((string name, string value) in _entries)
        {
            hash.Add(name);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => "{" + string.Join(", ", _entries.Select(e => $"{e.Key}={e.Value}")) + "}";
}
