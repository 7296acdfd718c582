using System.Runtime.CompilerServices;

namespace Calico.Netlink;

/// <summary>A stream of what changes in a network namespace. For one reader.</summary>
public sealed class RtMonitor : IDisposable
{
    private readonly NetlinkSubscription _subscription;
    private readonly NetlinkOverflow _overflow;
    private readonly Queue<RtEvent> _events = [];

    /// <summary>A monitor over a subscription, which it owns.</summary>
    public RtMonitor(NetlinkSubscription subscription, NetlinkOverflow overflow = NetlinkOverflow.Report)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        _subscription = subscription;
        _overflow = overflow;
    }

    /// <summary>Opens a socket and joins the groups. From then on nothing is missed, also before the first read.</summary>
    /// <param name="groups">What to be told of.</param>
    /// <param name="options">The namespace, and the receive buffer that bounds what may wait.</param>
    /// <param name="overflow">What happens when the buffer overflows.</param>
    /// <exception cref="NetlinkException">The kernel lacks a group.</exception>
    public static RtMonitor Open(RtGroups groups = RtGroups.All, NetlinkConnectionOptions? options = null, NetlinkOverflow overflow = NetlinkOverflow.Report) =>
        new(NetlinkSubscription.Open(NetlinkProtocol.Route, options, NumbersOf(groups)), overflow);

    /// <summary>The events, until cancelled.</summary>
    /// <exception cref="NetlinkException">The socket failed, or it overflowed and the policy is <see cref="NetlinkOverflow.Throw"/>.</exception>
    public async IAsyncEnumerable<RtEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NetlinkReplyHandler take = Take;
        while (true)
        {
            while (_events.TryDequeue(out RtEvent? next)) yield return next;
            if (await _subscription.ReceiveAsync(take, cancellationToken).ConfigureAwait(false)) continue;
            if (_overflow == NetlinkOverflow.Throw) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
            _events.Enqueue(new EventsLost());
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _subscription.Dispose();

    internal static uint[] NumbersOf(RtGroups groups)
    {
        List<uint> numbers = [];
        if ((groups & RtGroups.Links) != 0) numbers.Add(1);
        if ((groups & RtGroups.Neighbours) != 0) numbers.Add(3);
        if ((groups & RtGroups.Addresses) != 0) numbers.AddRange([5, 9]);
        if ((groups & RtGroups.Routes) != 0) numbers.AddRange([7, 11]);
        if ((groups & RtGroups.Rules) != 0) numbers.AddRange([8, 19]);
        if ((groups & RtGroups.Nexthops) != 0) numbers.Add(32);
        return [.. numbers];
    }

    private void Take(int request, in NetlinkMessage message)
    {
        if (Decode(message) is { } decoded) _events.Enqueue(decoded);
    }

    internal static RtEvent? Decode(in NetlinkMessage message)
    {
        int offset = message.Type - NetlinkControl.FirstFamilyType;
        if (offset < 0) return null;
        bool deleted = (offset & 3) == 1;
        uint origin = message.PortId;
        return (offset >> 2) switch
        {
            0 when Link.TryDecode(message, out Link link) => new LinkEvent(link) { IsDeleted = deleted, Origin = origin },
            1 when InterfaceAddress.TryDecode(message, out InterfaceAddress address) => new AddressEvent(address) { IsDeleted = deleted, Origin = origin },
            2 when Route.TryDecode(message, out Route route) =>
                new RouteEvent(route) { IsDeleted = deleted, Origin = origin, IsReplacement = (message.Flags & NetlinkFlags.Replace) != 0 },
            3 when Neighbour.TryDecode(message, out Neighbour neighbour) => new NeighbourEvent(neighbour) { IsDeleted = deleted, Origin = origin },
            4 when RoutingRule.TryDecode(message, out RoutingRule rule) => new RuleEvent(rule) { IsDeleted = deleted, Origin = origin },
            22 when Nexthop.TryDecode(message, out Nexthop nexthop) => new NexthopEvent(nexthop) { IsDeleted = deleted, Origin = origin },
            _ => null,
        };
    }
}
