using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>Decodes RTM_NEWLINK and RTM_DELLINK.</summary>
internal static class LinkDecoder
{
    public static bool TryDecode(in NetlinkMessage message, out Link link)
    {
        link = null!;
        ReadOnlySpan<byte> header = message.Payload;
        // The same message of AF_BRIDGE describes a bridge port, not a link.
        if (message.Type is not (LinkMessages.New or LinkMessages.Delete) || header.Length < LinkMessages.HeaderLength || header[0] == AddressFamilies.Bridge) return false;
        Link result = new()
        {
            Index = (int)NetlinkWire.ReadUInt32(header[4..], message.Swap),
            Name = "",
            HardwareType = NetlinkWire.ReadUInt16(header[2..], message.Swap),
            Flags = (LinkFlags)NetlinkWire.ReadUInt32(header[8..], message.Swap),
        };
        NetlinkAttributeReader attributes = message.Attributes(LinkMessages.HeaderLength);
        while (attributes.MoveNext()) result = Take(result, ref attributes);
        if (attributes.IsMalformed) return false;
        link = result;
        return true;
    }

    private static Link Take(Link link, ref NetlinkAttributeReader attribute) => attribute.Type switch
    {
        LinkMessages.Name => link with { Name = attribute.ReadString() },
        LinkMessages.Address => link with { HardwareAddress = new PhysicalAddress(attribute.Value.ToArray()) },
        LinkMessages.Mtu => link with { Mtu = attribute.ReadUInt32() },
        LinkMessages.Parent => link with { ParentIndex = attribute.ReadInt32() },
        LinkMessages.LinkNamespaceId => link with { LinkNamespaceId = attribute.ReadInt32() },
        LinkMessages.QueueingDiscipline => link with { QueueingDiscipline = attribute.ReadString() },
        LinkMessages.Master => link with { MasterIndex = attribute.ReadInt32() },
        LinkMessages.TransmitQueue => link with { TransmitQueueLength = attribute.ReadUInt32() },
        LinkMessages.OperationalState => link with { OperationalState = (LinkOperationalState)attribute.ReadUInt8() },
        LinkMessages.Alias => link with { Alias = attribute.ReadString() },
        LinkMessages.Group => link with { Group = attribute.ReadUInt32() },
        LinkMessages.Statistics => link with { Statistics = LinkStatistics.Read(attribute) },
        LinkMessages.Info => link with { Kind = ReadKind(attribute.Nested()) },
        LinkMessages.PropertyList => link with { AlternativeNames = ReadNames(attribute.Nested()) },
        _ => link,
    };

    private static LinkKind? ReadKind(NetlinkAttributeReader info)
    {
        string? name = null;
        NetlinkAttributeReader data = default;
        ReadOnlySpan<byte> bytes = default;
        while (info.MoveNext())
        {
            if (info.Type == LinkMessages.InfoKind) name = info.ReadString();
            if (info.Type != LinkMessages.InfoData) continue;
            data = info.Nested();
            bytes = info.Value;
        }

        return name is null ? null : LinkKind.Read(name, bytes, data);
    }

    private static string[] ReadNames(NetlinkAttributeReader list)
    {
        List<string> names = [];
        while (list.MoveNext())
        {
            if (list.Type == LinkMessages.AlternativeName) names.Add(list.ReadString());
        }

        return [.. names];
    }
}
