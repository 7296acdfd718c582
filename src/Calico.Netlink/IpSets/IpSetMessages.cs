using System.Net;
using System.Net.Sockets;
using System.Text;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>Requests and messages of the ipset subsystem (protocol 7).</summary>
internal static class IpSetMessages
{
    private const byte Subsystem = 6, ProtocolVersion = 7;
    public const byte Create = 2, Destroy = 3, Flush = 4, Rename = 5, Swap = 6, List = 7, Add = 9, Delete = 10, TypeInfo = 13;
    private const int HeaderLength = 4;
    private const ushort Protocol = 1, SetName = 2, TypeName = 3, SecondName = 3, Revision = 4, Family = 5, Data = 7, Elements = 8, LineNumber = 9;
    private const ushort Address = 1, Cidr = 3, Port = 4, Timeout = 6, ProtocolNumber = 7, DataFlags = 8, HashSize = 18, MaximumElements = 19, References = 25;
    private const ushort Bytes = 24, Packets = 25, Comment = 26;
    private const ushort Address4 = 1, Address6 = 2;
    private const uint FlagNoMatch = 4, FlagCounters = 8, FlagComments = 16;
    private const int MaximumNameLength = 31;

    public static string NameOf(IpSetType type) => type switch
    {
        IpSetType.HashIp => "hash:ip",
        IpSetType.HashNet => "hash:net",
        _ => "hash:ip,port",
    };

