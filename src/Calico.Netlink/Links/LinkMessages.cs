using System.Text;

namespace Calico.Netlink;

/// <summary>RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK and RTM_*LINKPROP.</summary>
public static class LinkMessages
{
    internal const ushort New = 16, Delete = 17;
    private const ushort Get = 18, NewProperty = 108, DeleteProperty = 109;
    internal const int HeaderLength = 16;
    internal const int MaximumNameLength = 15;
    internal const ushort Address = 1, Name = 3, Mtu = 4, Parent = 5, QueueingDiscipline = 6, Master = 10, TransmitQueue = 13, OperationalState = 16, Info = 18,
        NamespaceProcess = 19, Alias = 20, Statistics = 23, AddressFamilySpec = 26, Group = 27, NamespaceDescriptor = 28, LinkNamespaceId = 37, PropertyList = 52, AlternativeName = 53;
    internal const ushort InfoKind = 1, InfoData = 2;
    private const ushort AddressGeneration = 8;

    /// <summary>Makes an interface; refused (EEXIST) when the name is taken.</summary>
    /// <param name="batch">Where the request goes.</param>
    /// <param name="name">The name: 1 to 15 bytes, no '/', ':' or white space.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="settings">Settings besides the name; null for none.</param>
    /// <param name="parentIndex">Index of the interface below (macvlan, VLAN); 0 for none.</param>
    public static void AddLink(this NetlinkBatch batch, string name, LinkKind kind, LinkSettings? settings = null, int parentIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(kind);
        settings ??= LinkSettings.None;
        NetlinkMessageWriter message = batch.Begin(New, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        WriteHeader(message, 0, settings);
        WriteSettings(message, settings with { Name = name }, parentIndex);
        WriteInfo(message, kind);
    }

    /// <summary>Changes settings of an interface.</summary>
    public static void SetLink(this NetlinkBatch batch, int index, LinkSettings settings)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(settings);
        NetlinkMessageWriter message = batch.Begin(New);
        WriteHeader(message, index, settings);
        WriteSettings(message, settings, parentIndex: 0);
    }

