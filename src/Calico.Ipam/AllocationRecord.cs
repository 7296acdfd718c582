using System.Globalization;
using Calico.Ipam.Documents;

namespace Calico.Ipam;

/// <summary>What a block keeps about addresses: whose they are. Addresses with equal attributes share one. Immutable.</summary>
public sealed class AllocationRecord : IEquatable<AllocationRecord>
{
    internal static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>(0);

    /// <summary>An attribute.</summary>
    /// <param name="handleId">The handle, or null.</param>
    /// <param name="owner">The active owner's attributes, or null.</param>
    /// <param name="alternateOwner">The alternate owner's attributes (the target of a live migration), or null.</param>
    public AllocationRecord(string? handleId, IReadOnlyDictionary<string, string>? owner = null, IReadOnlyDictionary<string, string>? alternateOwner = null)
        : this(handleId, owner, alternateOwner, null, [])
    {
    }

    internal AllocationRecord(string? handleId, IReadOnlyDictionary<string, string>? owner, IReadOnlyDictionary<string, string>? alternateOwner, string? releasedAt, UnknownFields unknown)
    {
        HandleId = handleId;
        Owner = owner ?? None;
        AlternateOwner = alternateOwner ?? None;
        ReleasedAtText = releasedAt;
        Unknown = unknown;
        if (releasedAt is not null && DateTimeOffset.TryParse(releasedAt, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset at))
            ReleasedAt = at;
    }

    /// <summary>The handle that the addresses are under (JSON <c>handle_id</c>), or null.</summary>
    public string? HandleId { get; }

    /// <summary>The active owner (JSON <c>secondary</c>): <c>pod</c>, <c>namespace</c>, <c>node</c>, <c>type</c>, … See <see cref="OwnerAttributes"/>.</summary>
    public IReadOnlyDictionary<string, string> Owner { get; }

    /// <summary>The alternate owner of a virtual machine that is being migrated (JSON <c>alternateOwnerAttrs</c>).</summary>
    public IReadOnlyDictionary<string, string> AlternateOwner { get; }

    /// <summary>When the addresses were released; while set they are cooling down and belong to nobody (JSON <c>releasedAt</c>).</summary>
    public DateTimeOffset? ReleasedAt { get; }

    /// <summary>Whether the addresses are released and wait out their cool-down.</summary>
    public bool IsCooling => ReleasedAtText is not null;

    internal string? ReleasedAtText { get; }

    internal UnknownFields Unknown { get; }

    internal static AllocationRecord Released(DateTimeOffset at) =>
        new(null, null, null, JsonText.Rfc3339(at), []);

    internal AllocationRecord WithOwners(IReadOnlyDictionary<string, string> owner, IReadOnlyDictionary<string, string> alternate) =>
        new(HandleId, owner, alternate, ReleasedAtText, Unknown);

    /// <inheritdoc/>
    public bool Equals(AllocationRecord? other) =>
        ReferenceEquals(this, other) ||
        (other is not null && HandleId == other.HandleId && ReleasedAtText == other.ReleasedAtText &&
         Same(Owner, other.Owner) && Same(AlternateOwner, other.AlternateOwner) && Unknown.Equals(other.Unknown));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AllocationRecord);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HandleId, ReleasedAtText, Owner.Count, AlternateOwner.Count);

    internal static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right)
    {
        if (ReferenceEquals(left, right)) return true;
        if (left.Count != right.Count) return false;
        foreach ((string key, string value) in left)
        {
            if (!right.TryGetValue(key, out string? other) || other != value) return false;
        }

        return true;
    }
}
