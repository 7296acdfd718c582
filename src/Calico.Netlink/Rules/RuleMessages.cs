using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>RTM_NEWRULE, RTM_DELRULE and RTM_GETRULE.</summary>
public static class RuleMessages
{
    private const ushort New = 32, Delete = 33, Get = 34;
    private const int HeaderLength = 12;
    private const uint InvertFlag = 2;
    private const ushort Destination = 1, Source = 2, IncomingName = 3, Goto = 4, Priority = 6, Mark = 10, SuppressGroup = 13, SuppressLength = 14, Table = 15,
        MarkMask = 16, OutgoingName = 17, L3Master = 19, UserIds = 20, Protocol = 21, IpProtocol = 22, SourcePorts = 23, DestinationPorts = 24;

    /// <summary>Adds a rule; refused (EEXIST) when an equal one is there.</summary>
    public static void AddRule(this NetlinkBatch batch, RoutingRule rule) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, rule);

    /// <summary>Deletes the first rule that the given one matches.</summary>
    public static void DeleteRule(this NetlinkBatch batch, RoutingRule rule) => Write(batch, Delete, NetlinkFlags.None, rule);

    /// <summary>Asks for all rules of a family, or of both.</summary>
    public static void DumpRules(this NetlinkBatch batch, AddressFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.Dump);
        message.PutFamily(AddressFamilies.Number(family));
        message.PutUInt64(0);
    }

    private static void Write(NetlinkBatch batch, ushort type, NetlinkFlags flags, RoutingRule rule)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(rule);
        CheckFamily(rule, rule.From, nameof(rule.From));
        CheckFamily(rule, rule.To, nameof(rule.To));
        NetlinkMessageWriter message = batch.Begin(type, flags);
        message.PutUInt8(AddressFamilies.Number(rule.Family));
        message.PutUInt8((byte)(rule.To?.PrefixLength ?? 0));
        message.PutUInt8((byte)(rule.From?.PrefixLength ?? 0));
        message.PutUInt8(rule.TypeOfService);
        message.PutUInt8(rule.Table < 256 ? (byte)rule.Table : (byte)0);
        message.PutUInt16(0);
        message.PutUInt8((byte)rule.Action);
        message.PutUInt32(rule.Invert ? InvertFlag : 0);

        if (rule.From is { } from) message.AttributeAddress(Source, from.BaseAddress);
        if (rule.IncomingInterface is not null) message.AttributeString(IncomingName, rule.IncomingInterface);
        if (rule.To is { } to) message.AttributeAddress(Destination, to.BaseAddress);
        if (rule.Mark is uint mark) message.AttributeUInt32(Mark, mark);
        if (rule.MarkMask is uint mask) message.AttributeUInt32(MarkMask, mask);
        if (rule.OutgoingInterface is not null) message.AttributeString(OutgoingName, rule.OutgoingInterface);
        if (rule.UserIds is { } users) WriteUserIds(message, users);
        if (rule.IpProtocol is byte protocol) message.AttributeUInt8(IpProtocol, protocol);
        if (rule.SourcePorts is { } sources) WritePorts(message, SourcePorts, sources);
        if (rule.DestinationPorts is { } destinations) WritePorts(message, DestinationPorts, destinations);
        if (rule.SuppressPrefixLength is uint length) message.AttributeUInt32(SuppressLength, length);
        if (rule.SuppressInterfaceGroup is uint group) message.AttributeUInt32(SuppressGroup, group);
        if (rule.GotoPriority is uint target) message.AttributeUInt32(Goto, target);
        if (rule.L3Master) message.AttributeUInt8(L3Master, 1);
        if (rule.Protocol != RouteProtocol.Unspecified) message.AttributeUInt8(Protocol, (byte)rule.Protocol);
        if (rule.Table >= 256) message.AttributeUInt32(Table, rule.Table);
        if (rule.Priority is uint priority) message.AttributeUInt32(Priority, priority);
    }

    private static void CheckFamily(RoutingRule rule, IPNetwork? network, string name)
    {
        if (network is { } given && given.BaseAddress.AddressFamily != rule.Family)
            throw new ArgumentException($"Rule {rule}: {name} is not of the rule's family.", nameof(rule));
    }

    private static void WriteUserIds(NetlinkMessageWriter message, RuleRange range)
    {
        Span<byte> value = message.Attribute(UserIds, 8);
        NetlinkWire.WriteUInt32(value, range.First, message.Swap);
        NetlinkWire.WriteUInt32(value[4..], range.Last, message.Swap);
    }

    private static void WritePorts(NetlinkMessageWriter message, ushort type, RuleRange range)
    {
        if (range.Last > ushort.MaxValue || range.First > range.Last) throw new ArgumentException($"{range} is not a range of ports.");
        Span<byte> value = message.Attribute(type, 4);
        NetlinkWire.WriteUInt16(value, (ushort)range.First, message.Swap);
        NetlinkWire.WriteUInt16(value[2..], (ushort)range.Last, message.Swap);
    }

    internal static bool TryDecode(in NetlinkMessage message, out RoutingRule rule)
    {
        rule = null!;
        ReadOnlySpan<byte> header = message.Payload;
        if (message.Type is not (New or Delete) || header.Length < HeaderLength || header[0] is not (AddressFamilies.IPv4 or AddressFamilies.IPv6)) return false;
        RoutingRule result = new()
        {
            Family = header[0] == AddressFamilies.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Priority = 0,
            TypeOfService = header[3],
            Table = header[4],
            Action = (RuleAction)header[7],
            Invert = (NetlinkWire.ReadUInt32(header[8..], message.Swap) & InvertFlag) != 0,
        };
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext()) result = Take(result, ref attributes, header[1], header[2]);
        if (attributes.IsMalformed) return false;
        rule = result;
        return true;
    }

    private static RoutingRule Take(RoutingRule rule, ref NetlinkAttributeReader attribute, byte toLength, byte fromLength) => attribute.Type switch
    {
        Destination => rule with { To = ReadNetwork(attribute, toLength) },
        Source => rule with { From = ReadNetwork(attribute, fromLength) },
        IncomingName => rule with { IncomingInterface = attribute.ReadString() },
        OutgoingName => rule with { OutgoingInterface = attribute.ReadString() },
        Goto => rule with { GotoPriority = attribute.ReadUInt32() },
        Priority => rule with { Priority = attribute.ReadUInt32() },
        Mark => rule with { Mark = attribute.ReadUInt32() },
        MarkMask => rule with { MarkMask = attribute.ReadUInt32() },
        // All ones stand for "not set" in the kernel's dump.
        SuppressGroup => attribute.ReadUInt32() is not uint.MaxValue and uint group ? rule with { SuppressInterfaceGroup = group } : rule,
        SuppressLength => attribute.ReadUInt32() is not uint.MaxValue and uint length ? rule with { SuppressPrefixLength = length } : rule,
        Table => rule with { Table = attribute.ReadUInt32() },
        L3Master => rule with { L3Master = attribute.ReadUInt8() != 0 },
        UserIds => rule with { UserIds = new RuleRange(attribute.ReadUInt32At(0), attribute.ReadUInt32At(4)) },
        Protocol => rule with { Protocol = (RouteProtocol)attribute.ReadUInt8() },
        IpProtocol => rule with { IpProtocol = attribute.ReadUInt8() },
        SourcePorts => rule with { SourcePorts = new RuleRange(attribute.ReadUInt16At(0), attribute.ReadUInt16At(2)) },
        DestinationPorts => rule with { DestinationPorts = new RuleRange(attribute.ReadUInt16At(0), attribute.ReadUInt16At(2)) },
        _ => rule,
    };

    private static IPNetwork? ReadNetwork(NetlinkAttributeReader attribute, byte length) =>
        attribute.Value.Length is 4 or 16 && length <= attribute.Value.Length * 8 ? IpPrefix.FromNetworkOrder(attribute.Value, length).ToIPNetwork() : null;
}
