namespace Calico.Netlink.NfTables.Expressions;

/// <summary>Which header an offset counts from (enum nft_payload_bases).</summary>
public enum NftPayloadBase : uint
{
    /// <summary>The link layer's.</summary>
    LinkLayer = 0,

    /// <summary>The network layer's.</summary>
    Network = 1,

    /// <summary>The transport layer's.</summary>
    Transport = 2,

    /// <summary>What the transport header carries.</summary>
    Inner = 3,

    /// <summary>Within a tunnel (kernel 6.2).</summary>
    Tunnel = 4,
}

/// <summary>Loads bytes of the packet into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Base">The header.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Length">1 to 16 bytes (up to 64 where the registers hold them).</param>
public sealed record PayloadExpression(NftRegister Destination, NftPayloadBase Base, uint Offset, uint Length) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "payload";
}

/// <summary>How a checksum is repaired after a write (enum nft_payload_csum_types).</summary>
public enum NftChecksumType : uint
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>The Internet checksum (RFC 791).</summary>
    Inet = 1,

    /// <summary>CRC-32c (RFC 3309).</summary>
    Sctp = 2,
}

/// <summary>Writes a register into the packet.</summary>
/// <param name="Source">The register.</param>
/// <param name="Base">The header.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="ChecksumType">The header's checksum.</param>
/// <param name="ChecksumOffset">Where that checksum is, from the header's start.</param>
/// <param name="PseudoHeader">Whether the field is also part of the transport checksum's pseudo header (NFT_PAYLOAD_L4CSUM_PSEUDOHDR).</param>
public sealed record PayloadWriteExpression(
    NftRegister Source, NftPayloadBase Base, uint Offset, uint Length, NftChecksumType ChecksumType, uint ChecksumOffset, bool PseudoHeader) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "payload";
}

/// <summary>What of a packet's metadata (enum nft_meta_keys).</summary>
public enum NftMetaKey : uint
{
    /// <summary>Packet length, 4 bytes, host order.</summary>
    Length,

    /// <summary>EtherType, 2 bytes, network order.</summary>
    Protocol,

    /// <summary>skb priority, 4 bytes, host order.</summary>
    Priority,

    /// <summary>Mark, 4 bytes, host order.</summary>
    Mark,

    /// <summary>Input interface index, 4 bytes, host order.</summary>
    InputInterface,

    /// <summary>Output interface index, 4 bytes, host order.</summary>
    OutputInterface,

    /// <summary>Input interface name, 16 bytes.</summary>
    InputInterfaceName,

    /// <summary>Output interface name, 16 bytes.</summary>
    OutputInterfaceName,

    /// <summary>Input ARPHRD, 2 bytes, host order.</summary>
    InputInterfaceType,

    /// <summary>Output ARPHRD, 2 bytes, host order.</summary>
    OutputInterfaceType,

    /// <summary>Socket's user, 4 bytes, host order.</summary>
    SocketUser,

    /// <summary>Socket's group, 4 bytes, host order.</summary>
    SocketGroup,

    /// <summary>Trace flag, 1 byte.</summary>
    Trace,

    /// <summary>Routing realm, 4 bytes, host order.</summary>
    RoutingClass,

    /// <summary>Security mark, 4 bytes.</summary>
    SecurityMark,

    /// <summary>NFPROTO_*, 1 byte.</summary>
    NfProto,

    /// <summary>Transport protocol, 1 byte.</summary>
    L4Protocol,

    /// <summary>Input bridge name, 16 bytes.</summary>
    BridgeInputName,

    /// <summary>Output bridge name, 16 bytes.</summary>
    BridgeOutputName,

    /// <summary>PACKET_HOST, PACKET_BROADCAST…, 1 byte.</summary>
    PacketType,

    /// <summary>CPU, 4 bytes, host order.</summary>
    Cpu,

    /// <summary>Input interface group, 4 bytes, host order.</summary>
    InputInterfaceGroup,

    /// <summary>Output interface group, 4 bytes, host order.</summary>
    OutputInterfaceGroup,

    /// <summary>Socket's net_cls class, 4 bytes, host order.</summary>
    Cgroup,

