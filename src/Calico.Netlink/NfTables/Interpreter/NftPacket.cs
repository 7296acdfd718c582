using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>A packet on its way through an interpreted ruleset: bytes, and what the kernel knows beside them. Rules may change both.</summary>
public sealed class NftPacket
{
    /// <summary>A packet from its network header on.</summary>
    /// <param name="data">IPv4 or IPv6 header and what follows; copied. Empty or other content is a packet without network header fields.</param>
    public NftPacket(ReadOnlySpan<byte> data)
    {
        Data = data.ToArray();
        (NfProto, L4Protocol, TransportOffset, FragmentOffset) = PacketLayout.Find(Data);
        EtherType = NfProto switch { 2 => 0x0800, 10 => 0x86dd, _ => (ushort)0 };
    }

    /// <summary>The bytes from the network header on. Rules write into them.</summary>
    public byte[] Data { get; }

    /// <summary>The bytes of the link header; empty without one.</summary>
    public byte[] LinkHeader { get; init; } = [];

    /// <summary>NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10), by the version in the first byte; 0 otherwise.</summary>
    public byte NfProto { get; }

    /// <summary>The EtherType.</summary>
    public ushort EtherType { get; init; }

    /// <summary>The transport protocol; null when the header is cut off.</summary>
    public byte? L4Protocol { get; }

    /// <summary>Where the transport header begins, in bytes.</summary>
    public int TransportOffset { get; }

    /// <summary>A fragment's offset in its packet: not 0 means there is no transport header here.</summary>
    public int FragmentOffset { get; }

    /// <summary>The packet's length as the kernel counts it, in bytes.</summary>
    public int Length { get => field == 0 ? Data.Length : field; init; }

    /// <summary>The interface it came in by; null for a packet of this host.</summary>
    public NftInterface? Input { get; set; }

    /// <summary>The interface it goes out by; null before routing.</summary>
    public NftInterface? Output { get; set; }

    /// <summary>The mark.</summary>
    public uint Mark { get; set; }

    /// <summary>The skb priority.</summary>
    public uint Priority { get; set; }

    /// <summary>0 host, 1 broadcast, 2 multicast, 3 other host.</summary>
    public byte PacketType { get; set; }

    /// <summary>Whether its way is traced (meta nftrace).</summary>
    public bool IsTraced { get; set; }

    /// <summary>Its connection; null when conntrack has none for it (state invalid).</summary>
    public NftConnection? Connection { get; set; }

    /// <summary>Whether it is kept out of conntrack.</summary>
    public bool IsUntracked { get; set; }

    /// <summary>The user of the socket it comes from; null without a socket.</summary>
    public uint? SocketUser { get; init; }

    /// <summary>The group of the socket it comes from; null without a socket.</summary>
    public uint? SocketGroup { get; init; }

    /// <summary>A TCP packet without payload.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to, of the same family.</param>
    /// <param name="flags">TCP flags; the default is SYN.</param>
    /// <returns>The packet.</returns>
    public static NftPacket Tcp(IPEndPoint source, IPEndPoint destination, byte flags = 2)
    {
        byte[] segment = new byte[20];
        WritePorts(segment, source, destination);
        segment[12] = 0x50;
        segment[13] = flags;
        return Ip(6, source, destination, segment);
    }

    /// <summary>A UDP packet without payload.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to, of the same family.</param>
    /// <returns>The packet.</returns>
    public static NftPacket Udp(IPEndPoint source, IPEndPoint destination)
    {
        byte[] datagram = new byte[8];
        WritePorts(datagram, source, destination);
        datagram[5] = 8;
        return Ip(17, source, destination, datagram);
    }

    /// <summary>An SCTP packet with a common header only.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to, of the same family.</param>
    /// <returns>The packet.</returns>
    public static NftPacket Sctp(IPEndPoint source, IPEndPoint destination)
    {
        byte[] header = new byte[12];
        WritePorts(header, source, destination);
        return Ip(132, source, destination, header);
    }

    /// <summary>An ICMP or ICMPv6 packet, by the family of the addresses.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to, of the same family.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">The code.</param>
    /// <returns>The packet.</returns>
    public static NftPacket Icmp(IPAddress source, IPAddress destination, byte type, byte code = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Ip(source.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)58 : (byte)1, source, destination, [type, code, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>A packet of any protocol.</summary>
    /// <param name="protocol">The IP protocol number.</param>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to, of the same family.</param>
    /// <param name="content">What follows the network header.</param>
    /// <returns>The packet.</returns>
    /// <exception cref="ArgumentException">The addresses are of different families.</exception>
    public static NftPacket Ip(byte protocol, IPAddress source, IPAddress destination, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (source.AddressFamily != destination.AddressFamily) throw new ArgumentException($"{source} and {destination} are of different families.", nameof(destination));
        bool ipv6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        int header = ipv6 ? 40 : 20;
        byte[] data = new byte[header + content.Length];
        content.CopyTo(data.AsSpan(header));
        if (ipv6)
        {
            data[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), (ushort)content.Length);
            (data[6], data[7]) = (protocol, 64);
            source.TryWriteBytes(data.AsSpan(8), out _);
            destination.TryWriteBytes(data.AsSpan(24), out _);
        }
        else
        {
            data[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)data.Length);
            (data[8], data[9]) = (64, protocol);
            source.TryWriteBytes(data.AsSpan(12), out _);
            destination.TryWriteBytes(data.AsSpan(16), out _);
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(10), Checksum.Of(data.AsSpan(0, 20)));
        }

        return new NftPacket(data);
    }

    private static NftPacket Ip(byte protocol, IPEndPoint source, IPEndPoint destination, ReadOnlySpan<byte> content) =>
        Ip(protocol, source.Address, destination.Address, content);

    private static void WritePorts(Span<byte> header, IPEndPoint source, IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)destination.Port);
    }
}

/// <summary>An interface as rules see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Index">Its index.</param>
/// <param name="Type">ARPHRD_*; 1 is Ethernet.</param>
/// <param name="Group">Its group.</param>
/// <param name="Kind">Its kind, as <c>veth</c>.</param>
public sealed record NftInterface(string Name, uint Index, ushort Type = 1, uint Group = 0, string Kind = "");
