using System.Net;
using Calico.Ipam.Pools;

namespace Calico.Ipam;

/// <summary>Which tunnel of a node an address is for.</summary>
public enum TunnelKind
{
    /// <summary>WireGuard, IPv4.</summary>
    Wireguard,

    /// <summary>WireGuard, IPv6.</summary>
    WireguardV6,

    /// <summary>IPIP.</summary>
    Ipip,

    /// <summary>VXLAN, IPv4.</summary>
    Vxlan,

    /// <summary>VXLAN, IPv6.</summary>
    VxlanV6,
}

/// <summary>The addresses of a node's tunnel devices: kept while they are right, replaced when pools change, released when no pool wants them (Calico's <c>allocateip</c>).</summary>
/// <param name="client">The client to work with.</param>
public sealed class TunnelAddresses(IpamClient client)
{
    /// <summary>The handle of a node's tunnel address, Calico's.</summary>
    /// <param name="kind">Which tunnel.</param>
    /// <param name="node">The node.</param>
    public static string HandleOf(TunnelKind kind, string node) => kind switch
    {
        TunnelKind.Ipip => $"ipip-tunnel-addr-{node}",
        TunnelKind.Vxlan => $"vxlan-tunnel-addr-{node}",
        TunnelKind.VxlanV6 => $"vxlan-v6-tunnel-addr-{node}",
        TunnelKind.Wireguard => $"wireguard-tunnel-addr-{node}",
        _ => $"wireguard-v6-tunnel-addr-{node}",
    };

    /// <summary>Makes a tunnel's address right.</summary>
    /// <param name="kind">Which tunnel.</param>
    /// <param name="node">The node.</param>
    /// <param name="present">The address that the Node object names now; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The address to write into the Node object; null when the tunnel is to have none.</returns>
    /// <exception cref="IpamException">Pools want the tunnel to have an address and have none left.</exception>
    public async Task<IPAddress?> EnsureAsync(TunnelKind kind, string node, IPAddress? present, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        IpamCluster cluster = await client.GetClusterAsync(cancellationToken).ConfigureAwait(false);
        List<IPPool> pools = Pools(cluster, kind, node);
        if (present is not null && await KeepAsync(kind, node, present, pools, cancellationToken).ConfigureAwait(false)) return present;
        await ReleaseAsync(kind, node, present, cancellationToken).ConfigureAwait(false);
        if (pools.Count == 0) return null;
        bool v6 = IsIPv6(kind);
        AutoAssignResult assigned = await client.AutoAssignAsync(
            new AutoAssignRequest
            {
                Node = node,
                IPv4 = v6 ? 0 : 1,
                IPv6 = v6 ? 1 : 0,
                Handle = HandleOf(kind, node),
                Attributes = new Dictionary<string, string> { [OwnerAttributes.Node] = node, [OwnerAttributes.Type] = TypeOf(kind) },
                Use = AllowedUses.Tunnel,
                IPv4Pools = v6 ? [] : [.. pools.Select(pool => pool.Cidr)],
                IPv6Pools = v6 ? [.. pools.Select(pool => pool.Cidr)] : [],
            },
            cancellationToken).ConfigureAwait(false);
        return assigned.ThrowIfIncomplete().Addresses.First().Address;
    }

    /// <summary>The enabled pools that want the tunnel and select the node.</summary>
    private static List<IPPool> Pools(IpamCluster cluster, TunnelKind kind, string node)
    {
        List<IPPool> pools = [];
        foreach (PoolEntry entry in cluster.Entries)
        {
            IPPool pool = entry.Pool;
            bool encapsulated = kind switch
            {
                TunnelKind.Ipip => pool.IpipMode != EncapsulationMode.Never,
                TunnelKind.Vxlan or TunnelKind.VxlanV6 => pool.VxlanMode != EncapsulationMode.Never,
                _ => true,
            };
            if (encapsulated && pool.IsUsable && entry.Range.IsIPv6 == IsIPv6(kind) && pool.AllowedUses.HasFlag(AllowedUses.Tunnel) && entry.SelectsNode(cluster.NodeLabels(node))) pools.Add(pool);
        }

        return pools;
    }

    private async ValueTask<bool> KeepAsync(TunnelKind kind, string node, IPAddress present, List<IPPool> pools, CancellationToken cancel) =>
        pools.Exists(pool => pool.Cidr.Contains(present)) &&
        await client.GetAllocationAsync(present, cancel).ConfigureAwait(false) is { } allocation && IsOurs(allocation.Attribute, kind, node);

    // An address without a handle is of an old version: it goes only when its attributes prove that it is this tunnel's.
    private async ValueTask ReleaseAsync(TunnelKind kind, string node, IPAddress? present, CancellationToken cancel)
    {
        try
        {
            await client.ReleaseByHandleAsync(HandleOf(kind, node), cancellationToken: cancel).ConfigureAwait(false);
        }
        catch (IpamException e) when (e.Code == IpamErrorCode.HandleNotFound)
        {
            // Nothing to release.
        }

        if (present is null || await client.GetAllocationAsync(present, cancel).ConfigureAwait(false) is not { } allocation) return;
        if (allocation.Attribute.HandleId is null && IsOurs(allocation.Attribute, kind, node))
            await client.ReleaseIPsAsync([new ReleaseOption(present, SequenceNumber: allocation.SequenceNumber)], cancel).ConfigureAwait(false);
    }

    private static bool IsOurs(AllocationRecord record, TunnelKind kind, string node) =>
        !record.IsCooling && record.Owner.GetValueOrDefault(OwnerAttributes.Type) == TypeOf(kind) && record.Owner.GetValueOrDefault(OwnerAttributes.Node) == node;

    private static bool IsIPv6(TunnelKind kind) => kind is TunnelKind.VxlanV6 or TunnelKind.WireguardV6;

    private static string TypeOf(TunnelKind kind) => kind switch
    {
        TunnelKind.Ipip => OwnerAttributes.IpipTunnel,
        TunnelKind.Vxlan => OwnerAttributes.VxlanTunnel,
        TunnelKind.VxlanV6 => OwnerAttributes.VxlanV6Tunnel,
        TunnelKind.Wireguard => OwnerAttributes.WireguardTunnel,
        _ => OwnerAttributes.WireguardV6Tunnel,
    };
}