    /// <summary>A random number, 4 bytes.</summary>
    Random,

    /// <summary>Whether the packet came through IPsec, 1 byte.</summary>
    SecurityPath,

    /// <summary>Input interface kind (veth…), 16 bytes.</summary>
    InputInterfaceKind,

    /// <summary>Output interface kind, 16 bytes.</summary>
    OutputInterfaceKind,

    /// <summary>Bridge port VLAN id, 2 bytes, host order.</summary>
    BridgeInputVlan,

    /// <summary>Bridge VLAN protocol, 2 bytes, network order.</summary>
    BridgeInputVlanProtocol,

    /// <summary>Nanoseconds since 1970, 8 bytes, host order.</summary>
    Time,

    /// <summary>Day of the week, 0 is Sunday, 1 byte.</summary>
    Day,

    /// <summary>Second of the day (UTC), 4 bytes, host order.</summary>
    Hour,

    /// <summary>Slave device index, 4 bytes, host order.</summary>
    SlaveInterface,

    /// <summary>Slave device name, 16 bytes.</summary>
    SlaveInterfaceName,

    /// <summary>Whether the frame is to the bridge itself (kernel 6.3).</summary>
    BridgeBroute,
}

/// <summary>Loads metadata of the packet into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">What.</param>
public sealed record MetaExpression(NftRegister Destination, NftMetaKey Key) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "meta";
}

/// <summary>Sets metadata of the packet from a register: mark, priority, trace, packet type.</summary>
/// <param name="Key">What.</param>
/// <param name="Source">The register.</param>
public sealed record MetaSetExpression(NftMetaKey Key, NftRegister Source) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "meta";
}

/// <summary>What of a packet's connection (enum nft_ct_keys).</summary>
public enum NftCtKey : uint
{
    /// <summary>State bits, 4 bytes, host order: invalid 1, established 2, related 4, new 8, untracked 64.</summary>
    State,

    /// <summary>0 original, 1 reply; 1 byte.</summary>
    Direction,

    /// <summary>IPS_* bits, 4 bytes, host order.</summary>
    Status,

    /// <summary>Mark, 4 bytes, host order.</summary>
    Mark,

    /// <summary>Security mark, 4 bytes.</summary>
    SecurityMark,

    /// <summary>Milliseconds to live, 4 bytes, host order.</summary>
    Expiration,

    /// <summary>Helper name, 16 bytes.</summary>
    Helper,

    /// <summary>NFPROTO_*, 1 byte.</summary>
    L3Protocol,

    /// <summary>Source address, as long as the family's.</summary>
    Source,

    /// <summary>Destination address, as long as the family's.</summary>
    Destination,

    /// <summary>Transport protocol, 1 byte.</summary>
    Protocol,

    /// <summary>Source port, 2 bytes, network order.</summary>
    ProtocolSource,

    /// <summary>Destination port, 2 bytes, network order.</summary>
    ProtocolDestination,

    /// <summary>128 label bits.</summary>
    Labels,

    /// <summary>Packets, 8 bytes, host order.</summary>
    Packets,

    /// <summary>Bytes, 8 bytes, host order.</summary>
    Bytes,

    /// <summary>Bytes for each packet, 8 bytes, host order.</summary>
    AveragePacket,

    /// <summary>Zone, 2 bytes, host order.</summary>
    Zone,

    /// <summary>Event mask, 4 bytes, host order.</summary>
    EventMask,

    /// <summary>IPv4 source, 4 bytes.</summary>
    SourceIp,

    /// <summary>IPv4 destination, 4 bytes.</summary>
    DestinationIp,

    /// <summary>IPv6 source, 16 bytes.</summary>
    SourceIp6,

    /// <summary>IPv6 destination, 16 bytes.</summary>
    DestinationIp6,

    /// <summary>Id, 4 bytes.</summary>
    Id,
}

/// <summary>A direction of a connection (enum ip_conntrack_dir).</summary>
public enum NftCtDirection : byte
{
    /// <summary>From the opener.</summary>
    Original = 0,

    /// <summary>To the opener.</summary>
    Reply = 1,
}

