using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Calico.Netlink;

/// <summary>A TUN (IP packets) or TAP (Ethernet frames) interface that this process reads from and writes to (linux/if_tun.h).</summary>
public sealed unsafe class TunDevice : IDisposable
{
    private const int ReadWrite = 2, NameLength = 16, RequestLength = 40;
    private const nuint SetInterface = 0x400454ca, SetPersistent = 0x400454cb;
    private const ushort Tun = 1, Tap = 2, NoPacketInformation = 0x1000;

    private TunDevice(SafeFileHandle handle, string name)
    {
        Packets = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);
        Name = name;
    }

    /// <summary>The interface's name.</summary>
    public string Name { get; }

    /// <summary>Each read waits for and returns one packet that the namespace sends into the interface; each write lets it receive one.</summary>
    public Stream Packets { get; }

    /// <summary>Makes an interface, or attaches to a persistent one.</summary>
    /// <param name="name">Its name; may hold "%d" for the kernel to number it.</param>
    /// <param name="tap">True for Ethernet frames, false for IP packets.</param>
    /// <param name="persistent">Whether it outlives this object.</param>
    /// <param name="network">The namespace to make it in; null for the one of the calling thread.</param>
    /// <exception cref="NetlinkException">The kernel lacks /dev/net/tun (ENOENT), or CAP_NET_ADMIN is missing.</exception>
    public static TunDevice Open(string name, bool tap = false, bool persistent = false, NetworkNamespace? network = null)
    {
        LinkMessages.Checked(name);
        return network is null ? OpenHere(name, tap, persistent) : network.Run(() => OpenHere(name, tap, persistent));
    }

    /// <summary>Closes the descriptor, and with it an interface that is not persistent.</summary>
    public void Dispose() => Packets.Dispose();

    private static TunDevice OpenHere(string name, bool tap, bool persistent)
    {
        int fd = Native.Open("/dev/net/tun", ReadWrite | Native.OpenCloseOnExec, 0);
        if (fd < 0) throw Native.Failure("open /dev/net/tun");
        SafeFileHandle handle = new(fd, ownsHandle: true);
        try
        {
            // struct ifreq: name, then a union that begins with the flags.
            Span<byte> request = stackalloc byte[RequestLength];
            request.Clear();
            Encoding.UTF8.GetBytes(name, request[..(NameLength - 1)]);
            NetlinkWire.WriteUInt16(request[NameLength..], (ushort)((tap ? Tap : Tun) | NoPacketInformation), swap: false);
            fixed (byte* bytes = request)
            {
                if (Native.Ioctl(fd, SetInterface, bytes) < 0) throw Native.Failure($"TUNSETIFF {name}");
            }

            if (Native.Ioctl(fd, SetPersistent, (void*)(persistent ? 1 : 0)) < 0) throw Native.Failure($"TUNSETPERSIST {name}");
            int end = request.IndexOf((byte)0);
            return new TunDevice(handle, Encoding.UTF8.GetString(request[..end]));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
