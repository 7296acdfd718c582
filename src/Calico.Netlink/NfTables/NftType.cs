using System.Collections.Frozen;

namespace Calico.Netlink.NfTables;

/// <summary>The byte order of a data type's values, as nft notes it beside a set.</summary>
public enum NftByteOrder
{
    /// <summary>None of its own: concatenations.</summary>
    None = 0,

    /// <summary>The machine's.</summary>
    Host = 1,

    /// <summary>Network byte order.</summary>
    BigEndian = 2,
}

/// <summary>A data type of set keys and map data as nft names it; the kernel only keeps its number and length.</summary>
/// <param name="Id">nft's number; in a concatenation 6 bits for each field.</param>
/// <param name="Length">Bytes in a register; fields of a concatenation are padded to 4.</param>
/// <param name="Name">nft's name, for example <c>ipv4_addr</c>; fields joined by <c> . </c>.</param>
/// <param name="ByteOrder">The byte order of the values.</param>
/// <remarks>Source: nftables, include/datatype.h (numbers) and its <c>describe</c> command (lengths).</remarks>
public sealed record NftType(uint Id, int Length, string Name, NftByteOrder ByteOrder)
{
    internal const uint VerdictId = 0xffffff00; // NFT_DATA_VERDICT
    private const int FieldBits = 6;

    /// <summary>Map data that is a verdict.</summary>
    public static NftType Verdict { get; } = new(VerdictId, 0, "verdict", NftByteOrder.None);

    /// <summary>meta nfproto, 1 byte.</summary>
    public static NftType NfProto { get; } = new(2, 1, "nf_proto", NftByteOrder.Host);

    /// <summary>IPv4 address, 4 bytes.</summary>
    public static NftType Ipv4Address { get; } = new(7, 4, "ipv4_addr", NftByteOrder.BigEndian);

    /// <summary>IPv6 address, 16 bytes.</summary>
    public static NftType Ipv6Address { get; } = new(8, 16, "ipv6_addr", NftByteOrder.BigEndian);

    /// <summary>Ethernet address, 6 bytes.</summary>
    public static NftType EtherAddress { get; } = new(9, 6, "ether_addr", NftByteOrder.BigEndian);

    /// <summary>EtherType, 2 bytes.</summary>
    public static NftType EtherType { get; } = new(10, 2, "ether_type", NftByteOrder.BigEndian);

    /// <summary>ARP operation, 2 bytes.</summary>
    public static NftType ArpOperation { get; } = new(11, 2, "arp_op", NftByteOrder.BigEndian);

    /// <summary>IP protocol number, 1 byte.</summary>
    public static NftType InetProto { get; } = new(12, 1, "inet_proto", NftByteOrder.BigEndian);

    /// <summary>TCP, UDP, SCTP… port, 2 bytes.</summary>
    public static NftType InetService { get; } = new(13, 2, "inet_service", NftByteOrder.BigEndian);

    /// <summary>ICMP type, 1 byte.</summary>
    public static NftType IcmpType { get; } = new(14, 1, "icmp_type", NftByteOrder.BigEndian);

    /// <summary>TCP flags, 1 byte.</summary>
    public static NftType TcpFlag { get; } = new(15, 1, "tcp_flag", NftByteOrder.Host);

    /// <summary>Packet or conntrack mark, 4 bytes.</summary>
    public static NftType Mark { get; } = new(19, 4, "mark", NftByteOrder.Host);

    /// <summary>Interface index, 4 bytes.</summary>
    public static NftType InterfaceIndex { get; } = new(20, 4, "iface_index", NftByteOrder.Host);

    /// <summary>Interface type (ARPHRD), 2 bytes.</summary>
    public static NftType InterfaceType { get; } = new(21, 2, "iface_type", NftByteOrder.Host);

    /// <summary>Conntrack state, 4 bytes.</summary>
    public static NftType CtState { get; } = new(26, 4, "ct_state", NftByteOrder.Host);

    /// <summary>Conntrack direction, 1 byte.</summary>
    public static NftType CtDirection { get; } = new(27, 1, "ct_dir", NftByteOrder.Host);

    /// <summary>Conntrack status, 4 bytes.</summary>
    public static NftType CtStatus { get; } = new(28, 4, "ct_status", NftByteOrder.Host);

    /// <summary>ICMPv6 type, 1 byte.</summary>
    public static NftType Icmpv6Type { get; } = new(29, 1, "icmpv6_type", NftByteOrder.BigEndian);

    /// <summary>Packet type (unicast, broadcast…), 1 byte.</summary>
    public static NftType PacketType { get; } = new(31, 1, "pkt_type", NftByteOrder.Host);

    /// <summary>ICMP code, 1 byte.</summary>
    public static NftType IcmpCode { get; } = new(32, 1, "icmp_code", NftByteOrder.BigEndian);

    /// <summary>ICMPv6 code, 1 byte.</summary>
    public static NftType Icmpv6Code { get; } = new(33, 1, "icmpv6_code", NftByteOrder.BigEndian);

    /// <summary>Interface group, 4 bytes.</summary>
    public static NftType DeviceGroup { get; } = new(35, 4, "devgroup", NftByteOrder.Host);

    /// <summary>Differentiated services code point, 1 byte.</summary>
    public static NftType Dscp { get; } = new(36, 1, "dscp", NftByteOrder.BigEndian);

