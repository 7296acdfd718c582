using System.Buffers.Binary;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Calico.Netlink.Tests;

/// <summary>Sizes and offsets of every kernel structure, as the headers define them. All fields have a fixed width, so that they hold on x64 and arm64 alike.</summary>
public sealed class LayoutTests
{
    // linux/netlink.h: __u16 nl_family, pad; __u32 nl_pid, nl_groups.
    [Fact]
    public void The_socket_address_is_sockaddr_nl()
    {
        Assert.Equal(12, Marshal.SizeOf<Native.NetlinkAddress>());
        (string, int, int)[] fields = [.. typeof(Native.NetlinkAddress).GetFields().Select(f => (f.Name, (int)Marshal.OffsetOf<Native.NetlinkAddress>(f.Name), Marshal.SizeOf(f.FieldType)))];
        Assert.Equal([("Family", 0, 2), ("Padding", 2, 2), ("PortId", 4, 4), ("Groups", 8, 4)], fields);
    }

    // Everything else is written field by field; a structure handed to a system call has to be added above.
    [Fact]
    public void No_other_structure_is_handed_to_the_kernel() =>
        Assert.Equal([typeof(Native.NetlinkAddress)], typeof(Native).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic).Where(t => t.IsValueType));

    public static TheoryData<string, string> Messages() => new()
    {
        // struct nlmsghdr: len, type, flags, seq, pid; struct ifinfomsg: u8 family, pad; u16 type; s32 index; u32 flags, change; attribute IFLA_ADDRESS.
        { "ifinfomsg", "2c000000 1000 0100 ........ ........ 00 00 0000 04030201 01000000 01000000 0a00 0100 020000000001 0000" },
        // struct ifaddrmsg: u8 family, prefixlen, flags, scope; u32 index; IFA_LOCAL, IFA_ADDRESS.
        { "ifaddrmsg", ".{8} 1400 0106 ........ ........ 02 18 .. .. 04030201 *" },
        // struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags.
        { "rtmsg", ".{8} 1800 0106 ........ ........ 02 1a 00 00 fe 50 00 01 04000000 *" },
        // struct ndmsg: u8 family, pad1; u16 pad2; s32 ifindex; u16 state; u8 flags, type.
        { "ndmsg", ".{8} 1c00 0106 ........ ........ 02 00 0000 04030201 8000 00 00 *" },
        // struct nhmsg: u8 family, scope, protocol, resvd; u32 flags; NHA_ID.
        { "nhmsg", ".{8} 6800 0106 ........ ........ 02 00 .. 00 00000000 *" },
        // struct fib_rule_hdr: u8 family, dst_len, src_len, tos, table, res1, res2, action; u32 flags.
        { "fib_rule_hdr", ".{8} 2000 0106 ........ ........ 02 00 18 00 64 00 00 01 00000000 *" },
        // struct nfgenmsg: u8 family, version; be16 res_id.
        { "nfgenmsg", ".{8} 0104 0500 ........ ........ 00 00 012c 0500 0100 01 000000" },
        // struct nlattr: u16 len, type; nested CTA_TUPLE_ORIG > CTA_TUPLE_IP > CTA_IP_V4_SRC, padded to 4 bytes.
        { "nlattr", ".{8} 0201 0100 ........ ........ 02 00 0000 3400 0180 1400 0180 0800 0100 0a090001 *" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_laid_out_as_its_header_says(string structure, string pattern)
    {
        NetlinkBatch batch = new(order: NetlinkByteOrder.LittleEndian);
        Write(batch, structure);
        ReadOnlySpan<byte> message = batch[0];
        Assert.Equal(message.Length, BinaryPrimitives.ReadInt32LittleEndian(message));
        Assert.Matches($"^{pattern.Replace(" ", "", StringComparison.Ordinal).Replace("*", ".*", StringComparison.Ordinal)}$", Convert.ToHexStringLower(message));
    }

    private static void Write(NetlinkBatch batch, string structure)
    {
        const int Index = 0x01020304;
        IPAddress gateway = IPAddress.Parse("10.9.0.1");
        switch (structure)
        {
            case "ifinfomsg": batch.SetLink(Index, new LinkSettings { Up = true, HardwareAddress = new([2, 0, 0, 0, 0, 1]) }); break;
            case "ifaddrmsg": batch.AddAddress(new InterfaceAddress { InterfaceIndex = Index, Address = gateway, PrefixLength = 24 }); break;
            case "rtmsg": batch.AddRoute(new Route { Destination = IPNetwork.Parse("10.3.0.0/26"), Gateway = gateway, InterfaceIndex = Index, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico }); break;
            case "ndmsg": batch.AddNeighbour(new Neighbour { InterfaceIndex = Index, Address = gateway, LinkAddress = new([2, 0, 0, 0, 0, 1]) }); break;
            case "nhmsg": batch.AddNexthop(new Nexthop { Id = 7, Gateway = gateway, InterfaceIndex = Index }); break;
            case "fib_rule_hdr": batch.AddRule(new RoutingRule { Family = System.Net.Sockets.AddressFamily.InterNetwork, From = IPNetwork.Parse("10.9.0.0/24"), Table = 100, Priority = 5 }); break;
            case "nfgenmsg": NflogMessages.WriteBind(batch, 300, new NflogOptions()); break;
            default: batch.DeleteFlow(new FlowTuple { Source = gateway, Destination = IPAddress.Parse("10.9.0.2"), Protocol = 6, SourcePort = 1, DestinationPort = 2 }); break;
        }
    }
}
