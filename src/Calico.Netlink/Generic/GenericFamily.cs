namespace Calico.Netlink;

/// <summary>A generic netlink family as the kernel registered it (linux/genetlink.h, CTRL_ATTR_*).</summary>
public sealed record GenericFamily
{
    /// <summary>Its name, such as "wireguard".</summary>
    public required string Name { get; init; }

    /// <summary>The message type its requests carry; given anew at each boot.</summary>
    public required ushort Id { get; init; }

    /// <summary>The version of its messages.</summary>
    public uint Version { get; init; }

    /// <summary>Bytes of the family's own header behind <c>struct genlmsghdr</c>.</summary>
    public int HeaderSize { get; init; }

    /// <summary>The highest attribute type it knows.</summary>
    public uint MaximumAttribute { get; init; }

    /// <summary>Its multicast groups: name to number.</summary>
    public IReadOnlyDictionary<string, uint> MulticastGroups { get; init; } = new Dictionary<string, uint>();
}
