using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Kernel;
using Calico.Dataplane.Plan;
using Calico.Dataplane.Routes;
using Calico.Dataplane.Telemetry;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Dataplane;

/// <summary>
/// Felix as an object: tell it what should be (policy deltas, blocks, learned routes), and each flush makes the kernel so. Thread-safe.
/// </summary>
/// <remarks>
/// States: until <see cref="InSync"/> was applied nothing is written. The first flush compares with the kernel and writes the difference; later ones write what changed.
/// Order of a flush: rules, then kernel parameters, then routes, so that policy is in force before a packet can be routed to an endpoint. Rules go in one
/// transaction. What fails is reported, kept closed and tried again at the next resync; it stops nothing else.
/// Threads: the methods that tell take a lock for a moment; flushes take turns.
/// </remarks>
public sealed partial class CalicoDataplane : IAsyncDisposable
{
    private readonly IDataplaneKernel _kernel;
    private readonly DataplaneOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PolicyPlanner _planner;
    private readonly RoutePlanner _routes = new();
    private readonly NetworkPlanner _network;
    private readonly RulesetApplier _ruleset;
    private readonly RouteApplier _routeApplier;
    private readonly EndpointTracker _endpoints;
    private readonly DataplaneMetrics _metrics;
    private readonly HashSet<string> _configured = new(StringComparer.Ordinal);
    private bool _interfacesKnown;
    private bool _hostConfigured;

    /// <summary>A dataplane over a kernel.</summary>
    /// <param name="options">The parameters.</param>
    /// <param name="kernel">The kernel; it is closed with this object.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="logger">Where events are logged; null for nowhere.</param>
    public CalicoDataplane(DataplaneOptions options, IDataplaneKernel kernel, TimeProvider? time = null, ILogger<CalicoDataplane>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(kernel);
        options.Validate();
        (_options, _kernel, _time) = (options, kernel, time ?? TimeProvider.System);
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _planner = new PolicyPlanner(options);
        _network = new NetworkPlanner(options, _planner.Ruleset, _routes);
        _ruleset = new RulesetApplier(kernel, _planner.Ruleset, _lock);
        _routeApplier = new RouteApplier(kernel, _routes, options, _lock);
        _metrics = new DataplaneMetrics(() => Locked(() => _planner.Walks.PolicyCount), () => Locked(() => _planner.Walks.Walks.Count()), () => Locked(() => _planner.Ruleset.Chains.Count));
        _endpoints = new EndpointTracker(status => StatusChanged?.Invoke(status));
    }

    /// <summary>Raised when an endpoint's state changes, on the thread that flushes.</summary>
    public event Action<EndpointStatus>? StatusChanged;

    /// <summary>Opens the kernel of a namespace, or of the calling thread's when null.</summary>
    /// <exception cref="NetlinkException">CAP_NET_ADMIN or a kernel feature is missing.</exception>
    public static CalicoDataplane Open(DataplaneOptions options, NetworkNamespace? network = null, ILogger<CalicoDataplane>? logger = null) =>
        new(options, NetlinkKernel.Open(network), logger: logger);

    /// <summary>Whether everything that should exist has been told, so that flushes write.</summary>
    public bool IsInSync
    {
        get
        {
            lock (_lock) return _planner.InSync;
        }
    }

    /// <summary>Tells of a change of policy, sets or endpoints.</summary>
    public void Apply(PolicyDelta delta)
    {
        ArgumentNullException.ThrowIfNull(delta);
        lock (_lock) ApplyLocked(delta);
        Wake();
    }

    /// <summary>Tells of changes that belong together: a flush sees all of them or none.</summary>
    public void Apply(IEnumerable<PolicyDelta> deltas)
    {
        ArgumentNullException.ThrowIfNull(deltas);
        lock (_lock)
        {
            foreach (PolicyDelta delta in deltas) ApplyLocked(delta);
        }

        Wake();
    }

    /// <summary>The IPAM blocks of this node: each gets a blackhole route, so that packets to its unused addresses do not loop. Single addresses get none.</summary>
    public void SetLocalBlocks(IEnumerable<IPNetwork> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        lock (_lock)
        {
            _routes.Replace(RouteClass.Blackhole, blocks.Distinct().Where(b => b.PrefixLength < (b.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32))
                .Select(b => new RouteTarget(b, RouteClass.Blackhole, null, default)));
        }

        Wake();
    }

    /// <summary>All IP pools of the cluster: they say which traffic gets the node's address on its way out, and which is encapsulated.</summary>
    public void SetPools(IEnumerable<DataplanePool> pools)
    {
        ArgumentNullException.ThrowIfNull(pools);
        lock (_lock) _network.SetPools([.. pools]);
        Wake();
    }

    /// <summary>All nodes of the cluster, this one too.</summary>
    public void SetNodes(IEnumerable<DataplaneNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        lock (_lock) _network.SetNodes([.. nodes]);
        Wake();
    }

