using System.Diagnostics.CodeAnalysis;
using CommunityToolkit.HighPerformance.Buffers;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>The name of a label with its hash, computed once.</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
readonly struct LabelName(string text) : IEquatable<LabelName>
{
    /// <summary>The name.</summary>
    public string Text { get; } = Shared(text);

    /// <summary>The hash of <see cref="Text"/>, valid in this process only.</summary>
    public int Hash { get; } = string.GetHashCode(text.AsSpan());

    // Names and values recur; one object for each makes most comparisons a comparison of references.
    internal static string Shared(string text) => StringPool.Shared.GetOrAdd(text);

    /// <inheritdoc/>
    public bool Equals(LabelName other) => Hash == other.Hash && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is LabelName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash;

    /// <summary>The name.</summary>
    public override string ToString() => Text;

    /// <summary>Whether two names are the same, byte by byte.</summary>
    public static bool operator ==(LabelName left, LabelName right) => left.Equals(right);

    /// <summary>Whether two names differ.</summary>
    public static bool operator !=(LabelName left, LabelName right) => !left.Equals(right);
}

/// <summary>Something a selector can be matched against; implement it to compute labels on the fly, for example with inheritance.</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
interface ILabels
{
    /// <summary>The value of a label, if it is present. An empty value is present.</summary>
    bool TryGet(LabelName name, [NotNullWhen(true)] out string? value);
}

/// <summary>Any dictionary as labels.</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
readonly struct DictionaryLabels(IReadOnlyDictionary<string, string> labels) : ILabels
{
    /// <inheritdoc/>
    public bool TryGet(LabelName name, [NotNullWhen(true)] out string? value) => labels.TryGetValue(name.Text, out value);
}