    /// <summary>Changes attributes of an interface's kind, such as a bridge's.</summary>
    public static void SetLinkKind(this NetlinkBatch batch, int index, LinkKind kind)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(kind);
        NetlinkMessageWriter message = batch.Begin(New);
        WriteHeader(message, index, LinkSettings.None);
        WriteInfo(message, kind);
    }

    /// <summary>Deletes an interface.</summary>
    public static void DeleteLink(this NetlinkBatch batch, int index)
    {
        ArgumentNullException.ThrowIfNull(batch);
        WriteHeader(batch.Begin(Delete), index, LinkSettings.None);
    }

    /// <summary>Deletes an interface by name or alternative name.</summary>
    public static void DeleteLink(this NetlinkBatch batch, string name)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Delete);
        WriteHeader(message, 0, LinkSettings.None);
        WriteLookupName(message, name);
    }

    /// <summary>Asks for one interface by index.</summary>
    public static void GetLink(this NetlinkBatch batch, int index)
    {
        ArgumentNullException.ThrowIfNull(batch);
        WriteHeader(batch.Begin(Get), index, LinkSettings.None);
    }

    /// <summary>Asks for one interface by name or alternative name.</summary>
    public static void GetLink(this NetlinkBatch batch, string name)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Get);
        WriteHeader(message, 0, LinkSettings.None);
        WriteLookupName(message, name);
    }

    /// <summary>Asks for all interfaces, of a kind or with a master if given.</summary>
    public static void DumpLinks(this NetlinkBatch batch, string? kind = null, int? masterIndex = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.Dump);
        WriteHeader(message, 0, LinkSettings.None);
        if (masterIndex is int master) message.AttributeInt32(Master, master);
        if (kind is null) return;
        using NetlinkNest info = message.Nest(Info, flagged: false);
        message.AttributeString(InfoKind, kind, nulTerminated: false);
    }

    /// <summary>Gives an interface a further name of up to 127 bytes.</summary>
    public static void AddAlternativeName(this NetlinkBatch batch, int index, string name) => WriteProperty(batch, NewProperty, index, name);

    /// <summary>Takes a further name away.</summary>
    public static void DeleteAlternativeName(this NetlinkBatch batch, int index, string name) => WriteProperty(batch, DeleteProperty, index, name);

    internal static void WriteHeader(NetlinkMessageWriter message, int index, LinkSettings settings)
    {
        (LinkFlags flags, LinkFlags change) = (LinkFlags.None, LinkFlags.None);
        Choose(settings.Up, LinkFlags.Up);
        Choose(settings.Arp is bool arp ? !arp : null, LinkFlags.NoArp);
        Choose(settings.Promiscuous, LinkFlags.Promiscuous);
        Choose(settings.AllMulticast, LinkFlags.AllMulticast);
        message.PutUInt32(0);
        message.PutInt32(index);
        message.PutUInt32((uint)flags);
        message.PutUInt32((uint)change);

        void Choose(bool? wanted, LinkFlags flag)
        {
            if (wanted is null) return;
            change |= flag;
            if (wanted.Value) flags |= flag;
        }
    }

    // The order is iproute2's, so that requests can be compared byte by byte.
    internal static void WriteSettings(NetlinkMessageWriter message, LinkSettings settings, int parentIndex)
    {
        if (settings.HardwareAddress is { } address) message.Attribute(Address, address.GetAddressBytes());
        if (settings.Mtu is uint mtu) message.AttributeUInt32(Mtu, mtu);
        if (settings.TransmitQueueLength is uint queue) message.AttributeUInt32(TransmitQueue, queue);
        if (settings.NamespaceProcess is int process) message.AttributeInt32(NamespaceProcess, process);
        if (settings.Namespace is { } network) message.AttributeInt32(NamespaceDescriptor, network.FileDescriptor);
        if (settings.Alias is not null) message.AttributeString(Alias, settings.Alias, nulTerminated: false);
        if (settings.Group is uint group) message.AttributeUInt32(Group, group);
        if (settings.MasterIndex is int master) message.AttributeInt32(Master, master);
        if (settings.Ipv6Addresses is { } generation) WriteAddressGeneration(message, generation);
        if (parentIndex != 0) message.AttributeInt32(Parent, parentIndex);
        if (settings.Name is not null) message.AttributeString(Name, Checked(settings.Name));
    }

    private static void WriteAddressGeneration(NetlinkMessageWriter message, Ipv6AddressGeneration generation)
    {
        using NetlinkNest spec = message.Nest(AddressFamilySpec, flagged: false);
        using NetlinkNest inet6 = message.Nest(AddressFamilies.IPv6, flagged: false);
        message.AttributeUInt8(AddressGeneration, (byte)generation);
    }

    private static void WriteInfo(NetlinkMessageWriter message, LinkKind kind)
    {
        using NetlinkNest info = message.Nest(Info, flagged: false);
        message.AttributeString(InfoKind, kind.Name, nulTerminated: false);
        if (!kind.HasAttributes) return;
        using NetlinkNest data = message.Nest(InfoData, flagged: false);
        kind.WriteAttributes(message);
    }

    private static void WriteLookupName(NetlinkMessageWriter message, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        message.AttributeString(Encoding.UTF8.GetByteCount(name) <= MaximumNameLength ? Name : AlternativeName, name);
    }

    private static void WriteProperty(NetlinkBatch batch, ushort type, int index, string name)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentException.ThrowIfNullOrEmpty(name);
        NetlinkMessageWriter message = batch.Begin(type, type == NewProperty ? NetlinkFlags.Create | NetlinkFlags.Exclusive | NetlinkFlags.Append : NetlinkFlags.None);
        WriteHeader(message, index, LinkSettings.None);
        using NetlinkNest list = message.Nest(PropertyList);
        message.AttributeString(AlternativeName, name);
    }

    /// <summary>The rules of dev_valid_name (net/core/dev.c).</summary>
    internal static string Checked(string name)
    {
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is 0 or > MaximumNameLength || name is "." or ".." || name.Any(c => c is '/' or ':' or '\0' || char.IsWhiteSpace(c)))
            throw new ArgumentException($"'{name}' is not an interface name: 1 to {MaximumNameLength} bytes without '/', ':' and white space, not '.' or '..'.", nameof(name));
        return name;
    }
}
