using System.Net;

namespace Calico.Netlink.Tests;

public sealed class WireTests
{
    [Fact]
    public void The_last_message_of_a_datagram_need_not_be_padded()
    {
        // Conntrack and nflog send lengths that are no multiple of four.
        byte[] datagram = [.. Message(17), .. new byte[3], .. Message(18)];
        NetlinkMessageReader reader = new(datagram);
        Assert.True(reader.MoveNext());
        Assert.Equal(1, reader.Current.Payload.Length);
        Assert.True(reader.MoveNext());
        Assert.Equal(2, reader.Current.Payload.Length);
        Assert.False(reader.MoveNext());
        Assert.False(reader.IsMalformed);
    }

    [Theory]
    [InlineData("0f00000010000000000000000000000000")]
    [InlineData("ffffffff10000000000000000000000000")]
    [InlineData("12000000100000000000000000000000")]
    [InlineData("1000")]
    public void A_length_that_does_not_fit_ends_the_walk(string hex)
    {
        NetlinkMessageReader reader = new(Convert.FromHexString(hex));
        Assert.False(reader.MoveNext());
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void Nested_attributes_have_their_length_and_a_limit()
    {
        NetlinkBatch batch = new();
        NetlinkMessageWriter message = batch.Begin(16);
        using (message.Nest(5))
        {
            using (message.Nest(6, flagged: false)) message.AttributeUInt8(7, 9);
            message.AttributeString(8, "abc");
        }

        Assert.Equal("18000580" + "0c000600" + "0500070009000000" + "0800080061626300", Convert.ToHexStringLower(batch[0][16..]));
        Assert.Throws<ArgumentException>(() => new NetlinkBatch().Begin(16).Attribute(1, 65_532));
        Assert.Contains("split it", Assert.Throws<InvalidOperationException>(TooLong).Message, StringComparison.Ordinal);

        static void TooLong()
        {
            NetlinkMessageWriter writer = new NetlinkBatch().Begin(16);
            using NetlinkNest nest = writer.Nest(1);
            writer.Attribute(2, 40_000);
            writer.Attribute(2, 40_000);
        }
    }

    [Fact]
    public void Typed_values_respect_their_byte_order()
    {
        NetlinkBatch batch = new(order: NetlinkByteOrder.BigEndian);
        NetlinkMessageWriter message = batch.Begin(16);
        message.AttributeUInt16(1, 0x1234);
        message.AttributeUInt16BigEndian(2, 0x1234);
        message.AttributeUInt32(3, 0x12345678);
        message.AttributeUInt64(4, 0x123456789abcdef0);
        Assert.Equal("0006000112340000" + "0006000212340000" + "0008000312345678" + "000c0004123456789abcdef0", Convert.ToHexStringLower(batch[0][16..]));
        NetlinkAttributeReader reader = new(batch[0][16..], NetlinkByteOrder.BigEndian);
        Assert.True(reader.MoveNext());
        Assert.Equal(0x1234, reader.ReadUInt16());
        Assert.True(reader.MoveNext());
        Assert.Equal(0x1234, reader.ReadUInt16BigEndian());
        Assert.Equal(0u, reader.ReadUInt32());
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void A_batch_grows_and_keeps_its_messages_apart()
    {
        NetlinkBatch batch = new(capacity: 1);
        for (int i = 0; i < 1000; i++) batch.AddRoute(new Route { Destination = new IPNetwork(IPAddress.Parse("10.0.0.0"), 8), InterfaceIndex = i });
        batch.RemoveLast();
        Assert.Equal(999, batch.Count);
        int index = 0;
        foreach (NetlinkMessage message in new NetlinkMessageReader(batch.WrittenSpan))
        {
            Assert.True(Route.TryDecode(message, out Route route));
            Assert.Equal(index++, route.InterfaceIndex);
        }

        NetlinkBatch copy = new();
        copy.Append(batch.WrittenSpan);
        Assert.Equal(batch.WrittenSpan, copy.WrittenSpan);
        Assert.Throws<ArgumentException>(() => copy.Append(batch.WrittenSpan[..^1]));
    }

    // NLMSG_ERROR -22 with text "bad", offset 36, missing type 5 in nest 28 and a policy: u32 within 1..10.
    [Fact]
    public void An_extended_acknowledgement_is_read_whole()
    {
        byte[] error = Convert.FromHexString(
            "7400000002000003" + "07000000" + "09000000" + "eaffffff" + "2000000018000506" + "07000000" + "00000000" +
            "0800010062616400" + "0800020024000000" + "08000500" + "05000000" + "08000600" + "1c000000" +
            "2c000480" + "0800010004000000" + "0c000400" + "0100000000000000" + "0c000500" + "0a00000000000000" + "080009000a000000");
        error[0] = (byte)error.Length;
        NetlinkMessageReader reader = new(error, NetlinkByteOrder.LittleEndian);
        Assert.True(reader.MoveNext());
        Assert.True(NetlinkError.TryDecode(reader.Current, out NetlinkError decoded));
        Assert.Equal((Errno.Invalid, "bad", 36, (ushort?)5, 28), (decoded.Code, decoded.Message, decoded.Offset, decoded.MissingType, decoded.MissingNest));
        Assert.Equal("u32 within 1..10", decoded.Policy!.ToString());
    }

    private static byte[] Message(int length)
    {
        byte[] message = new byte[length];
        BitConverter.TryWriteBytes(message, length);
        message[4] = 16;
        return message;
    }
}