    /// <summary>Route type as <c>fib … type</c> gives it, 4 bytes.</summary>
    public static NftType FibAddressType { get; } = new(38, 4, "fib_addrtype", NftByteOrder.Host);

    /// <summary>Interface name, 16 bytes.</summary>
    public static NftType InterfaceName { get; } = new(41, 16, "ifname", NftByteOrder.Host);

    private static readonly FrozenDictionary<uint, NftType> Known = new NftType[]
    {
        NfProto, Ipv4Address, Ipv6Address, EtherAddress, EtherType, ArpOperation, InetProto, InetService, IcmpType, TcpFlag, Mark,
        InterfaceIndex, InterfaceType, CtState, CtDirection, CtStatus, Icmpv6Type, PacketType, IcmpCode, Icmpv6Code, DeviceGroup,
        Dscp, FibAddressType, InterfaceName,
        new(16, 1, "dccp_pkttype", NftByteOrder.BigEndian), new(17, 1, "mh_type", NftByteOrder.BigEndian), new(18, 8, "time", NftByteOrder.Host),
        new(22, 4, "realm", NftByteOrder.Host), new(23, 4, "classid", NftByteOrder.Host), new(24, 4, "uid", NftByteOrder.Host),
        new(25, 4, "gid", NftByteOrder.Host), new(30, 16, "ct_label", NftByteOrder.Host), new(34, 1, "icmpx_code", NftByteOrder.BigEndian),
        new(37, 1, "ecn", NftByteOrder.BigEndian), new(39, 1, "boolean", NftByteOrder.Host), new(40, 4, "ct_event", NftByteOrder.Host),
        new(42, 1, "igmp_type", NftByteOrder.BigEndian), new(43, 8, "time", NftByteOrder.Host), new(44, 4, "hour", NftByteOrder.Host),
        new(45, 1, "day", NftByteOrder.Host), new(46, 8, "cgroupsv2", NftByteOrder.Host),
    }.ToFrozenDictionary(t => t.Id);

    /// <summary>The fields of a concatenation; a single type's only field is itself.</summary>
    public ValueList<NftType> Fields { get => field.IsEmpty ? [this] : field; private init; }

    /// <summary>Whether this is a concatenation.</summary>
    public bool IsConcatenation => Id >= 1 << FieldBits && Id != VerdictId;

    /// <summary>The concatenation of types, as <c>ipv4_addr . inet_service</c>.</summary>
    /// <param name="fields">Two or more types, together at most 64 bytes when each is padded to 4, at most five of them.</param>
    /// <returns>The type.</returns>
    /// <exception cref="ArgumentException">There are no fields, more than five, or they are too long.</exception>
    public static NftType Concat(params ReadOnlySpan<NftType> fields)
    {
        if (fields.Length == 1) return fields[0];
        if (fields.Length is 0 or > 5) throw new ArgumentException($"A concatenation has 1 to 5 fields, not {fields.Length}.", nameof(fields));
        uint id = 0;
        int length = 0;
        var names = new string[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            id = (id << FieldBits) | fields[i].Id;
            length += PaddedLength(fields[i].Length);
            names[i] = fields[i].Name;
        }

        if (length > NftValue.MaxLength) throw new ArgumentException($"The fields '{string.Join(" . ", names)}' are {length} bytes long, more than {NftValue.MaxLength}.", nameof(fields));
        return new(id, length, string.Join(" . ", names), NftByteOrder.None) { Fields = ValueList.Create(fields) };
    }

    /// <summary>The type that a number and a length mean; unknown ones are kept by number.</summary>
    /// <param name="id">nft's number (NFTA_SET_KEY_TYPE).</param>
    /// <param name="length">Bytes (NFTA_SET_KEY_LEN).</param>
    /// <returns>The type.</returns>
    public static NftType FromKernel(uint id, int length)
    {
        if (id == VerdictId) return Verdict;
        if (id < 1 << FieldBits) return Known.TryGetValue(id, out NftType? known) && known.Length == length ? known : new(id, length, $"type{id}", NftByteOrder.None);
        Stack<NftType> fields = new();
        for (uint rest = id; rest != 0; rest >>= FieldBits)
        {
            if (!Known.TryGetValue(rest & ((1 << FieldBits) - 1), out NftType? field)) return new(id, length, $"type{id}", NftByteOrder.None);
            fields.Push(field);
        }

        return fields.Count <= 5 && fields.Sum(f => PaddedLength(f.Length)) == length ? Concat([.. fields]) : new(id, length, $"type{id}", NftByteOrder.None);
    }

    /// <summary>The type of a concatenation whose fields' lengths the kernel keeps, known by name or not.</summary>
    internal static NftType FromKernel(uint id, int length, ReadOnlySpan<int> fieldLengths)
    {
        NftType type = FromKernel(id, length);
        if (fieldLengths.Length < 2 || type.Fields.Count > 1) return type;
        NftType[] fields = new NftType[fieldLengths.Length];
        for (int i = fields.Length - 1; i >= 0; i--, id >>= FieldBits) fields[i] = FromKernel(id & ((1 << FieldBits) - 1), fieldLengths[i]);
        return type with { Fields = ValueList.Create<NftType>(fields) };
    }

    internal static int PaddedLength(int length) => (length + 3) & ~3;

    /// <inheritdoc/>
    public bool Equals(NftType? other) => other is not null && Id == other.Id && Length == other.Length;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Length);

    /// <summary>nft's name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
