using System.Net;

namespace Calico.Netlink;

/// <summary>RTM_NEWNEXTHOP, RTM_DELNEXTHOP and RTM_GETNEXTHOP.</summary>
public static class NexthopMessages
{
    private const ushort New = 104, Delete = 105, Get = 106;
    private const int HeaderLength = 8, MemberLength = 8;
    private const ushort Id = 1, Group = 2, Blackhole = 4, Interface = 5, Gateway = 6, EncapType = 7, Encap = 8, Forwarding = 11;

    /// <summary>Adds an object; refused (EEXIST) when the id is taken.</summary>
    public static void AddNexthop(this NetlinkBatch batch, Nexthop nexthop) => Write(batch, NetlinkFlags.Create | NetlinkFlags.Exclusive, nexthop);

    /// <summary>Adds an object or changes it under all routes that point to it.</summary>
    public static void ReplaceNexthop(this NetlinkBatch batch, Nexthop nexthop) => Write(batch, NetlinkFlags.Create | NetlinkFlags.Replace, nexthop);

    /// <summary>Deletes an object and with it every route that points to it.</summary>
    public static void DeleteNexthop(this NetlinkBatch batch, uint id)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Delete);
        message.PutUInt64(0);
        message.AttributeUInt32(Id, id);
    }

    /// <summary>Asks for all objects.</summary>
    public static void DumpNexthops(this NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Begin(Get, NetlinkFlags.Dump).PutUInt64(0);
    }

    private static void Write(NetlinkBatch batch, NetlinkFlags flags, Nexthop nexthop)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(nexthop);
        NetlinkMessageWriter message = batch.Begin(New, flags);
        message.PutUInt8(FamilyOf(nexthop));
        message.PutUInt8(0);
        message.PutUInt8((byte)nexthop.Protocol);
        message.PutUInt8(0);
        message.PutUInt32((uint)(nexthop.Flags & RouteFlags.OnLink));
        if (nexthop.Id != 0) message.AttributeUInt32(Id, nexthop.Id);
        if (nexthop.Group.Count > 0) WriteGroup(message, nexthop);
        if (nexthop.Gateway is not null) message.AttributeAddress(Gateway, nexthop.Gateway);
        if (nexthop.InterfaceIndex != 0) message.AttributeInt32(Interface, nexthop.InterfaceIndex);
        if (nexthop.IsBlackhole) message.AttributeFlag(Blackhole);
        if (nexthop.IsForwarding) message.AttributeFlag(Forwarding);
        if (nexthop.Encapsulation is { } encapsulation)
        {
            message.AttributeUInt16(EncapType, encapsulation.Kind);
            using NetlinkNest nest = message.Nest(Encap);
            encapsulation.WriteAttributes(message);
        }
    }

    private static byte FamilyOf(Nexthop nexthop) =>
        nexthop.Group.Count > 0 ? (byte)0
        : nexthop.Gateway is not null ? AddressFamilies.Of(nexthop.Gateway)
        : nexthop.IsIPv6 ? AddressFamilies.IPv6 : AddressFamilies.IPv4;

    // struct nexthop_grp { __u32 id; __u8 weight; __u8 weight_high; __u16 resvd2; }
    private static void WriteGroup(NetlinkMessageWriter message, Nexthop nexthop)
    {
        Span<byte> members = message.Attribute(Group, MemberLength * nexthop.Group.Count);
        members.Clear();
        for (int i = 0; i < nexthop.Group.Count; i++)
        {
            NexthopGroupMember member = nexthop.Group[i];
            if (member.Weight is < 1 or > 256) throw new ArgumentException($"Nexthop {nexthop}: the weight of {member.Id} is not within 1..256.");
            NetlinkWire.WriteUInt32(members[(i * MemberLength)..], member.Id, message.Swap);
            members[i * MemberLength + 4] = (byte)(member.Weight - 1);
        }
    }

    internal static bool TryDecode(in NetlinkMessage message, out Nexthop nexthop)
    {
        nexthop = null!;
        ReadOnlySpan<byte> header = message.Payload;
        if (message.Type is not (New or Delete) || header.Length < HeaderLength) return false;
        uint id = 0;
        int index = 0;
        IPAddress? gateway = null;
        (bool blackhole, bool forwarding) = (false, false);
        NexthopGroupMember[] group = [];
        ushort encapsulationType = 0;
        RouteEncapsulation? encapsulation = null;
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Id: id = attributes.ReadUInt32(); break;
                case Group: group = ReadGroup(attributes); break;
                case Blackhole: blackhole = true; break;
                case Interface: index = attributes.ReadInt32(); break;
                case Gateway: gateway = attributes.ReadAddress(); break;
                case Forwarding: forwarding = true; break;
                case EncapType: encapsulationType = attributes.ReadUInt16(); break;
                case Encap: encapsulation = new RawEncapsulation(0, attributes.Value.ToArray()); break;
            }
        }

        if (attributes.IsMalformed) return false;
        // The kernel writes NHA_ENCAP before its type.
        if (encapsulation is RawEncapsulation raw)
            encapsulation = RouteEncapsulation.Read(encapsulationType, raw.Attributes.Span, attributes.Over(raw.Attributes.Span));
        nexthop = new Nexthop
        {
            Id = id,
            Gateway = gateway,
            InterfaceIndex = index,
            IsIPv6 = header[0] == AddressFamilies.IPv6,
            IsBlackhole = blackhole,
            IsForwarding = forwarding,
            Group = group,
            Protocol = (RouteProtocol)header[2],
            Scope = (RouteScope)header[1],
            Flags = (RouteFlags)NetlinkWire.ReadUInt32(header[4..], message.Swap),
            Encapsulation = encapsulation,
        };
        return true;
    }

    private static NexthopGroupMember[] ReadGroup(NetlinkAttributeReader attribute)
    {
        NexthopGroupMember[] members = new NexthopGroupMember[attribute.Value.Length / MemberLength];
        for (int i = 0; i < members.Length; i++)
            members[i] = new NexthopGroupMember(attribute.ReadUInt32At(i * MemberLength), attribute.Value[i * MemberLength + 4] + 1);
        return members;
    }
}
