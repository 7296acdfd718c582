using System.Net;
using Calico.Netlink;

namespace Calico.Dataplane.Kernel;

/// <summary>Makes tunnel devices what they should be: the device itself, its address, and for VXLAN one neighbour and one forwarding entry for each peer.</summary>
internal sealed class TunnelApplier(RtNetlink netlink)
{
    private const int VxlanOverhead = 50, VxlanOverheadV6 = 70, IpIpOverhead = 20;

    public async ValueTask<bool> EnsureAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<InterfaceAddress> addresses = await netlink.Addresses.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        Link? parent = addresses.FirstOrDefault(a => a.Address.Equals(tunnel.Local)) is { } own
            ? await netlink.Links.GetAsync(own.InterfaceIndex, cancellationToken).ConfigureAwait(false)
            : null;
        uint mtu = MtuOf(tunnel, options, parent);
        (int index, bool made) = await EnsureDeviceAsync(tunnel, options, mtu, cancellationToken).ConfigureAwait(false);
        bool changed = made;
        if (!addresses.Any(a => a.InterfaceIndex == index && a.Address.Equals(tunnel.Address)))
        {
            await netlink.Addresses.AddAsync(index, tunnel.Address, tunnel.IsIPv6 ? 128 : 32, cancellationToken).ConfigureAwait(false);
            changed = true;
        }

        foreach (InterfaceAddress old in addresses.Where(a => !made && a.InterfaceIndex == index && !a.Address.Equals(tunnel.Address) && a.Scope == RouteScope.Universe))
        {
            await netlink.Addresses.DeleteAsync(old, cancellationToken).ConfigureAwait(false);
            changed = true;
        }

        if (tunnel.Kind == TunnelKind.Vxlan) changed |= await EnsurePeersAsync(index, tunnel, cancellationToken).ConfigureAwait(false);
        return changed;
    }

    private static uint MtuOf(TunnelDevice tunnel, DataplaneOptions options, Link? parent)
    {
        (int configured, int overhead) = tunnel.Kind switch
        {
            TunnelKind.IpIp => (options.IpIpMtu, IpIpOverhead),
            _ when tunnel.IsIPv6 => (options.VxlanMtuV6, VxlanOverheadV6),
            _ => (options.VxlanMtu, VxlanOverhead),
        };
        return configured > 0 ? (uint)configured : (parent?.Mtu ?? 1500) - (uint)overhead;
    }

    private async ValueTask<(int Index, bool Made)> EnsureDeviceAsync(TunnelDevice tunnel, DataplaneOptions options, uint mtu, CancellationToken cancellationToken)
    {
        Link? link = await netlink.Links.FindAsync(tunnel.Name, cancellationToken).ConfigureAwait(false);
        if (link is not null && !IsRight(link, tunnel, options))
        {
            await netlink.Links.DeleteAsync(link.Index, cancellationToken).ConfigureAwait(false);
            link = null;
        }

        LinkSettings settings = new() { Up = true, Mtu = mtu, HardwareAddress = tunnel.HardwareAddress };
        if (link is null)
        {
            LinkKind kind = tunnel.Kind == TunnelKind.Vxlan
                ? new VxlanLink { Id = options.VxlanVni, Local = tunnel.Local, Port = options.VxlanPort, Learning = false }
                : new IpTunnelLink(IpTunnelKind.IpIp) { Local = tunnel.Local };
            await netlink.Links.AddAsync(tunnel.Name, kind, settings, cancellationToken: cancellationToken).ConfigureAwait(false);
            Link made = await netlink.Links.GetAsync(tunnel.Name, cancellationToken).ConfigureAwait(false);
            return (made.Index, true);
        }

        if (link.IsUp && link.Mtu == mtu) return (link.Index, false);
        await netlink.Links.SetAsync(link.Index, settings with { HardwareAddress = null }, cancellationToken).ConfigureAwait(false);
        return (link.Index, true);
    }

    private static bool IsRight(Link link, TunnelDevice tunnel, DataplaneOptions options) => tunnel.Kind switch
    {
        TunnelKind.Vxlan => link.Kind is VxlanLink vxlan && vxlan.Id == options.VxlanVni && vxlan.Port == options.VxlanPort && Equals(vxlan.Local, tunnel.Local)
            && Equals(link.HardwareAddress, tunnel.HardwareAddress),
        _ => link.Kind is IpTunnelLink,
    };

    private async ValueTask<bool> EnsurePeersAsync(int index, TunnelDevice tunnel, CancellationToken cancellationToken)
    {
        IReadOnlyList<Neighbour> neighbours = await netlink.Neighbours.ListAsync(index, cancellationToken: cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Neighbour> forwarding = await netlink.Neighbours.ListForwardingAsync(index, cancellationToken).ConfigureAwait(false);
        HashSet<(IPAddress, string)> haveNeighbours = [.. neighbours.Where(n => n.State == NeighbourState.Permanent && n.Address is not null).Select(n => (n.Address!, $"{n.LinkAddress}"))];
        HashSet<(IPAddress, string)> haveForwarding = [.. forwarding.Where(n => n.Address is not null).Select(n => (n.Address!, $"{n.LinkAddress}"))];
        HashSet<(IPAddress, string)> wantNeighbours = [.. tunnel.Peers.Select(p => (p.Inner, $"{p.HardwareAddress}"))], wantForwarding = [.. tunnel.Peers.Select(p => (p.Outer, $"{p.HardwareAddress}"))];
        NetlinkBatch batch = new();
        foreach (Neighbour stale in neighbours.Where(n => n.State == NeighbourState.Permanent && n.Address is { IsIPv6Multicast: false } a && !wantNeighbours.Contains((a, $"{n.LinkAddress}")))) batch.DeleteNeighbour(stale);
        foreach (Neighbour stale in forwarding.Where(n => n.Address is not null && !wantForwarding.Contains((n.Address, $"{n.LinkAddress}")))) batch.DeleteNeighbour(stale);
        foreach (TunnelPeer peer in tunnel.Peers)
        {
            if (!haveForwarding.Contains((peer.Outer, $"{peer.HardwareAddress}"))) batch.ReplaceNeighbour(Neighbour.Forwarding(index, peer.HardwareAddress, peer.Outer));
            if (!haveNeighbours.Contains((peer.Inner, $"{peer.HardwareAddress}")))
                batch.ReplaceNeighbour(new Neighbour { InterfaceIndex = index, Address = peer.Inner, LinkAddress = peer.HardwareAddress });
        }

        if (batch.Count == 0) return false;
        await netlink.Connection.RequestAsync(batch, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
