namespace Calico.Ipam;

/// <summary>What came of a request for any free addresses. Getting fewer than asked is not an exception: see <see cref="Assignments.ShortfallMessage"/>.</summary>
/// <param name="IPv4">The IPv4 part; null when none was asked for.</param>
/// <param name="IPv6">The IPv6 part; null when none was asked for.</param>
public sealed record AutoAssignResult(Assignments? IPv4, Assignments? IPv6)
{
    /// <summary>All addresses, IPv4 first.</summary>
    public IEnumerable<AssignedAddress> Addresses => (IPv4?.Addresses ?? []).Concat(IPv6?.Addresses ?? []);

    /// <summary>Whether everything asked for is there.</summary>
    public bool IsComplete => IPv4?.ShortfallMessage is null && IPv6?.ShortfallMessage is null;

    /// <summary>Throws when less came than was asked for. What did come stays assigned: release it by its handle.</summary>
    /// <exception cref="IpamException">With the messages of the allocator.</exception>
    public AutoAssignResult ThrowIfIncomplete()
    {
        Assignments? shortOf = IPv4?.ShortfallMessage is not null ? IPv4 : IPv6?.ShortfallMessage is not null ? IPv6 : null;
        return shortOf is null ? this : throw new IpamException(shortOf.Error ?? IpamErrorCode.NoQualifiedPool, shortOf.ShortfallMessage!);
    }
}

/// <summary>Addresses of one family that were assigned.</summary>
/// <param name="IpVersion">4 or 6.</param>
/// <param name="Requested">How many were asked for.</param>
/// <param name="Addresses">What came, perhaps fewer.</param>
/// <param name="Messages">Why fewer, in Calico's words.</param>
public sealed record Assignments(int IpVersion, int Requested, IReadOnlyList<AssignedAddress> Addresses, IReadOnlyList<string> Messages)
{
    /// <summary>The reservation that the request stated.</summary>
    public HostReservedAddresses? HostReserved { get; init; }

    /// <summary><see cref="IpamErrorCode.BlockLimit"/> when the host's number of blocks was what stopped it, else null.</summary>
    public IpamErrorCode? Error { get; init; }

    /// <summary>Why each pool that was not used could not be.</summary>
    public IReadOnlyList<string> PoolsNotUsed { get; init; } = [];

    /// <summary>Calico's text for a request that was not met in full; null when it was.</summary>
    public string? ShortfallMessage
    {
        get
        {
            if (Addresses.Count >= Requested) return null;
            string text = $"Assigned {Addresses.Count} out of {Requested} requested IPv{IpVersion} addresses";
            if (Messages.Count > 0) text += "; " + string.Join("; ", Messages);
            if (HostReserved is not null) text += $"; HostReservedAttr: {HostReserved.Handle}";
            return text;
        }
    }
}
