using System.Buffers.Binary;

namespace Calico.Netlink;

/// <summary>RTM_NEWTFILTER, RTM_DELTFILTER and RTM_GETTFILTER.</summary>
public static class FilterMessages
{
    private const ushort New = 44, Delete = 45, Get = 46;
    private const ushort Kind = 1, Options = 2;
    private const ushort U32Selector = 5, U32Action = 7, ActionKind = 1, ActionOptions = 2, MirredParameters = 2;
    private const int SelectorLength = 16, KeyLength = 16, MirredLength = 28, MirredActionAt = 20, MirredInterfaceAt = 24;
    private const int Stolen = 4, EgressRedirect = 1;

    /// <summary>Adds a u32 filter that matches every packet and redirects it to the way out of <see cref="TrafficFilter.RedirectTo"/>; refused (EEXIST) when the priority is taken.</summary>
    /// <exception cref="ArgumentException">The filter is of another kind or redirects nowhere.</exception>
    public static void AddRedirect(this NetlinkBatch batch, TrafficFilter filter)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.Kind != "u32" || filter.RedirectTo == 0) throw new ArgumentException($"{filter} is no u32 filter that redirects.", nameof(filter));
        NetlinkMessageWriter message = batch.Begin(New, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        WriteHeader(message, filter);
        message.AttributeString(Kind, filter.Kind);
        using NetlinkNest options = message.Nest(Options, flagged: false);
        WriteRedirect(message, filter.RedirectTo);
        // struct tc_u32_sel { flags, offshift, nkeys; offmask, off, offoff, hoff, hmask } and one key that compares nothing.
        Span<byte> selector = message.Attribute(U32Selector, SelectorLength + KeyLength);
        selector.Clear();
        (selector[0], selector[2]) = (1, 1); // TC_U32_TERMINAL, one key
    }

    /// <summary>Deletes the filters of a priority.</summary>
    public static void DeleteFilter(this NetlinkBatch batch, TrafficFilter filter)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(filter);
        WriteHeader(batch.Begin(Delete), filter);
    }

    /// <summary>Asks for the filters of a queueing discipline.</summary>
    public static void DumpFilters(this NetlinkBatch batch, int interfaceIndex, uint parent)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TrafficControlHeader.Write(batch.Begin(Get, NetlinkFlags.Dump), interfaceIndex, 0, parent, 0);
    }

    private static void WriteHeader(NetlinkMessageWriter message, TrafficFilter filter) =>
        TrafficControlHeader.Write(message, filter.InterfaceIndex, 0, filter.Parent, (uint)filter.Priority << 16 | NetworkOrder(filter.Protocol, message.Swap));

    // struct tc_mirred { tc_gen (index, capab, action, refcnt, bindcnt); eaction; ifindex }
    private static void WriteRedirect(NetlinkMessageWriter message, int interfaceIndex)
    {
        using NetlinkNest actions = message.Nest(U32Action, flagged: false);
        using NetlinkNest first = message.Nest(1, flagged: false);
        message.AttributeString(ActionKind, "mirred");
        using NetlinkNest options = message.Nest(ActionOptions);
        Span<byte> parameters = message.Attribute(MirredParameters, MirredLength);
        parameters.Clear();
        NetlinkWire.WriteUInt32(parameters[8..], Stolen, message.Swap);
        NetlinkWire.WriteUInt32(parameters[MirredActionAt..], EgressRedirect, message.Swap);
        NetlinkWire.WriteUInt32(parameters[MirredInterfaceAt..], (uint)interfaceIndex, message.Swap);
    }

    internal static bool TryDecode(in NetlinkMessage message, out TrafficFilter filter)
    {
        filter = null!;
        if (message.Type is not (New or Delete) || !TrafficControlHeader.TryRead(message, out TrafficControlHeader header)) return false;
        string name = "";
        int redirect = 0;
        NetlinkAttributeReader attributes = message.Attributes(TrafficControlHeader.Length);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Kind) name = attributes.ReadString();
            else if (attributes.Type == Options && name == "u32") redirect = ReadRedirect(attributes.Nested());
        }

        if (attributes.IsMalformed || name.Length == 0) return false;
        filter = new TrafficFilter(header.InterfaceIndex, header.Parent, (ushort)(header.Info >> 16), name) { Protocol = NetworkOrder((ushort)header.Info, message.Swap), RedirectTo = redirect };
        return true;
    }

    private static int ReadRedirect(NetlinkAttributeReader options)
    {
        while (options.MoveNext())
        {
            if (options.Type != U32Action) continue;
            NetlinkAttributeReader actions = options.Nested();
            while (actions.MoveNext())
            {
                NetlinkAttributeReader action = actions.Nested();
                while (action.MoveNext())
                {
                    if (action.Type != ActionOptions) continue;
                    NetlinkAttributeReader parameters = action.Nested();
                    while (parameters.MoveNext())
                    {
                        if (parameters.Type == MirredParameters && parameters.ReadUInt32At(MirredActionAt) == EgressRedirect) return (int)parameters.ReadUInt32At(MirredInterfaceAt);
                    }
                }
            }
        }

        return 0;
    }

    // The EtherType is in network byte order within a number of the message's.
    private static ushort NetworkOrder(ushort protocol, bool swap) => BitConverter.IsLittleEndian != swap ? BinaryPrimitives.ReverseEndianness(protocol) : protocol;
}
