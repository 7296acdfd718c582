namespace Calico.Netlink;

/// <summary>NETLINK_ROUTE: links, addresses, routes, rules, neighbours, nexthop objects and traffic control of one network namespace. Thread-safe.</summary>
/// <remarks>Each client has methods for single requests; to send many at once, fill a <see cref="NetlinkBatch"/> with the <c>…Messages</c> extension methods and send it through <see cref="Connection"/>.</remarks>
public sealed class RtNetlink : IDisposable
{
    private readonly NetlinkConnectionOptions? _options;

    /// <summary>Clients over a connection of the caller's; it is closed with this object.</summary>
    public RtNetlink(NetlinkConnection connection)
        : this(connection, null)
    {
    }

    private RtNetlink(NetlinkConnection connection, NetlinkConnectionOptions? options)
    {
        _options = options;
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Protocol != NetlinkProtocol.Route) throw new ArgumentException($"The connection speaks {connection.Protocol}, not {NetlinkProtocol.Route}.", nameof(connection));
        Connection = connection;
        Links = new LinkClient(connection);
        Addresses = new AddressClient(connection);
        Routes = new RouteClient(connection);
        Rules = new RuleClient(connection);
        Neighbours = new NeighbourClient(connection);
        Nexthops = new NexthopClient(connection);
        TrafficControl = new TrafficControlClient(connection);
    }

    /// <summary>The connection under the clients.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Network interfaces.</summary>
    public LinkClient Links { get; }

    /// <summary>Addresses of interfaces.</summary>
    public AddressClient Addresses { get; }

    /// <summary>Routes.</summary>
    public RouteClient Routes { get; }

    /// <summary>Policy routing rules.</summary>
    public RuleClient Rules { get; }

    /// <summary>Neighbours, proxy entries and forwarding databases.</summary>
    public NeighbourClient Neighbours { get; }

    /// <summary>Nexthop objects.</summary>
    public NexthopClient Nexthops { get; }

    /// <summary>Queueing disciplines and filters.</summary>
    public TrafficControlClient TrafficControl { get; }

    /// <summary>Opens a socket in the namespace of the options, or of the calling thread.</summary>
    /// <exception cref="NetlinkException">A limit is reached, or the namespace may not be entered.</exception>
    public static RtNetlink Open(NetlinkConnectionOptions? options = null) => new(NetlinkConnection.Open(NetlinkProtocol.Route, options), options);

    /// <summary>Opens a socket in a namespace.</summary>
    /// <exception cref="NetlinkException">A limit is reached, or the namespace may not be entered.</exception>
    public static RtNetlink Open(NetworkNamespace network) => Open(new NetlinkConnectionOptions { Namespace = network });

    /// <summary>Opens a stream of changes in the same namespace, on a socket of its own.</summary>
    /// <exception cref="NetlinkException">The kernel lacks a group.</exception>
    public RtMonitor OpenMonitor(RtGroups groups = RtGroups.All, NetlinkOverflow overflow = NetlinkOverflow.Report) => RtMonitor.Open(groups, _options, overflow);

    /// <summary>Closes the connection.</summary>
    public void Dispose() => Connection.Dispose();
}
