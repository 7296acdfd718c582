using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Requests and messages of NFNL_SUBSYS_CTNETLINK_EXP (linux/netfilter/nfnetlink_conntrack.h). Numbers are in network order.</summary>
public static class ExpectationMessages
{
    internal const byte Subsystem = 2;
    private const byte New = 0, Get = 1, Delete = 2;
    private const int HeaderLength = 4;
    private const ushort Master = 1, Tuple = 2, Mask = 3, Timeout = 4, Id = 5, HelperName = 6, Zone = 7, Flags = 8;

    /// <summary>Asks for all expectations.</summary>
    public static void DumpExpectations(this NetlinkBatch batch, AddressFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.BeginNetfilter(Subsystem, Get, NetlinkFlags.Dump, AddressFamilies.Number(family));
    }

    /// <summary>Makes an expectation; its master must be tracked.</summary>
    public static void AddExpectation(this NetlinkBatch batch, ConntrackExpectation expectation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(expectation);
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, ConntrackMessages.FamilyOf(expectation.Tuple));
        ConntrackMessages.WriteTuple(message, Master, expectation.Master);
        ConntrackMessages.WriteTuple(message, Tuple, expectation.Tuple);
        ConntrackMessages.WriteTuple(message, Mask, expectation.Mask);
        message.AttributeUInt32BigEndian(Timeout, expectation.TimeoutSeconds);
        if (expectation.Helper.Length > 0) message.AttributeString(HelperName, expectation.Helper);
        if (expectation.Zone != 0) message.AttributeUInt16BigEndian(Zone, expectation.Zone);
        if (expectation.Flags != 0) message.AttributeUInt32BigEndian(Flags, expectation.Flags);
    }

    /// <summary>Forgets the expectation of this tuple and zone.</summary>
    public static void DeleteExpectation(this NetlinkBatch batch, FlowTuple tuple, ushort zone = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(tuple);
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, Delete, NetlinkFlags.None, ConntrackMessages.FamilyOf(tuple));
        ConntrackMessages.WriteTuple(message, Tuple, tuple);
        if (zone != 0) message.AttributeUInt16BigEndian(Zone, zone);
    }

    internal static bool TryDecode(in NetlinkMessage message, out ConntrackExpectation expectation)
    {
        expectation = null!;
        if (message.Subsystem != Subsystem || message.Payload.Length < HeaderLength || (byte)message.Type is not (New or Delete)) return false;
        FlowTuple? master = null, tuple = null, mask = null;
        (uint timeout, uint id, uint flags, ushort zone, string helper) = (0, 0, 0, 0, "");
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Master: master = ConntrackMessages.ReadTuple(attributes.Nested()); break;
                case Tuple: tuple = ConntrackMessages.ReadTuple(attributes.Nested()); break;
                case Mask: mask = ConntrackMessages.ReadTuple(attributes.Nested()); break;
                case Timeout: timeout = attributes.ReadUInt32BigEndian(); break;
                case Id: id = attributes.ReadUInt32BigEndian(); break;
                case Flags: flags = attributes.ReadUInt32BigEndian(); break;
                case Zone: zone = attributes.ReadUInt16BigEndian(); break;
                case HelperName: helper = attributes.ReadString(); break;
            }
        }

        if (attributes.IsMalformed || master is null || tuple is null || mask is null) return false;
        expectation = new ConntrackExpectation { Master = master, Tuple = tuple, Mask = mask, TimeoutSeconds = timeout, Id = id, Flags = flags, Zone = zone, Helper = helper };
        return true;
    }
}
