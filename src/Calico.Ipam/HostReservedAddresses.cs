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

    internal AllocationRecord Attribute => new(Handle, new Dictionary<string, string> { [OwnerAttributes.Note] = Note });
}