    /// <summary>All blocks and single borrowed addresses of the cluster with their nodes: routes to those in encapsulated pools are made from them.</summary>
    public void SetBlockAffinities(IEnumerable<BlockAffinity> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        lock (_lock) _network.SetBlocks([.. blocks]);
        Wake();
    }

    /// <summary>A routing protocol learned a route, or learned it differently.</summary>
    /// <exception cref="ArgumentException">There is no gateway, or one of another family.</exception>
    public void SetLearnedRoute(LearnedRoute route)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.Gateways.Count == 0 || route.Gateways.Any(g => g.AddressFamily != route.Destination.BaseAddress.AddressFamily))
            throw new ArgumentException($"The learned route to {route.Destination} needs gateways of its own family, at least one.", nameof(route));
        lock (_lock) _routes.Set(new RouteTarget(route.Destination, RouteClass.Learned, route.Interface, route.Gateways.ToEquatableArray(), route.OnLink));
        Wake();
    }

    /// <summary>A routing protocol lost a route.</summary>
    public void RemoveLearnedRoute(IPNetwork destination)
    {
        lock (_lock) _routes.Remove(destination, RouteClass.Learned);
        Wake();
    }

    /// <summary>A domain name was seen to have an address: rules that name it match the address until the answer's time to live is over. Needs <see cref="DataplaneOptions.DomainNames"/>.</summary>
    /// <exception cref="ArgumentException">The name is empty, or the time to live is not positive.</exception>
    public void LearnDomain(DomainAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Name.Length == 0 || answer.TimeToLive <= TimeSpan.Zero) throw new ArgumentException($"The answer '{answer}' needs a name and a positive time to live.", nameof(answer));
        lock (_lock) _planner.Domains.Learn(answer, _time.GetUtcNow());
        Wake();
    }

    /// <summary>Learns every answer of a source, until it ends or the token is cancelled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task FollowDomainsAsync(IDomainNameSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await foreach (DomainAnswer answer in source.ReadAnswersAsync(cancellationToken).ConfigureAwait(false)) LearnDomain(answer);
    }

    /// <summary>Which shape each list of policies has in the kernel now.</summary>
    public IReadOnlyList<PolicyLayout> Layouts
    {
        get
        {
            lock (_lock) return [.. _planner.Walks.Layouts];
        }
    }

    /// <summary>How the policies of each workload endpoint are laid out now, and why so.</summary>
    public IReadOnlyList<EndpointLayout> EndpointLayouts
    {
        get
        {
            lock (_lock) return [.. _planner.Workloads.Layouts];
        }
    }

    /// <summary>Routing protocols have converged: learned routes left over from before a restart, and not learned again, may go.</summary>
    public void LearnedRoutesInSync()
    {
        lock (_lock)
        {
            if (!_routeApplier.KeepStaleLearned) return;
            _routeApplier.KeepStaleLearned = false;
            _routeApplier.Distrust();
        }

        Wake();
    }

    /// <summary>The next flush reads interfaces again: one came, went, or changed its state or addresses.</summary>
    public void InterfacesChanged()
    {
        lock (_lock) _interfacesKnown = false;
        Wake();
    }

    /// <summary>The next flush compares everything with the kernel and repairs what differs.</summary>
    public void Resync()
    {
        lock (_lock)
        {
            _ruleset.Distrust();
            _routeApplier.Distrust();
            _interfacesKnown = false;
            _configured.Clear();
            _hostConfigured = false;
            _tunnelsChanged = true;
        }

        Wake();
    }

    /// <summary>The state of a workload endpoint, or null when it was never told of or is gone.</summary>
    public EndpointStatus? StatusOf(WorkloadEndpointId endpoint)
    {
        lock (_lock) return _endpoints.StatusOf(endpoint);
    }

    /// <summary>Waits until an endpoint is realised: its policy in force, its routes made.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task<EndpointStatus> WaitRealisedAsync(WorkloadEndpointId endpoint, CancellationToken cancellationToken = default)
    {
        lock (_lock) return _endpoints.WaitAsync(endpoint, cancellationToken);
    }

    /// <summary>
    /// The largest packet a workload may send without being cut: the smallest MTU of the host's interfaces that match <see cref="DataplaneOptions.MtuInterfacePattern"/>,
    /// less what the encapsulations in use add. Null until interfaces were read, or when none matches.
    /// </summary>
    public int? WorkloadMtu => Locked(() => WorkloadMtuOf(_routeApplier.Interfaces.Values, _network.Pools, _options));

    internal static int? WorkloadMtuOf(IEnumerable<KernelInterface> interfaces, IEnumerable<DataplanePool> pools, DataplaneOptions options)
    {
        int host = interfaces.Where(i => Regex.IsMatch(i.Name, options.MtuInterfacePattern, RegexOptions.NonBacktracking)).Select(i => i.Mtu).DefaultIfEmpty(0).Min();
        if (host == 0) return null;
        int mtu = host;
        foreach (DataplanePool pool in pools)
        {
            bool v6 = pool.Cidr.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
            mtu = Math.Min(mtu, pool.Encapsulation switch
            {
                Encapsulation.Vxlan or Encapsulation.VxlanCrossSubnet when v6 => options.VxlanMtuV6 > 0 ? options.VxlanMtuV6 : host - 70,
                Encapsulation.Vxlan or Encapsulation.VxlanCrossSubnet => options.VxlanMtu > 0 ? options.VxlanMtu : host - 50,
                Encapsulation.IpIp or Encapsulation.IpIpCrossSubnet => options.IpIpMtu > 0 ? options.IpIpMtu : host - 20,
                _ => host,
            });
        }

        return mtu;
    }

    /// <summary>Our table as it should be in the kernel.</summary>
    public NftTable WantedTable
    {
        get
        {
            lock (_lock) return _planner.Ruleset.ToTable(RulesetApplier.Table.Family, RulesetApplier.Table.Name);
        }
    }

    /// <summary>Makes the kernel what was told so far. Does nothing until in sync.</summary>
    /// <exception cref="NetlinkException">The kernel cannot be spoken to.</exception>
    public async ValueTask<FlushReport> FlushAsync(CancellationToken cancellationToken = default)
    {
        await _flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!IsInSync) return FlushReport.Nothing;
            using Activity? activity = DataplaneMetrics.Activities.StartActivity("calico.dataplane.flush");
            long started = _time.GetTimestamp();
            FlushReport report = await FlushLockedAsync(cancellationToken).ConfigureAwait(false);
            _metrics.Flushed(report, _time.GetElapsedTime(started));
            return report;
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>
    /// Flushes whenever something was told or an interface changed, at most every ten milliseconds, until cancelled. Compares with the kernel at the refresh interval,
    /// and when someone else has changed our table or routes: at once, then at most once a second.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer refresh = _time.CreateTimer(_ => Resync(), null, _options.RefreshInterval, _options.RefreshInterval);
        using ITimer expiry = _time.CreateTimer(_ => WakeForExpiry(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        using RepairThrottle repair = new(_time, Repair);
        Task watch = Task.WhenAll(
            WatchAsync(() => _kernel.WatchInterfacesAsync(InterfacesChanged, stop.Token), stop.Token),
            WatchAsync(() => _kernel.WatchForeignChangesAsync(RulesetApplier.Table, _options.DeviceRouteProtocol, repair.Note, stop.Token), stop.Token));
        try
        {
            await FlushWhenToldAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watch.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(Func<Task> watch, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await watch().ConfigureAwait(false);
            }
            catch (NetlinkException e)
            {
                Log.WatchFailed(_logger, e);
                await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken).ConfigureAwait(false);
                Resync();
            }
        }
    }

    private void Repair(ForeignChange change)
    {
        Log.Repair(_logger, change);
        lock (_lock)
        {
            if (change.HasFlag(ForeignChange.Ruleset)) _ruleset.Distrust();
            if (change.HasFlag(ForeignChange.Routes)) _routeApplier.Distrust();
        }

        Wake();
    }

    private async Task FlushWhenToldAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        Wake();
        while (await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            _wake.Reader.TryRead(out _);
            try
            {
                FlushReport report = await FlushAsync(cancellationToken).ConfigureAwait(false);
                foreach (string problem in report.Problems) Log.Problem(_logger, problem);
                pause = FirstPause;
            }
            catch (Exception e) when (e is NetlinkException or NftTransactionException)
            {
                Log.FlushFailed(_logger, pause.TotalSeconds, e);
                Resync();
                await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Closes the kernel's connections. What is in the kernel stays: packets keep flowing as they did.</summary>
    public ValueTask DisposeAsync()
    {
        _wake.Writer.TryComplete();
        _metrics.Dispose();
        _kernel.Dispose();
        _flushing.Dispose();
        return ValueTask.CompletedTask;
    }

    private void WakeForExpiry()
    {
        if (Locked(() => _planner.Domains.NextExpiry) is { } next && next <= _time.GetUtcNow()) Wake();
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private void ApplyLocked(PolicyDelta delta)
    {
        _planner.Apply(delta);
        switch (delta)
        {
            case WorkloadEndpointUpdate update:
                _endpoints.Put(update.Endpoint);
                _endpointsChanged = true;
                break;
            case WorkloadEndpointRemove remove:
                _endpoints.Remove(remove.Id);
                _endpointsChanged = true;
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "{Problem}")]
        public static partial void Problem(ILogger logger, string problem);

        [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Someone else has changed our state in the kernel ({Change}): it is compared and repaired.")]
        public static partial void Repair(ILogger logger, ForeignChange change);

        [LoggerMessage(EventId = 5004, Level = LogLevel.Error, Message = "Changes in the kernel cannot be watched; everything is compared, and watched again.")]
        public static partial void WatchFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 5002, Level = LogLevel.Error, Message = "A flush failed; in {Pause} s everything is compared with the kernel and tried again.")]
        public static partial void FlushFailed(ILogger logger, double pause, Exception exception);
    }
}
