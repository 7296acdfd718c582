using System.Net;
using System.Net.Sockets;

namespace Calico.Ipam;

/// <summary>What a request must look like before anything is read or written.</summary>
internal static class RequestChecks
{
    public static void Check(AutoAssignRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.IPv4 < 0 || request.IPv6 < 0) throw Invalid($"cannot assign {Math.Min(request.IPv4, request.IPv6)} addresses: ask for 0 or more");
        if (request.Use is not (AllowedUses.Workload or AllowedUses.Tunnel or AllowedUses.LoadBalancer)) throw Invalid($"intended use {request.Use} is not one of Workload, Tunnel, LoadBalancer");
        if (request.MaxBlocksPerHost < 0) throw Invalid($"the most blocks of the host are {request.MaxBlocksPerHost}: state 0 (the cluster's setting) or more");
        Pools(request.IPv4Pools, AddressFamily.InterNetwork, nameof(request.IPv4Pools));
        Pools(request.IPv6Pools, AddressFamily.InterNetworkV6, nameof(request.IPv6Pools));
        Common(request.Node, request.Use, request.Handle, request.MaxPerHandle, request.HostReserved);
    }

    public static void Check(AssignIPRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Address);
        if (request.Use is not (AllowedUses.None or AllowedUses.Workload or AllowedUses.Tunnel or AllowedUses.LoadBalancer)) throw Invalid($"intended use {request.Use} is not one of None, Workload, Tunnel, LoadBalancer");
        Common(request.Node, request.Use, request.Handle, request.MaxPerHandle, request.HostReserved);
    }

    public static void Check(IReadOnlyCollection<ReleaseOption> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int place = 0;
        foreach (ReleaseOption? option in options)
        {
            if (option?.Address is null) throw Invalid($"no address at place {place} of the {options.Count} to release");
            if (option.Handle is { Length: > 0 } handle) Handle(handle);
            place++;
        }
    }

    public static void Check(AffinityOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.Type is not (AffinityOwner.HostType or AffinityOwner.VirtualType) || string.IsNullOrEmpty(owner.Name)) throw Invalid($"'{owner}' is no owner of blocks: state host:NAME or virtual:NAME");
    }

    public static void Check(HostReservedAddresses? reserved)
    {
        if (reserved is null) return;
        if (reserved.StartOfBlock < 0 || reserved.EndOfBlock < 0 || (reserved.StartOfBlock | reserved.EndOfBlock) == 0)
            throw Invalid($"HostReservedAttr has wrong parameters: {reserved.StartOfBlock} addresses at the start and {reserved.EndOfBlock} at the end of each block; state 0 or more, together at least 1, or no reservation at all");
        Handle(reserved.Handle);
    }

    /// <returns>The handle as documents hold it.</returns>
    public static string Handle(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return IpamHandle.Sanitize(id) is { Length: > 0 } handle ? handle : throw Invalid("the handle is empty up to its first carriage return: only what stands before it counts");
    }

    private static void Common(string? node, AllowedUses use, string? handle, int maxPerHandle, HostReservedAddresses? reserved)
    {
        if (string.IsNullOrEmpty(node) && use != AllowedUses.LoadBalancer) throw Invalid("the request names no node: blocks belong to nodes, so state the one that the address is for");
        if (maxPerHandle < 0) throw Invalid($"the most addresses of the handle are {maxPerHandle}: state 0 (no limit) or more");
        if (handle is { Length: > 0 }) Handle(handle);
        Check(reserved);
    }

    private static void Pools(IReadOnlyList<IPNetwork>? pools, AddressFamily family, string name)
    {
        ArgumentNullException.ThrowIfNull(pools, name);
        foreach (IPNetwork pool in pools)
        {
            if (pool.BaseAddress.AddressFamily != family) throw new IpamException(IpamErrorCode.PoolNotUsable, $"{name} names {pool}, which is of the other family");
        }
    }

    private static IpamException Invalid(string message) => new(IpamErrorCode.InvalidRequest, message);
}
