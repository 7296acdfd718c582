namespace Calico.Ipam;

/// <summary>Addresses at both ends of each of a host's blocks that the host's system needs for itself. Windows needs 3 at the start and 1 at the end, and strict affinity.</summary>
/// <param name="StartOfBlock">How many at the start.</param>
/// <param name="EndOfBlock">How many at the end.</param>
/// <param name="Handle">The handle that they are held under.</param>
/// <param name="Note">A remark for people.</param>
public sealed record HostReservedAddresses(int StartOfBlock, int EndOfBlock, string Handle = HostReservedAddresses.WindowsHandle, string Note = "host reserved")
{
    /// <summary>The handle that Calico uses for Windows hosts; its addresses do not keep a block from counting as empty.</summary>
    public const string WindowsHandle = "windows-reserved-ipam-handle";

    /// <summary>What Windows hosts need.</summary>
    public static HostReservedAddresses Windows { get; } = new(3, 1, WindowsHandle, "windows host rsvd");

    /// <summary>Whether a handle is the one of Windows hosts, in whatever case it was written.</summary>
    internal static bool IsWindows(string? handle) => string.Equals(handle, WindowsHandle, StringComparison.OrdinalIgnoreCase);

    internal static void Require(HostReservedAddresses? reserved, IpamConfig config, string node)
    {
        if (reserved is not null && !config.StrictAffinity)
            throw new IpamException(IpamErrorCode.StrictAffinityRequired, $"global strict affinity should not be false for Windows node {node}: turn strictAffinity on, other hosts would borrow addresses that the node's system uses.");
    }

    internal AllocationRecord Attribute => new(Handle, new Dictionary<string, string> { [OwnerAttributes.Note] = Note });
}
