using System.Net;

namespace Calico.Ipam;

/// <summary>A change of an address's owners with what must hold before: for moving a virtual machine, source and target are swapped in one step.</summary>
public sealed record OwnerChange
{
    /// <summary>The new active owner; null leaves it, an empty map clears it.</summary>
    public IReadOnlyDictionary<string, string>? Active { get; init; }

    /// <summary>The new alternate owner; null leaves it, an empty map clears it.</summary>
    public IReadOnlyDictionary<string, string>? Alternate { get; init; }

    /// <summary>The active owner must have these attributes (others may be there as well); null does not look.</summary>
    public IReadOnlyDictionary<string, string>? ExpectedActive { get; init; }

    /// <summary>The alternate owner must have these attributes; null does not look.</summary>
    public IReadOnlyDictionary<string, string>? ExpectedAlternate { get; init; }

    /// <summary>There must be no active owner.</summary>
    public bool ActiveMustBeEmpty { get; init; }

    /// <summary>There must be no alternate owner.</summary>
    public bool AlternateMustBeEmpty { get; init; }

    /// <summary>The swap of a live migration: the alternate owner becomes the active one and the other way round.</summary>
    /// <param name="source">The active owner's attributes before.</param>
    /// <param name="target">The alternate owner's attributes before.</param>
    public static OwnerChange Swap(IReadOnlyDictionary<string, string> source, IReadOnlyDictionary<string, string> target) =>
        new() { Active = target, Alternate = source, ExpectedActive = source, ExpectedAlternate = target };

    internal AllocationRecord Apply(AllocationRecord present, IPAddress address)
    {
        if (ActiveMustBeEmpty && ExpectedActive is { Count: > 0 }) throw Contradiction("active");
        if (AlternateMustBeEmpty && ExpectedAlternate is { Count: > 0 }) throw Contradiction("alternate");
        Require(ActiveMustBeEmpty, ExpectedActive, present.Owner, "active", address);
        Require(AlternateMustBeEmpty, ExpectedAlternate, present.AlternateOwner, "alternate", address);
        return present.WithOwners(Active ?? present.Owner, Alternate ?? present.AlternateOwner);
    }

    private static void Require(bool mustBeEmpty, IReadOnlyDictionary<string, string>? expected, IReadOnlyDictionary<string, string> actual, string which, IPAddress address)
    {
        if (mustBeEmpty && actual.Count > 0)
            throw new IpamException(IpamErrorCode.BadOwner, $"{address} has an {which} owner ({Text(actual)}), none was expected");
        foreach ((string key, string value) in expected ?? AllocationRecord.None)
        {
            if (!actual.TryGetValue(key, out string? present) || present != value)
                throw new IpamException(IpamErrorCode.BadOwner, $"the {which} owner of {address} is ({Text(actual)}), expected {key}={value}");
        }
    }

    private static IpamException Contradiction(string which) =>
        new(IpamErrorCode.InvalidRequest, $"the {which} owner cannot both be expected and have to be empty: state one of them");

    private static string Text(IReadOnlyDictionary<string, string> attributes) => string.Join(", ", attributes.Select(pair => $"{pair.Key}={pair.Value}"));
}
