using Calico.Net;

namespace Calico.Netlink;

/// <summary>
/// The nexthop objects of a route table: one for each next hop that many routes share.
/// </summary>
/// <remarks>
/// Objects are known by protocol and id range, so a new process finds those of the old one. They are made before the routes that need them, and those that no route
/// uses are deleted when the table is read back: deleting one that is used would take its routes along.
/// </remarks>
internal sealed class NexthopPool(RtNetlink netlink, RouteTableOptions options)
{
    private const uint Range = 65_536;

    private readonly record struct Hop(IpPrefix Gateway, int InterfaceIndex, RouteFlags Flags);

    private readonly Dictionary<Hop, uint> _ids = [];
    private readonly Dictionary<Hop, int> _pending = [];
    private readonly HashSet<uint> _used = [];
    private uint _next;
    private bool _unsupported = options.NexthopObjects == NexthopObjects.Never;

    /// <summary>The route as it is sent: through an object if its next hop has one.</summary>
    public Route Resolve(in Route route) =>
        _ids.Count > 0 && HopOf(route) is { } hop && _ids.TryGetValue(hop, out uint id)
            ? route with { GatewayBits = default, InterfaceIndex = 0, Flags = route.Flags & ~RouteFlags.OnLink, NexthopId = id, Scope = route.Scope }
            : route;

    /// <summary>Takes note of a route that is about to be added.</summary>
    public void Count(in Route route)
    {
        if (_unsupported || HopOf(route) is not { } hop) return;
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_pending, hop, out _) += 1;
    }

    /// <summary>Makes objects for the next hops that were counted often enough.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        foreach ((Hop hop, int count) in _pending)
        {
            if (count >= options.NexthopObjectThreshold && !_ids.ContainsKey(hop)) await MakeAsync(hop, cancellationToken).ConfigureAwait(false);
        }

        _pending.Clear();
    }

    /// <summary>Takes note of an object that a route in the kernel uses.</summary>
    public void Seen(uint id)
    {
        if (id != 0) _used.Add(id);
    }

    public void BeginResync() => _used.Clear();

    /// <summary>Learns which own objects the kernel has, and deletes those that no route uses.</summary>
    public async ValueTask EndResyncAsync(CancellationToken cancellationToken)
    {
        if (_unsupported) return;
        _ids.Clear();
        IReadOnlyList<Nexthop> objects;
        try
        {
            objects = await netlink.Nexthops.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NotSupported or Errno.Invalid)
        {
            _unsupported = true;
            return;
        }

        NetlinkBatch unused = new();
        foreach (Nexthop nexthop in objects.Where(n => n.Protocol == options.Protocol && n.Id - options.FirstNexthopId < Range))
        {
            if (!_used.Contains(nexthop.Id)) unused.DeleteNexthop(nexthop.Id);
            else if (nexthop.Gateway is not null)
                _ids[new Hop(IpPrefix.From(nexthop.Gateway), nexthop.InterfaceIndex, nexthop.Flags & RouteFlags.OnLink)] = nexthop.Id;
        }

        if (unused.Count > 0) await netlink.Connection.SendAsync(unused, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask MakeAsync(Hop hop, CancellationToken cancellationToken)
    {
        for (uint tries = 0; tries < Range; tries++)
        {
            uint id = options.FirstNexthopId + _next++ % Range;
            Nexthop nexthop = new() { Id = id, Gateway = hop.Gateway.ToAddress(), InterfaceIndex = hop.InterfaceIndex, Flags = hop.Flags, Protocol = options.Protocol };
            try
            {
                await netlink.Nexthops.AddAsync(nexthop, cancellationToken).ConfigureAwait(false);
                _ids[hop] = id;
                return;
            }
            catch (NetlinkException e) when (e.IsAlreadyExists)
            {
                // Someone else's, or one of ours that is still in use elsewhere.
            }
            catch (NetlinkException)
            {
                // The kernel refuses this next hop or knows no objects: the routes themselves will tell.
                return;
            }
        }
    }

    private static Hop? HopOf(in Route route) =>
        route.Type == RouteType.Unicast && route.GatewayBits.Length > 0 && route.InterfaceIndex != 0 && route.NexthopId == 0
        && (route.Details is null || route.Details.NextHops.Count == 0 && route.Details.Encapsulation is null)
            ? new Hop(route.GatewayBits, route.InterfaceIndex, route.Flags & RouteFlags.OnLink)
            : null;
}
