using System.Net;

namespace Calico.Ipam;

/// <summary>A request for one address by name. Reservations do not stop it.</summary>
/// <param name="Address">The address.</param>
public sealed record AssignIPRequest(IPAddress Address)
{
    /// <summary>The node that it is for.</summary>
    public string Node { get; init; } = "";

    /// <summary>The handle to release it by; null for none.</summary>
    public string? Handle { get; init; }

    /// <summary>Who it is for, see <see cref="OwnerAttributes"/>.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = AllocationRecord.None;

    /// <summary>What it is for; <see cref="AllowedUses.None"/> does not look at the pool's allowed uses.</summary>
    public AllowedUses Use { get; init; }

    /// <summary>The most addresses of the family that the handle may have; asking again for one that it has is no error then. 0 for no limit.</summary>
    public int MaxPerHandle { get; init; }

    /// <summary>Addresses that the host's system needs in each of its blocks; null for none.</summary>
    public HostReservedAddresses? HostReserved { get; init; }
}
