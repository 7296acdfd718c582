using Calico.Ipam.Blocks;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>One request for addresses of one family while it is worked on.</summary>
internal sealed class AssignJob
{
    private readonly List<AssignedAddress> _addresses = [];
    private readonly List<string> _messages = [];
    private readonly IReadOnlyList<string> _poolsNotUsed;
    private readonly int _requested;
    private readonly CancellationToken _cancel;
    private volatile bool _closed;

    public AssignJob(IpamCluster cluster, AutoAssignRequest request, int ipVersion, PoolChoiceResult choice, CancellationToken cancel)
    {
        _cancel = cancel;
        Cluster = cluster;
        Request = request;
        IpVersion = ipVersion;
        Pools = choice.Pools;
        _poolsNotUsed = choice.WhyNot;
        _requested = ipVersion == 6 ? request.IPv6 : request.IPv4;
        Handle = request.Handle is { Length: > 0 } handle ? IpamHandle.Sanitize(handle) : null;
        Whose = new AllocationRecord(Handle, request.Attributes);
        HandleLooksNew = ipVersion == 4 || request.IPv4 == 0;
        Owner = request.Use == AllowedUses.LoadBalancer ? AffinityOwner.LoadBalancer : AffinityOwner.Host(request.Node);
        MaxBlocks = Smaller(request.MaxBlocksPerHost, cluster.Config.MaxBlocksPerHost);
    }

    public IpamCluster Cluster { get; }

    public AutoAssignRequest Request { get; }

    public int IpVersion { get; }

    public IReadOnlyList<PoolEntry> Pools { get; }

    public string? Handle { get; }

    /// <summary>The most addresses of the family that the handle may count; 0 for no limit.</summary>
    public int MaxPerHandle => Handle is null ? 0 : Request.MaxPerHandle;

    /// <summary>The handle counts so many addresses that no more may come.</summary>
    public bool IsAtHandleLimit { get; private set; }

    /// <summary>The handle may be created without looking whether it exists.</summary>
    public bool HandleLooksNew { get; set; }

    public AllocationRecord Whose { get; }

    public AffinityOwner Owner { get; }

    public int MaxBlocks { get; }

    public HostReservedAddresses? HostReserved => Request.HostReserved;

    public AddressFilter Reserved => Cluster.NeverAutomatic;

    public TimeSpan Cooldown => TimeSpan.FromSeconds(Cluster.Config.CooldownSeconds);

    public int Requested => _requested;

    public int Missing => IsAtHandleLimit ? 0 : _requested - _addresses.Count;

    /// <summary>Whether others may still serve it: not once its caller is at it, or gone.</summary>
    public bool IsOpen => !_closed && !_cancel.IsCancellationRequested;

    public IpamErrorCode? Error { get; private set; }

    public IReadOnlyList<string> Messages => _messages;

    public void Close() => _closed = true;

    public PoolEntry? PoolFor(in IpPrefix block)
    {
        foreach (PoolEntry pool in Pools)
        {
            if (pool.Range.Contains(block)) return pool;
        }

        return null;
    }

    public void Took(IpamBlock block, IEnumerable<int> ordinals)
    {
        bool borrowed = !block.IsOwnedBy(Owner);
        foreach (int ordinal in ordinals)
            _addresses.Add(new AssignedAddress(block.Address(ordinal), block.Cidr, block.Sequences[ordinal], borrowed));
    }

    public void Say(string message) => _messages.Add(message);

    public void StopAtHandleLimit() => IsAtHandleLimit = true;

    public void StopAtBlockLimit()
    {
        if (Error is not null) return;
        Error = IpamErrorCode.BlockLimit;
        Say($"Need to allocate an IPAM block but could not - limit of {MaxBlocks} blocks reached for this node");
    }

    public Assignments Result() =>
        new(IpVersion, _requested, _addresses, Missing > 0 ? _messages : []) { HostReserved = HostReserved, Error = Missing > 0 ? Error : null, PoolsNotUsed = _poolsNotUsed };

    /// <summary>The answer when the handle has as many addresses as were asked for already.</summary>
    public Assignments Present(IReadOnlyList<AssignedAddress> present) =>
        new(IpVersion, _requested, [.. present.Take(_requested)], []) { HostReserved = HostReserved, PoolsNotUsed = _poolsNotUsed };

    private static int Smaller(int request, int config)
    {
        int smaller = request == 0 ? config : config == 0 ? request : Math.Min(request, config);
        return smaller == 0 ? IpamConfig.DefaultMaxBlocksPerHost : smaller;
    }
}
