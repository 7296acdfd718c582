using System.Buffers.Binary;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Where the object of a message belongs: every message but a table's names its table first.</summary>
internal static class MessageScope
{
    private const ushort TableAttribute = 1; // NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, …

    public static NftFamily Family(in NetlinkMessage message) => message.Payload.IsEmpty ? 0 : (NftFamily)message.Payload[0];

    /// <summary>The low 16 bits of the generation the message was made in (nfgenmsg.res_id).</summary>
    public static ushort Generation(in NetlinkMessage message) =>
        message.Payload.Length < NfTablesWire.HeaderLength ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(message.Payload[2..]);

    public static NftTableId Table(in NetlinkMessage message) => new(Family(message), Text(message, TableAttribute));

    public static string Text(in NetlinkMessage message, ushort type)
    {
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
            if (reader.Type == type) return Names.Get(reader.Value);
        return "";
    }
}
