using System.Net;
using Calico.Net;

namespace Calico.Ipam.Pools;

/// <summary>Which pools a request may use, and why the others may not be used. Pure.</summary>
internal static class PoolChoice
{
    /// <summary>The pools that a request may use, in order.</summary>
    /// <exception cref="IpamException">A pool asked for is not usable, or none is left.</exception>
    public static PoolChoiceResult Decide(IpamCluster cluster, in PoolRequest request)
    {
        List<string> why = [];
        List<PoolEntry> pools = request.Requested.Count > 0 ? Requested(cluster, request) : Selected(cluster, request, why);
        bool anyBeforeUse = pools.Count > 0;
        DropTooSmall(pools, request.HostReserved, why);
        DropOtherUses(pools, request.Use, why);
        return pools.Count > 0 ? new PoolChoiceResult(pools, why) : throw NoneLeft(cluster, request, anyBeforeUse, why);
    }

    /// <summary>The pools that select the node and the namespace, before their use is looked at.</summary>
    public static List<PoolEntry> Selected(IpamCluster cluster, in PoolRequest request, List<string> why)
    {
        List<PoolEntry> pools = [];
        IReadOnlyDictionary<string, string> labels = cluster.NodeLabels(request.Node);
        foreach (PoolEntry entry in cluster.Entries)
        {
            if (entry.Range.IsIPv6 != request.IsIPv6) continue;
            string? reason = WhyNot(entry, labels, request);
            if (reason is null) pools.Add(entry);
            else why.Add($"{entry.Pool.Name} ({entry.Range}): {reason}");
        }

        return pools;
    }

    private static string? WhyNot(PoolEntry entry, IReadOnlyDictionary<string, string> labels, in PoolRequest request)
    {
        IPPool pool = entry.Pool;
        if (pool.Disabled) return "disabled";
        if (!pool.IsAllocatable) return $"not allocatable ({pool.NotAllocatableReason})";
        if (pool.AssignmentMode == AssignmentMode.Manual) return "assignment mode Manual: name the pool in the request to use it";
        if (entry.NodeSelectorError is { } nodeError) return $"node selector '{pool.NodeSelector}' cannot be read: {nodeError}";
        if (request.Use != AllowedUses.LoadBalancer && !entry.SelectsNode(labels)) return $"node selector '{pool.NodeSelector}' does not select node {request.Node}";
        if (entry.NamespaceSelectorError is { } namespaceError) return $"namespace selector '{pool.NamespaceSelector}' cannot be read: {namespaceError}";
        if (request.Use != AllowedUses.Tunnel && !entry.SelectsNamespace(request.NamespaceLabels))
            return request.NamespaceLabels is null
                ? $"namespace selector '{pool.NamespaceSelector}', and the request states no namespace"
                : $"namespace selector '{pool.NamespaceSelector}' does not select the request's namespace";
        return null;
    }

    private static List<PoolEntry> Requested(IpamCluster cluster, in PoolRequest request)
    {
        List<PoolEntry> pools = [];
        foreach (IpPrefix wanted in request.Requested.Select(IpPrefix.From))
        {
            PoolEntry? found = null;
            foreach (PoolEntry entry in cluster.Entries)
            {
                if (entry.Range == wanted) found = entry;
            }

            if (found is null || !found.Pool.IsUsable || found.Range.IsIPv6 != request.IsIPv6)
                throw new IpamException(IpamErrorCode.PoolNotUsable, $"the given pool ({wanted}) does not exist, or is not enabled{Detail(found, request)}");
            pools.Add(found);
        }

        return pools;
    }

    private static string Detail(PoolEntry? found, in PoolRequest request)
    {
        if (found is null) return "";
        if (found.Range.IsIPv6 != request.IsIPv6) return $"; it is of the other family, the request asks for IPv{request.IpVersion}";
        return found.Pool.Disabled ? $"; pool {found.Pool.Name} is disabled" : $"; pool {found.Pool.Name} is not allocatable ({found.Pool.NotAllocatableReason})";
    }

    private static void DropTooSmall(List<PoolEntry> pools, HostReservedAddresses? reserved, List<string> why)
    {
        if (reserved is null) return;
        int needed = reserved.StartOfBlock + reserved.EndOfBlock;
        Drop(pools, why, entry => 1L << (entry.Range.MaxLength - entry.Pool.BlockSize) > needed,
            entry => $"its blocks (/{entry.Pool.BlockSize}) are too small for the {needed} addresses that the host reserves in each");
    }

    private static void DropOtherUses(List<PoolEntry> pools, AllowedUses use, List<string> why) =>
        Drop(pools, why, entry => (entry.Pool.AllowedUses & use) != 0, entry => $"allowed uses are {entry.Pool.AllowedUses}, the request is for {use}");

    private static void Drop(List<PoolEntry> pools, List<string> why, Predicate<PoolEntry> keep, Func<PoolEntry, string> reason)
    {
        foreach (PoolEntry entry in pools)
        {
            if (!keep(entry)) why.Add($"{entry.Pool.Name} ({entry.Range}): {reason(entry)}");
        }

        pools.RemoveAll(entry => !keep(entry));
    }

    private static IpamException NoneLeft(IpamCluster cluster, in PoolRequest request, bool anyBeforeUse, List<string> why)
    {
        bool anyOfFamily = false;
        foreach (PoolEntry entry in cluster.Entries) anyOfFamily |= entry.Range.IsIPv6 == request.IsIPv6;
        string looked = !anyOfFamily
            ? $"there is no IPv{request.IpVersion} pool: create one"
            : $"pools looked at: {string.Join("; ", why)}";
        string what = anyBeforeUse ? "cannot find a qualified ippool" : $"no configured Calico pools for node {request.Node}";
        return new IpamException(IpamErrorCode.NoQualifiedPool, $"{what}; {looked}");
    }
}

/// <summary>What a pool is chosen for.</summary>
internal readonly record struct PoolRequest(
    string Node,
    int IpVersion,
    IReadOnlyList<IPNetwork> Requested,
    AllowedUses Use,
    IReadOnlyDictionary<string, string>? NamespaceLabels = null,
    HostReservedAddresses? HostReserved = null)
{
    public bool IsIPv6 => IpVersion == 6;
}

/// <summary>The pools chosen, and why others were not.</summary>
internal sealed record PoolChoiceResult(List<PoolEntry> Pools, List<string> WhyNot);
