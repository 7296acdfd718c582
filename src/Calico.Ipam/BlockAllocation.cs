using System.Net;

namespace Calico.Ipam;

/// <summary>One address of a block that is not free.</summary>
public readonly struct BlockAllocation
{
    private readonly IpamBlock _block;

    internal BlockAllocation(IpamBlock block, int ordinal)
    {
        _block = block;
        Ordinal = ordinal;
    }

    /// <summary>Its place in the block.</summary>
    public int Ordinal { get; }

    /// <summary>The address.</summary>
    public IPAddress Address => _block.Address(Ordinal);

    /// <summary>The block that it lies in.</summary>
    public IPNetwork Block => _block.Cidr;

    /// <summary>Whose block that is; null for nobody's.</summary>
    public AffinityOwner? BlockOwner => _block.Affinity;

    /// <summary>Whose it is.</summary>
    public AllocationRecord Attribute => _block.Attribute(Ordinal)!;

    /// <summary>The block's sequence number when it was allocated; 0 in documents older than sequence numbers.</summary>
    public ulong SequenceNumber => _block.SequenceNumberFor(Ordinal) ?? 0;

    /// <summary>Whether it lies in the block of another host than the one that uses it.</summary>
    public bool IsBorrowed =>
        Attribute.Owner.TryGetValue(OwnerAttributes.Node, out string? node) && (_block.Affinity is not { IsHost: true } owner || owner.Name != node);
}