/// <summary>Loads something of the packet's connection into a register; breaks where there is none.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">What.</param>
/// <param name="Direction">Which direction's, for keys that have two.</param>
public sealed record CtExpression(NftRegister Destination, NftCtKey Key, NftCtDirection? Direction = null) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "ct";

    /// <inheritdoc/>
    public override NftExpression Normalize() => Direction is not null && Key is NftCtKey.L3Protocol or NftCtKey.Protocol ? this with { Direction = null } : this;
}

/// <summary>Sets something of the packet's connection from a register: mark, zone, labels, event mask.</summary>
/// <param name="Key">What.</param>
/// <param name="Source">The register.</param>
/// <param name="Direction">Which direction's (zone).</param>
public sealed record CtSetExpression(NftCtKey Key, NftRegister Source, NftCtDirection? Direction = null) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "ct";
}

/// <summary>What of the routing decision (enum nft_rt_keys).</summary>
public enum NftRtKey : uint
{
    /// <summary>Realm, 4 bytes.</summary>
    ClassId,

    /// <summary>IPv4 next hop, 4 bytes.</summary>
    NextHop4,

    /// <summary>IPv6 next hop, 16 bytes.</summary>
    NextHop6,

    /// <summary>TCP MSS, 2 bytes, host order.</summary>
    TcpMss,

    /// <summary>Whether IPsec follows, 1 byte.</summary>
    Xfrm,
}

/// <summary>Loads something of the packet's route into a register; breaks where there is none.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">What.</param>
public sealed record RtExpression(NftRegister Destination, NftRtKey Key) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "rt";
}

/// <summary>What of the packet's socket (enum nft_socket_keys).</summary>
public enum NftSocketKey : uint
{
    /// <summary>Whether it is transparent, 1 byte.</summary>
    Transparent,

    /// <summary>Mark, 4 bytes, host order.</summary>
    Mark,

    /// <summary>Whether it is bound to any address, 1 byte.</summary>
    Wildcard,

    /// <summary>cgroup v2 id, 8 bytes, host order.</summary>
    CgroupV2,
}

/// <summary>Loads something of the socket that will get the packet into a register; breaks where there is none.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">What.</param>
/// <param name="Level">The cgroup's ancestor level, for <see cref="NftSocketKey.CgroupV2"/>; null otherwise.</param>
public sealed record SocketExpression(NftRegister Destination, NftSocketKey Key, uint? Level = null) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "socket";

    /// <inheritdoc/>
    public override NftExpression Normalize() => Level is not null && Key != NftSocketKey.CgroupV2 ? this with { Level = null } : this;
}

/// <summary>Which list of options or extension headers (enum nft_exthdr_op).</summary>
public enum NftExtensionHeader : uint
{
    /// <summary>IPv6 extension headers.</summary>
    Ipv6,

    /// <summary>TCP options.</summary>
    TcpOption,

    /// <summary>IPv4 options.</summary>
    Ipv4Option,

    /// <summary>SCTP chunks.</summary>
    SctpChunk,

    /// <summary>DCCP options.</summary>
    DccpOption,
}

/// <summary>Loads bytes of an option or extension header into a register; breaks where it is missing.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Header">Which list.</param>
/// <param name="Type">Which option or next-header number.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Presence">Loads 1 or 0 for whether it is there, instead (NFT_EXTHDR_F_PRESENT).</param>
public sealed record ExthdrExpression(
    NftRegister Destination, NftExtensionHeader Header, byte Type, uint Offset, uint Length, bool Presence = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "exthdr";
}

/// <summary>Writes a register into a TCP option that is there.</summary>
/// <param name="Source">The register.</param>
/// <param name="Header">Which list; the kernel takes <see cref="NftExtensionHeader.TcpOption"/>.</param>
/// <param name="Type">Which option.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Length">How many bytes.</param>
public sealed record ExthdrWriteExpression(NftRegister Source, NftExtensionHeader Header, byte Type, uint Offset, uint Length) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "exthdr";
}

/// <summary>Overwrites a TCP option with no-operations (<c>reset tcp option</c>).</summary>
/// <param name="Header">Which list; the kernel takes <see cref="NftExtensionHeader.TcpOption"/>.</param>
/// <param name="Type">Which option.</param>
public sealed record ExthdrResetExpression(NftExtensionHeader Header, byte Type) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "exthdr";
}

