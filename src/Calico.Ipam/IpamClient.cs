using System.Diagnostics;
using Calico.Ipam.Assigning;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Ipam.Releasing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Ipam;

/// <summary>
/// Calico's IPAM over a store: assigns and releases addresses, claims and gives up blocks. One instance serves a process; all members may be called from any thread.
/// </summary>
/// <remarks>
/// States of a claim and the order of writes are Calico's, so clients of both may work on the same store. All safety lies in comparing the block's revision at
/// each write; what an instance remembers of blocks only saves reads. After a crash at any point every document is one that the next caller repairs.
/// </remarks>
public sealed partial class IpamClient
{
    private readonly IpamContext _context;
    private readonly Claimer _claimer;
    private readonly BlockTaker _taker;
    private readonly BlockWriter _writer;
    private readonly OwnedBlocks _owned;
    private readonly AutoAssigner _auto;
    private readonly NamedAssigner _named;
    private readonly Releaser _releaser;
    private readonly AffinityManager _affinities;
    private readonly OwnerEditor _owners;

    /// <summary>A client.</summary>
    /// <param name="store">Where the documents are.</param>
    /// <param name="cluster">Where pools, reservations, settings and labels come from; null reads them from the store.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="logger">Told of claims, shortfalls, lost races and answers; null = nobody is.</param>
    public IpamClient(IIpamStore store, IIpamClusterSource? cluster = null, IpamOptions? options = null, TimeProvider? time = null, ILogger<IpamClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        options ??= new IpamOptions();
        time ??= TimeProvider.System;
        _context = new IpamContext(store, cluster ?? new StoreClusterSource(store, options.ClusterCacheDuration, time), options, time, logger ?? (ILogger)NullLogger.Instance);
        _claimer = new Claimer(_context);
        _writer = new BlockWriter(_context);
        _taker = new BlockTaker(_context, _claimer, _writer);
        _owned = new OwnedBlocks(_context, _claimer);
        _auto = new AutoAssigner(_context, _claimer, _taker, _owned);
        _named = new NamedAssigner(_context, _claimer, _taker, _writer, _owned);
        _affinities = new AffinityManager(_context, _claimer, _taker, _owned);
        _owners = new OwnerEditor(_context, _taker, _writer);
        _releaser = new Releaser(_context, _claimer, _taker, _writer, _owned);
    }

    /// <summary>Assigns any free addresses, IPv4 first, then IPv6.</summary>
    /// <param name="request">What for and how many.</param>
    /// <param name="cancellationToken">Ends the wait; addresses assigned so far stay and can be released by their handle.</param>
    /// <returns>What came, perhaps less than asked: see <see cref="AutoAssignResult.IsComplete"/>.</returns>
    /// <exception cref="IpamException">No pool may be used, or others changed the same documents at every try.</exception>
    /// <exception cref="IpamDataException">A document in the store is not readable.</exception>
    public async Task<AutoAssignResult> AutoAssignAsync(AutoAssignRequest request, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(request);
        using Activity? activity = IpamMetrics.Activities.StartActivity("ipam.auto_assign");
        Assignments? v4 = request.IPv4 > 0 ? await _auto.AssignAsync(request, 4, cancellationToken).ConfigureAwait(false) : null;
        Assignments? v6 = request.IPv6 > 0 ? await _auto.AssignAsync(request, 6, cancellationToken).ConfigureAwait(false) : null;
        IpamMetrics.Assigned.Add((v4?.Addresses.Count ?? 0) + (v6?.Addresses.Count ?? 0));
        activity?.SetTag("calico.ipam.node", request.Node);
        foreach (Assignments? family in (Assignments?[])[v4, v6])
        {
            if (family?.ShortfallMessage is { } shortfall) IpamLog.Shortfall(_context.Log, request.Node, shortfall);
        }

        return new AutoAssignResult(v4, v6);
    }

    /// <summary>Assigns one address by name.</summary>
    /// <param name="request">Which and what for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">It is in no usable pool, in use, or out of bounds for this node or handle.</exception>
    public async Task<AssignedAddress> AssignIPAsync(AssignIPRequest request, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(request);
        using Activity? activity = IpamMetrics.Activities.StartActivity("ipam.assign_ip");
        AssignedAddress assigned = await _named.AssignAsync(request, cancellationToken).ConfigureAwait(false);
        IpamMetrics.Assigned.Add(1);
        return assigned;
    }

    /// <summary>Releases addresses. The same address twice counts once; an address that is not in use is no error.</summary>
    /// <param name="addresses">Which, with what must hold for each. If it does not hold for one, nothing of that one's block is released; other blocks' addresses are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException"><see cref="IpamErrorCode.BadSequenceNumber"/> or <see cref="IpamErrorCode.BadHandle"/>: somebody else has the address now.</exception>
    public async Task<ReleaseResult> ReleaseIPsAsync(IReadOnlyCollection<ReleaseOption> addresses, CancellationToken cancellationToken = default)
    {
        RequestChecks.Check(addresses);
        using Activity? activity = IpamMetrics.Activities.StartActivity("ipam.release_ips");
        return await _releaser.ReleaseAsync(addresses, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Releases all addresses of a handle.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="sequenceNumber">Only addresses allocated with this number; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException"><see cref="IpamErrorCode.HandleNotFound"/>: the handle has no addresses.</exception>
    public async Task<ReleaseResult> ReleaseByHandleAsync(string handle, ulong? sequenceNumber = null, CancellationToken cancellationToken = default)
    {
        RequestChecks.Handle(handle);
        using Activity? activity = IpamMetrics.Activities.StartActivity("ipam.release_by_handle");
        return await _releaser.ReleaseHandleAsync(handle, sequenceNumber, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The addresses of a handle, IPv4 first.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException"><see cref="IpamErrorCode.HandleNotFound"/>: the handle has no addresses.</exception>
    public async Task<IReadOnlyList<AssignedAddress>> IpsByHandleAsync(string handle, CancellationToken cancellationToken = default)
    {
        RequestChecks.Handle(handle);
        List<AssignedAddress> addresses = await _taker.OfHandleAsync(handle, 4, cancellationToken).ConfigureAwait(false);
        addresses.AddRange(await _taker.OfHandleAsync(handle, 6, cancellationToken).ConfigureAwait(false));
        return addresses.Count > 0 ? addresses : throw new IpamException(IpamErrorCode.HandleNotFound, $"resource does not exist: IPAMHandle({handle}): it has no addresses, or they were released already");
    }
}
