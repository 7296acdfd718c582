namespace Calico.Netlink;

/// <summary>NETLINK_GENERIC: finds families by name and sends them requests. Thread-safe.</summary>
public sealed class GenericNetlink : IDisposable
{
    private const ushort ControlId = 16;
    private const byte GetFamily = 3, ControlVersion = 1;
    private const int HeaderLength = 4;
    private const ushort FamilyId = 1, FamilyName = 2, Version = 3, HeaderSize = 4, MaximumAttribute = 5, Groups = 7, GroupName = 1, GroupId = 2;

    /// <summary>A client over a connection of the caller's; it is closed with this object.</summary>
    public GenericNetlink(NetlinkConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Protocol != NetlinkProtocol.Generic) throw new ArgumentException($"The connection speaks {connection.Protocol}, not {NetlinkProtocol.Generic}.", nameof(connection));
        Connection = connection;
    }

    /// <summary>The connection under the client.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Opens a socket in the namespace of the options, or of the calling thread.</summary>
    /// <exception cref="NetlinkException">A limit is reached.</exception>
    public static GenericNetlink Open(NetlinkConnectionOptions? options = null) => new(NetlinkConnection.Open(NetlinkProtocol.Generic, options));

    /// <summary>All registered families.</summary>
    public ValueTask<IReadOnlyList<GenericFamily>> ListAsync(CancellationToken cancellationToken = default) =>
        Connection.ListAsync<GenericFamily>(batch => BeginControl(batch, NetlinkFlags.Dump), TryDecode, null, cancellationToken);

    /// <summary>Finds a family by name.</summary>
    /// <exception cref="NetlinkException">The kernel has none of that name (ENOENT).</exception>
    public ValueTask<GenericFamily> ResolveAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Connection.GetAsync<GenericFamily>(batch => BeginControl(batch, NetlinkFlags.None).AttributeString(FamilyName, name), TryDecode, cancellationToken);
    }

    /// <summary>Begins a request to a family, with its <c>struct genlmsghdr</c>.</summary>
    public static NetlinkMessageWriter Begin(NetlinkBatch batch, GenericFamily family, byte command, NetlinkFlags flags = NetlinkFlags.None)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(family);
        NetlinkMessageWriter message = batch.Begin(family.Id, flags);
        message.Put([command, (byte)family.Version, 0, 0]);
        return message;
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => Connection.Dispose();

    private static NetlinkMessageWriter BeginControl(NetlinkBatch batch, NetlinkFlags flags)
    {
        NetlinkMessageWriter message = batch.Begin(ControlId, flags);
        message.Put([GetFamily, ControlVersion, 0, 0]);
        return message;
    }

    internal static bool TryDecode(in NetlinkMessage message, out GenericFamily family)
    {
        family = null!;
        if (message.Type != ControlId || message.Payload.Length < HeaderLength) return false;
        GenericFamily result = new() { Name = "", Id = 0 };
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            result = attributes.Type switch
            {
                FamilyId => result with { Id = attributes.ReadUInt16() },
                FamilyName => result with { Name = attributes.ReadString() },
                Version => result with { Version = attributes.ReadUInt32() },
                HeaderSize => result with { HeaderSize = (int)Math.Min(attributes.ReadUInt32(), ushort.MaxValue) },
                MaximumAttribute => result with { MaximumAttribute = attributes.ReadUInt32() },
                Groups => result with { MulticastGroups = ReadGroups(attributes.Nested()) },
                _ => result,
            };
        }

        if (attributes.IsMalformed || result.Id == 0) return false;
        family = result;
        return true;
    }

    private static Dictionary<string, uint> ReadGroups(NetlinkAttributeReader list)
    {
        Dictionary<string, uint> groups = new(StringComparer.Ordinal);
        while (list.MoveNext())
        {
            (string? name, uint id) = (null, 0);
            NetlinkAttributeReader group = list.Nested();
            while (group.MoveNext())
            {
                if (group.Type == GroupName) name = group.ReadString();
                else if (group.Type == GroupId) id = group.ReadUInt32();
            }

            if (name is not null) groups[name] = id;
        }

        return groups;
    }
}
