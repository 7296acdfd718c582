using System.Runtime.InteropServices;

namespace Calico.Netlink;

/// <summary>The system calls this package is made of. Constants are those of Linux on x64 and arm64.</summary>
internal static unsafe partial class Native
{
    public const int AddressFamilyNetlink = 16, SocketRaw = 3, SocketCloseOnExec = 0x80000, SocketNonBlocking = 0x800;
    public const int LevelSocket = 1, OptionSendBuffer = 7, OptionReceiveBuffer = 8, OptionSendBufferForce = 32, OptionReceiveBufferForce = 33;
    public const int LevelNetlink = 270, OptionAddMembership = 1, OptionDropMembership = 2, OptionNoBufferErrors = 5, OptionCapAck = 10, OptionExtendedAck = 11, OptionStrictCheck = 12;
    public const int MessageDontWait = 0x40, MessageTruncated = 0x20;
    public const int CloneNewNetwork = 0x40000000;
    public const int OpenReadOnly = 0, OpenCloseOnExec = 0x80000, OpenCreate = 0x40, OpenExclusive = 0x80;
    public const ulong MountBind = 4096, MountRecursive = 16384, MountShared = 1 << 20, MountPrivate = 1 << 18;
    public const int UnmountDetach = 2;

    [StructLayout(LayoutKind.Sequential)]
    public struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, NetlinkAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int fd, NetlinkAddress* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int option, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int fd, int level, int option, int* value, uint* length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    public static partial nint ReceiveFrom(int fd, byte* buffer, nint length, int flags, NetlinkAddress* address, uint* addressLength);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int fd, int type);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string? type, ulong flags, nint data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int fd, nuint request, void* argument);

    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    public static NetlinkException Failure(string operation) => new(operation, new NetlinkError(LastError));
}
