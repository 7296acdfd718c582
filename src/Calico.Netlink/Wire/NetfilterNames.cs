namespace Calico.Netlink;

/// <summary>Message and attribute names of NETLINK_NETFILTER (linux/netfilter/nfnetlink*.h, nf_tables.h), by subsystem.</summary>
internal static partial class NetfilterNames
{
    private const int NetfilterHeaderLength = 4;

    /// <summary>nfnetlink's own batch messages have no subsystem (linux/netfilter/nfnetlink.h).</summary>
    private static readonly MessageTable Batch = new("NFNL_MSG_", "BATCH_BEGIN BATCH_END", new("NFNL_BATCH_", "GENID"), firstType: 16);

    public static MessageDescription Describe(ushort type)
    {
        MessageTable? table = (type >> 8) switch
        {
            0 => Batch,
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
