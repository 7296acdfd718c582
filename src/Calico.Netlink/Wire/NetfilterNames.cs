namespace Calico.Netlink;

/// <summary>Message and attribute names of NETLINK_NETFILTER (linux/netfilter/nfnetlink*.h, nf_tables.h), by subsystem.</summary>
internal static partial class NetfilterNames
{
    private const int NetfilterHeaderLength = 4;

    /// <summary>nfnetlink's own batch messages have no subsystem (linux/netfilter/nfnetlink.h).</summary>
    private static readonly MessageTable Batch = new("NFNL_MSG_", "BATCH_BEGIN BATCH_END", new("NFNL_BATCH_", "GENID"), firstType: 16);

    private static readonly AttributeTable Tuple = new AttributeTable("CTA_TUPLE_", "IP PROTO ZONE")
        .Nest("IP", new("CTA_IP_", "V4_SRC V4_DST V6_SRC V6_DST"))
        .Nest("PROTO", new("CTA_PROTO_", "NUM SRC_PORT DST_PORT ICMP_ID ICMP_TYPE ICMP_CODE ICMPV6_ID ICMPV6_TYPE ICMPV6_CODE"));

    private static readonly MessageTable Conntrack = new("IPCTNL_MSG_CT_", "NEW GET DELETE GET_CTRZERO GET_STATS_CPU GET_STATS GET_DYING GET_UNCONFIRMED",
        new AttributeTable("CTA_", "TUPLE_ORIG TUPLE_REPLY STATUS PROTOINFO HELP NAT_SRC TIMEOUT MARK COUNTERS_ORIG COUNTERS_REPLY USE ID NAT_DST TUPLE_MASTER SEQ_ADJ_ORIG " +
            "SEQ_ADJ_REPLY SECMARK ZONE SECCTX TIMESTAMP MARK_MASK LABELS LABELS_MASK SYNPROXY FILTER STATUS_MASK")
            .Nest("TUPLE_ORIG", Tuple).Nest("TUPLE_REPLY", Tuple));

    private static readonly MessageTable Log = new("NFULNL_MSG_", "PACKET CONFIG", new("NFULA_CFG_", "CMD MODE NLBUFSIZ TIMEOUT QTHRESH FLAGS"));

    private static readonly MessageTable IpSets = new("IPSET_CMD_", "NONE PROTOCOL CREATE DESTROY FLUSH RENAME SWAP LIST SAVE ADD DEL TEST HEADER TYPE GET_BYNAME GET_BYINDEX",
        new("IPSET_ATTR_", "PROTOCOL SETNAME TYPENAME REVISION FAMILY FLAGS DATA ADT LINENO PROTOCOL_MIN INDEX"));

    public static MessageDescription Describe(ushort type)
    {
        MessageTable? table = (type >> 8) switch
        {
            0 => Batch,
            1 => Conntrack,
            4 => Log,
            6 => IpSets,
            10 => NfTables,
            _ => null,
        };
        return table is null
            ? new MessageDescription($"netfilter subsystem {type >> 8} message {type & 0xff}", NetfilterHeaderLength, new AttributeTable("", ""))
            : new MessageDescription(table.NameOf((byte)type), NetfilterHeaderLength, table.Attributes((byte)type));
    }

    /// <summary>The messages of one subsystem: their names from <paramref name="firstType"/> on, and their attributes.</summary>
    internal sealed class MessageTable(string prefix, string names, AttributeTable shared, int firstType = 0)
    {
        private readonly string[] _names = names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        private readonly Dictionary<byte, AttributeTable> _attributes = [];

        public MessageTable With(AttributeTable attributes, params ReadOnlySpan<byte> types)
        {
            foreach (byte type in types) _attributes[type] = attributes;
            return this;
        }

        public string NameOf(byte type)
        {
            int index = type - firstType;
            return index >= 0 && index < _names.Length ? prefix + _names[index] : AttributeNames.Numbered(prefix, type);
        }

        public AttributeTable Attributes(byte type) => _attributes.GetValueOrDefault(type, shared);
    }
}
