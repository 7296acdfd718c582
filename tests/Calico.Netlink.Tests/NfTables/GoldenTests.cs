using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>What nft sends is read and written again byte for byte.</summary>
public sealed class GoldenTests
{
    public static IEnumerable<TheoryDataRow<int>> Rows() => GoldenCase.Rows();

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_message_of_nft_is_read_and_written_again(int index)
    {
        foreach (byte[] message in GoldenCase.All[index].Batch)
        {
            NetlinkMessageReader reader = new(message);
            Assert.True(reader.MoveNext());
            Assert.Equal(Convert.ToHexStringLower(WithZeroPadding(message[20..])), Convert.ToHexStringLower(WriteAgain(reader.Current)));
        }
    }

    // nft leaves what was in its buffer between the attributes.
    private static byte[] WithZeroPadding(byte[] attributes)
    {
        for (int at = 0; at + 4 <= attributes.Length;)
        {
            int end = at + BitConverter.ToUInt16(attributes, at);
            at = (end + 3) & ~3;
            attributes.AsSpan(end, Math.Min(at, attributes.Length) - end).Clear();
        }

        return attributes;
    }

    private static byte[] WriteAgain(in NetlinkMessage message)
    {
        if (message.Subsystem != 10) return message.Payload[4..].ToArray();
        NetlinkBatch batch = new();
        NfTablesMessage type = (NfTablesMessage)(byte)message.Type;
        NetlinkMessageWriter writer = NfTablesWire.Begin(batch, type, NetlinkFlags.None, MessageScope.Family(message));
        NftTableId table = MessageScope.Table(message);
        switch (type)
        {
            case NfTablesMessage.NewSet:
                NftSet set = SetCodec.Read(message, out uint id);
                SetCodec.Write(writer, table, set, id);
                break;
            case NfTablesMessage.NewRule:
                RuleCodec.Write(writer, table, MessageScope.Text(message, RuleCodec.Chain), RuleCodec.Read(message, out _));
                break;
            case NfTablesMessage.NewElement:
                WriteElements(message, writer, table);
                break;
            default:
                Assert.Fail($"The golden data has a {type} message.");
                break;
        }

        return batch.WrittenSpan[20..].ToArray();
    }

    private static void WriteElements(in NetlinkMessage message, NetlinkMessageWriter writer, NftTableId table)
    {
        List<WireElement> elements = [];
        uint setId = 0;
        ElementCodec.Read(message, elements);
        NetlinkAttributeReader reader = message.Attributes(4);
        while (reader.MoveNext())
            if (reader.Type == 4) setId = reader.ReadUInt32BigEndian();
        ElementCodec.WriteName(writer, table, MessageScope.Text(message, ElementCodec.ListSet), setId);
        ElementCodec.WriteRaw(writer, elements);
    }
}