/// <summary>What a route lookup answers (enum nft_fib_result).</summary>
public enum NftFibResult : uint
{
    /// <summary>Output interface index, 4 bytes, host order.</summary>
    OutputInterface = 1,

    /// <summary>Output interface name, 16 bytes.</summary>
    OutputInterfaceName = 2,

    /// <summary>Route type (RTN_*), 4 bytes, host order.</summary>
    AddressType = 3,
}

/// <summary>What a route lookup asks with (enum nft_fib_flags).</summary>
[Flags]
public enum NftFibFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The packet's source.</summary>
    SourceAddress = 1,

    /// <summary>The packet's destination.</summary>
    DestinationAddress = 2,

    /// <summary>Its mark.</summary>
    Mark = 4,

    /// <summary>Restricted to the input interface.</summary>
    InputInterface = 8,

    /// <summary>Restricted to the output interface.</summary>
    OutputInterface = 16,

    /// <summary>Answers whether there is one, 1 byte.</summary>
    Present = 32,
}

/// <summary>Looks up a route for the packet and loads the answer into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Result">What is loaded.</param>
/// <param name="Flags">What is asked with.</param>
public sealed record FibExpression(NftRegister Destination, NftFibResult Result, NftFibFlags Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "fib";
}

/// <summary>How numbers are generated (enum nft_ng_types).</summary>
public enum NftNumberGenerator : uint
{
    /// <summary>One after the other.</summary>
    Incremental,

    /// <summary>At random.</summary>
    Random,
}

/// <summary>Loads a generated number, 4 bytes in host order, into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Modulus">Numbers run from 0 to this less one.</param>
/// <param name="Type">How.</param>
/// <param name="Offset">Added to each.</param>
public sealed record NumgenExpression(NftRegister Destination, uint Modulus, NftNumberGenerator Type, uint Offset = 0) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "numgen";
}

/// <summary>How a hash is made (enum nft_hash_types).</summary>
public enum NftHashType : uint
{
    /// <summary>Jenkins' over a register.</summary>
    Jenkins,

    /// <summary>Symmetric over the packet's flow.</summary>
    Symmetric,
}

/// <summary>Loads a hash, 4 bytes in host order, into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Type">How.</param>
/// <param name="Modulus">Hashes run from 0 to this less one.</param>
/// <param name="Source">What is hashed, for Jenkins.</param>
/// <param name="Length">How many bytes of it.</param>
/// <param name="Seed">The seed; null lets the kernel choose.</param>
/// <param name="Offset">Added to each.</param>
public sealed record HashExpression(
    NftRegister Destination, NftHashType Type, uint Modulus, NftRegister Source = 0, uint Length = 0, uint? Seed = null, uint Offset = 0) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "hash";
}

/// <summary>Loads the operating system's name that a SYN's fingerprint gives away into a register, 16 bytes.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Ttl">How the TTL is compared: 0 strictly, 1 looser, 2 not.</param>
/// <param name="Flags">1 asks for the version too.</param>
public sealed record OsfExpression(NftRegister Destination, byte Ttl, uint Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "osf";
}

/// <summary>Loads something of the packet's IPsec state into a register (enum nft_xfrm_keys).</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">1 IPv4 destination, 2 IPv4 source, 3 IPv6 destination, 4 IPv6 source, 5 reqid, 6 SPI.</param>
/// <param name="Direction">0 in, 1 out (XFRM_POLICY_*).</param>
/// <param name="Index">Which of the nested transformations.</param>
public sealed record XfrmExpression(NftRegister Destination, uint Key, byte Direction, uint Index) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "xfrm";
}

/// <summary>Loads tunnel metadata into a register (enum nft_tunnel_keys).</summary>
/// <param name="Destination">The register.</param>
/// <param name="Key">0 whether there is any, 1 byte; 1 the tunnel id, 4 bytes.</param>
/// <param name="Mode">0 both directions, 1 received, 2 sent.</param>
public sealed record TunnelExpression(NftRegister Destination, uint Key, uint Mode) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "tunnel";
}
