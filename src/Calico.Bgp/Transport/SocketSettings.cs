using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Calico.Bgp;

/// <summary>Linux socket options that BGP needs and .NET has no names for (tcp.h, in.h, in6.h).</summary>
internal static partial class SocketSettings
{
    private const int SolSocket = 1, SoBindToDevice = 25;
    private const int IpProtoIp = 0, IpTtl = 2, IpMinTtl = 21;
    private const int IpProtoIpv6 = 41, Ipv6UnicastHops = 16, Ipv6MinHopCount = 73;
    private const int IpProtoTcp = 6, TcpMd5Sig = 14, TcpMd5SigExt = 32;
    private const byte Md5FlagPrefix = 1;

    /// <summary>What a connection to a neighbour needs before it is dialled.</summary>
    public static void ForDial(Socket socket, NeighborOptions options, IPAddress remote)
    {
        ForConnection(socket, options);
        if (options.Interface is { } name) BindToDevice(socket, name);
        if (options.Md5Password is { } key) SetMd5(socket, remote, prefixLength: null, key);
        if (options.LocalAddress is { } local) socket.Bind(new IPEndPoint(local, 0));
    }

    /// <summary>What any connection to a neighbour needs.</summary>
    public static void ForConnection(Socket socket, NeighborOptions options)
    {
        socket.NoDelay = true;
        if (options.TtlSecurity is byte hops)
        {
            SetTtl(socket, 255);
            SetMinimumTtl(socket, 256 - hops);
        }
        else if (options.TimeToLive is byte ttl)
        {
            SetTtl(socket, ttl);
        }
    }

    public static void SetTtl(Socket socket, int ttl)
    {
        if (socket.AddressFamily == AddressFamily.InterNetwork) SetInt(socket, IpProtoIp, IpTtl, ttl);
        else SetInt(socket, IpProtoIpv6, Ipv6UnicastHops, ttl);
    }

    /// <summary>Packets with a smaller TTL are dropped by the kernel (RFC 5082).</summary>
    private static void SetMinimumTtl(Socket socket, int ttl)
    {
        if (socket.AddressFamily == AddressFamily.InterNetwork) SetInt(socket, IpProtoIp, IpMinTtl, ttl);
        else SetInt(socket, IpProtoIpv6, Ipv6MinHopCount, ttl);
    }

    private static void BindToDevice(Socket socket, string name) =>
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(name + '\0'));

    private static void SetInt(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    /// <summary>Sets, or with an empty key removes, the TCP MD5 key for packets of an address or prefix (RFC 2385; struct tcp_md5sig).</summary>
    public static void SetMd5(Socket socket, IPAddress address, int? prefixLength, string key)
    {
        Span<byte> option = stackalloc byte[216];
        option.Clear();
        byte[] octets = Encoding.UTF8.GetBytes(key);
        if (address.AddressFamily == AddressFamily.InterNetwork && socket.AddressFamily == AddressFamily.InterNetwork)
        {
            MemoryMarshal.Write(option, (ushort)2);
            address.TryWriteBytes(option[4..], out _);
        }
        else
        {
            MemoryMarshal.Write(option, (ushort)10);
            (address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address).TryWriteBytes(option[8..], out _);
            MemoryMarshal.Write(option[24..], (uint)(address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0));
        }

        option[128] = prefixLength is null ? (byte)0 : Md5FlagPrefix;
        option[129] = (byte)(prefixLength ?? 0);
        MemoryMarshal.Write(option[130..], (ushort)octets.Length);
        octets.CopyTo(option[136..]);
        socket.SetRawSocketOption(IpProtoTcp, prefixLength is null ? TcpMd5Sig : TcpMd5SigExt, option);
    }

    /// <summary>The index of an interface in the network namespace of the calling thread; 0 when there is none.</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint InterfaceIndex(string name);
}