    /// <summary>Begins a request with the version and, if given, the set's name.</summary>
    public static NetlinkMessageWriter Begin(NetlinkBatch batch, byte command, string? name, NetlinkFlags flags)
    {
        // The header's family says nothing here; ipset writes this one whatever the set's is.
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, command, flags, AddressFamilies.IPv4);
        message.AttributeUInt8(Protocol, ProtocolVersion);
        if (name is not null) message.AttributeString(SetName, Checked(name));
        return message;
    }

    // Without "exclusive" the kernel takes a set that is not there for destroyed.
    public static void WriteDestroy(NetlinkBatch batch, string name) => Begin(batch, Destroy, name, NetlinkFlags.Exclusive);

    public static void WriteTwoNames(NetlinkBatch batch, byte command, string name, string second) =>
        Begin(batch, command, name, NetlinkFlags.None).AttributeString(SecondName, Checked(second));

    public static void WriteTypeQuery(NetlinkBatch batch, IpSetType type, AddressFamily family)
    {
        NetlinkMessageWriter message = Begin(batch, TypeInfo, null, NetlinkFlags.None);
        message.AttributeString(TypeName, NameOf(type));
        message.AttributeUInt8(Family, AddressFamilies.Number(family));
    }

    public static void WriteCreate(NetlinkBatch batch, IpSet set, byte revision)
    {
        IpSetType type = set.Type ?? throw new ArgumentException($"Set {set.Name}: no type.", nameof(set));
        NetlinkMessageWriter message = Begin(batch, Create, set.Name, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        message.AttributeString(TypeName, NameOf(type));
        message.AttributeUInt8(Revision, revision);
        message.AttributeUInt8(Family, AddressFamilies.Number(set.Family));
        using NetlinkNest data = message.Nest(Data);
        if (set.HashSize != IpSet.DefaultHashSize) WriteNetworkOrder(message, HashSize, set.HashSize);
        if (set.MaximumElements != IpSet.DefaultMaximumElements) WriteNetworkOrder(message, MaximumElements, set.MaximumElements);
        if (set.TimeoutSeconds is uint timeout) WriteNetworkOrder(message, Timeout, timeout);
        uint flags = (set.HasCounters ? FlagCounters : 0) | (set.HasComments ? FlagComments : 0);
        if (flags != 0) WriteNetworkOrder(message, DataFlags, flags);
    }

    /// <summary>Writes one message with as many entries as fit its 16-bit length; returns how many.</summary>
    public static int WriteEntries(NetlinkBatch batch, byte command, string set, IReadOnlyList<IpSetEntry> entries, int start, bool tolerant)
    {
        const int Room = 60_000;
        NetlinkMessageWriter message = Begin(batch, command, set, tolerant ? NetlinkFlags.None : NetlinkFlags.Exclusive);
        if (entries.Count == 1)
        {
            using NetlinkNest single = message.Nest(Data);
            WriteEntry(message, entries[0], line: 0);
            return 1;
        }

        WriteNetworkOrder(message, LineNumber, (uint)start + 1);
        using NetlinkNest list = message.Nest(Elements);
        int next = start;
        for (; next < entries.Count && list.Length < Room; next++)
        {
            using NetlinkNest data = message.Nest(Data);
            WriteEntry(message, entries[next], line: (uint)next + 1);
        }

        return next - start;
    }

    private static void WriteEntry(NetlinkMessageWriter message, IpSetEntry entry, uint line)
    {
        bool v6 = entry.Network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        using (message.Nest(Address))
            message.AttributeAddress((ushort)((v6 ? Address6 : Address4) | NetlinkWire.NetworkOrderFlag), entry.Network.BaseAddress);
        if (entry.Network.PrefixLength != (v6 ? 128 : 32)) message.AttributeUInt8(Cidr, (byte)entry.Network.PrefixLength);
        if (entry.Protocol != 0)
        {
            message.AttributeUInt16BigEndian(Port | NetlinkWire.NetworkOrderFlag, entry.Port);
            message.AttributeUInt8(ProtocolNumber, entry.Protocol);
        }

        if (entry.TimeoutSeconds is uint timeout) WriteNetworkOrder(message, Timeout, timeout);
        if (entry.Comment is not null) message.AttributeString(Comment, entry.Comment);
        if (entry.Packets is ulong packets) message.AttributeUInt64BigEndian(Packets | NetlinkWire.NetworkOrderFlag, packets);
        if (entry.Bytes is ulong bytes) message.AttributeUInt64BigEndian(Bytes | NetlinkWire.NetworkOrderFlag, bytes);
        if (entry.NoMatch) WriteNetworkOrder(message, DataFlags, FlagNoMatch);
        WriteNetworkOrder(message, LineNumber, line);
    }

    private static void WriteNetworkOrder(NetlinkMessageWriter message, ushort type, uint value) =>
        message.AttributeUInt32BigEndian((ushort)(type | NetlinkWire.NetworkOrderFlag), value);

    private static string Checked(string name) =>
        Encoding.UTF8.GetByteCount(name) is > 0 and <= MaximumNameLength && !name.Contains('\0')
            ? name
            : throw new ArgumentException($"'{name}' is not a set name: 1 to {MaximumNameLength} bytes.", nameof(name));

    public static bool TryDecodeRevision(in NetlinkMessage message, out byte revision)
    {
        revision = 0;
        if (message.Type != (Subsystem << 8 | TypeInfo)) return false;
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Revision) revision = attributes.ReadUInt8();
        }

        return true;
    }

    /// <summary>Decodes one message of a list; a large set comes in several, each with its name.</summary>
    public static bool TryDecode(in NetlinkMessage message, out IpSet set)
    {
        set = null!;
        if (message.Type != (Subsystem << 8 | List) || message.Payload.Length < HeaderLength) return false;
        IpSet result = new() { Name = "", Type = null, Family = AddressFamily.InterNetwork };
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            result = attributes.Type switch
            {
                SetName => result with { Name = attributes.ReadString() },
                TypeName => WithType(result, attributes.ReadString()),
                Family => result with { Family = attributes.ReadUInt8() == AddressFamilies.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork },
                Data => ReadHeader(result, attributes.Nested()),
                Elements => result with { Entries = ReadEntries(attributes.Nested()) },
                _ => result,
            };
        }

        if (attributes.IsMalformed || result.Name.Length == 0) return false;
        set = result;
        return true;
    }

    private static IpSet WithType(IpSet set, string name) => set with
    {
        TypeName = name,
        Type = name switch { "hash:ip" => IpSetType.HashIp, "hash:net" => IpSetType.HashNet, "hash:ip,port" => IpSetType.HashIpPort, _ => null },
    };

    private static IpSet ReadHeader(IpSet set, NetlinkAttributeReader data)
    {
        while (data.MoveNext())
        {
            set = data.Type switch
            {
                HashSize => set with { HashSize = data.ReadUInt32BigEndian() },
                MaximumElements => set with { MaximumElements = data.ReadUInt32BigEndian() },
                Timeout => set with { TimeoutSeconds = data.ReadUInt32BigEndian() },
                References => set with { References = data.ReadUInt32BigEndian() },
                DataFlags => set with { HasCounters = (data.ReadUInt32BigEndian() & FlagCounters) != 0, HasComments = (data.ReadUInt32BigEndian() & FlagComments) != 0 },
                _ => set,
            };
        }

        return set;
    }

    private static List<IpSetEntry> ReadEntries(NetlinkAttributeReader list)
    {
        List<IpSetEntry> entries = [];
        while (list.MoveNext())
        {
            if (list.Type == Data && ReadEntry(list.Nested()) is { } entry) entries.Add(entry);
        }

        return entries;
    }

    private static IpSetEntry? ReadEntry(NetlinkAttributeReader data)
    {
        IPAddress? address = null;
        int? length = null;
        IpSetEntry entry = IpSetEntry.Of(IPAddress.Any);
        while (data.MoveNext())
        {
            switch (data.Type)
            {
                case Address: address = ReadAddress(data.Nested()); break;
                case Cidr: length = data.ReadUInt8(); break;
                case Port: entry = entry with { Port = data.ReadUInt16BigEndian() }; break;
                case ProtocolNumber: entry = entry with { Protocol = data.ReadUInt8() }; break;
                case Timeout: entry = entry with { TimeoutSeconds = data.ReadUInt32BigEndian() }; break;
                case Comment: entry = entry with { Comment = data.ReadString() }; break;
                case DataFlags: entry = entry with { NoMatch = (data.ReadUInt32BigEndian() & FlagNoMatch) != 0 }; break;
                case Packets: entry = entry with { Packets = data.ReadUInt64BigEndian() }; break;
                case Bytes: entry = entry with { Bytes = data.ReadUInt64BigEndian() }; break;
            }
        }

        if (address is null) return null;
        int whole = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        return length > whole ? null : entry with { Network = IpPrefix.From(address, length ?? whole).ToIPNetwork() };
    }

    private static IPAddress? ReadAddress(NetlinkAttributeReader nested)
    {
        IPAddress? address = null;
        while (nested.MoveNext()) address = nested.ReadAddress() ?? address;
        return address;
    }
}
