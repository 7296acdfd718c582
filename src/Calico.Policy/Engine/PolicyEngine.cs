using System.Diagnostics;
using System.Net;
using Calico.Net;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Sets;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Resources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Policy.Engine;

/// <summary>
/// Works out, incrementally, which rules apply to which endpoint: told of objects as they come, change and go, it answers each <see cref="Flush"/> with the deltas
/// that lead from the last answer to the present state. The result depends on the present objects only, never on the way there.
/// </summary>
/// <remarks>
/// <para>
/// Cost is proportional to what a change touches. Endpoints with the same labels and profiles form a label class; selectors are matched against classes
/// (<c>Labels/</c>), found through the label under which they are filed. Sets keep no members, they follow from selectors and addresses (<c>Sets/</c>).
/// Policies are ordered once for a class (<c>Policies/</c>). <c>DeltaSequencer</c> ends a batch.
/// </para>
/// <para>
/// Order of a flush: new sets; rules for the way; what closes (members leaving sets that allow or joining sets that deny, workload endpoints that go); new policies and profiles;
/// changed ones; sets used both to allow and to deny; endpoints; what opens; final rules after those for the way; removals. So nothing is named before it is there or after it is
/// gone. The deltas of a flush may be applied one by one: no endpoint lets a packet through on the way that its policy denies before and after, and when the flush is about one
/// endpoint, network set or service, no flow gets through that is denied before and after. For that, where several things that count change at once, their rules come twice: first
/// in a version that denies what a changed rule, or a rule over a set whose members move, could decide (with sets <c>moving:…</c> of those members, gone at the end of the flush),
/// then as they are to be. <see cref="PolicyEngineOptions.OneTransaction"/> leaves those versions out for a receiver that applies a flush as one.
/// </para>
/// <para>Not safe for use from several threads at once. Nothing is emitted twice; a flush without changes is empty.</para>
/// </remarks>
public sealed class PolicyEngine
{
    private readonly EngineState _state = new();
    private readonly PolicyStore _policies;
    private readonly EndpointStore<WorkloadEndpointId> _workloads;
    private readonly EndpointStore<HostEndpointId> _hosts;
    private readonly EndpointStore<NamespacedName> _networkSets;
    private readonly DeltaSequencer _sequencer;
    private readonly ResourceFeed _feed;
    private readonly Dictionary<string, string> _pool = new(StringComparer.Ordinal);
    private readonly List<IpPrefix> _nets = [];
    private readonly string? _nodeName;
    private readonly ILogger _logger;
    private readonly PolicyMetrics? _metrics;
    private readonly HashSet<PolicyFault> _reported = [];
    private long _events;
    private long _firstEvent;
    private bool _inSync;
    private bool _inSyncTold;

    /// <summary>Makes an engine that knows nothing yet.</summary>
    /// <param name="options">The node to work for; null for the whole cluster.</param>
    /// <param name="logger">Where faults are told; null for nowhere.</param>
    /// <param name="metrics">Where work is counted; null for nowhere.</param>
    public PolicyEngine(PolicyEngineOptions? options = null, ILogger<PolicyEngine>? logger = null, PolicyMetrics? metrics = null)
    {
        _nodeName = options?.NodeName;
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _metrics = metrics;
        _policies = new PolicyStore(_state);
        _workloads = new EndpointStore<WorkloadEndpointId>(_state);
        _hosts = new EndpointStore<HostEndpointId>(_state);
        _networkSets = new EndpointStore<NamespacedName>(_state);
        _sequencer = new DeltaSequencer(_state, options?.OneTransaction ?? false);
        _feed = new ResourceFeed(Upsert, Remove);
    }

    /// <summary>Adds an object or replaces the one of the same identity.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    public void Upsert(ModelObject model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Count();
        switch (model)
        {
            case WorkloadEndpointModel workload:
                Upsert(workload);
                break;
            case HostEndpointModel host:
                Upsert(host);
                break;
            case NetworkSetModel networkSet:
                Upsert(networkSet);
                break;
            case PolicyModel policy:
                _policies.Upsert(policy);
                break;
            case ProfileModel profile:
                _policies.Upsert(profile);
                break;
            case TierModel tier:
                _policies.Upsert(tier);
                break;
            case EndpointSliceModel slice:
                Upsert(slice);
                break;
            case NodeModel node:
                Upsert(node);
                break;
        }
    }

    /// <summary>
    /// Adds a resource as people write it, or replaces the one of the same identity. The first resource brings the built-in tiers and the built-in allowing profile with it.
    /// </summary>
    /// <returns>
    /// What could not be understood. Then the resource's last valid version stays in force; if there was none, the rest of it is in force and fails closed.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="resource"/> is null.</exception>
    public IReadOnlyList<PolicyFault> Upsert(Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return _feed.Upsert(resource);
    }

    /// <summary>Removes a resource that was told by <see cref="Upsert(Resource)"/>; unknown ones are ignored.</summary>
    public void Remove(ResourceId id) => _feed.Remove(id);

    /// <summary>Removes the object of the same identity, whatever else the given one holds; unknown ones are ignored.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    public void Remove(ModelObject model)
    {
        ArgumentNullException.ThrowIfNull(model);
        switch (model)
        {
            case WorkloadEndpointModel workload:
                Remove(workload.Id);
                break;
            case HostEndpointModel host:
                Remove(host.Id);
                break;
            case NetworkSetModel networkSet:
                RemoveNetworkSet(networkSet.Id);
                break;
            case PolicyModel policy:
                Remove(policy.Id);
                break;
            case ProfileModel profile:
                RemoveProfile(profile.Name);
                break;
            case TierModel tier:
                RemoveTier(tier.Name);
                break;
            case EndpointSliceModel slice:
                RemoveEndpointSlice(slice.Id);
                break;
            case NodeModel node:
                RemoveNode(node.Name);
                break;
        }
    }

    /// <summary>Removes a policy; unknown ones are ignored.</summary>
    public void Remove(PolicyId id)
    {
        Count();
        _policies.Remove(id);
    }

    /// <summary>Removes a workload endpoint; unknown ones are ignored.</summary>
    public void Remove(WorkloadEndpointId id)
    {
        Count();
        _workloads.Remove(id);
    }

    /// <summary>Removes a host endpoint; unknown ones are ignored.</summary>
    public void Remove(HostEndpointId id)
    {
        Count();
        _hosts.Remove(id);
    }

    /// <summary>Removes a profile; endpoints that still name it are denied by a stand-in.</summary>
    public void RemoveProfile(string name)
    {
        Count();
        _policies.RemoveProfile(name);
    }

    /// <summary>Removes a tier; policies that still name it are evaluated last and their tier denies.</summary>
    public void RemoveTier(string name)
    {
        Count();
        _policies.RemoveTier(name);
    }

    /// <summary>Removes a network set; unknown ones are ignored.</summary>
    public void RemoveNetworkSet(NamespacedName id)
    {
        Count();
        _networkSets.Remove(id);
    }

    /// <summary>Removes an endpoint slice; unknown ones are ignored.</summary>
    public void RemoveEndpointSlice(NamespacedName id)
    {
        Count();
        if (_state.Services.Find(id) is not { } slice) return;
        _state.Sets.Remember(slice);
        _state.Services.Remove(id);
    }

    /// <summary>Removes a node; unknown ones are ignored.</summary>
    public void RemoveNode(string name)
    {
        Count();
        if (_state.Nodes.Find(name) is not { } node) return;
        _state.Sets.Remember(node);
        _state.Nodes.Remove(name);
    }

    /// <summary>Says that everything the datastore holds has been told: the next flush ends with <see cref="InSync"/>.</summary>
    public void MarkInSync() => _inSync = true;

    /// <summary>The deltas since the last flush, to be applied in order.</summary>
    public IReadOnlyList<PolicyDelta> Flush()
    {
        long start = Stopwatch.GetTimestamp();
        using Activity? activity = _events == 0 ? null : PolicyMetrics.Activities.StartActivity("policy.flush");
        List<PolicyDelta> deltas = _sequencer.Flush();
        Report(activity, deltas.Count, Stopwatch.GetElapsedTime(start), Stopwatch.GetElapsedTime(_firstEvent));
        if (_inSync && !_inSyncTold)
        {
            _inSyncTold = true;
            deltas.Add(new InSync());
        }

        return deltas;
    }

    /// <summary>What could not be read, as of the last flush. Selectors of rules are read when their policy becomes active.</summary>
    public IReadOnlyList<PolicyFault> Faults =>
        [.. _feed.Faults, .. _policies.Rejected, .. _sequencer.Faults];

    /// <summary>How much there is.</summary>
    public PolicyEngineStatistics Statistics => new()
    {
        WorkloadEndpoints = _workloads.Count,
        HostEndpoints = _hosts.Count,
        LocalEndpoints = _workloads.LocalCount + _hosts.LocalCount,
        NetworkSets = _networkSets.Count,
        Nodes = _state.Nodes.Count,
        Policies = _policies.PolicyCount,
        ActivePolicies = _sequencer.ActivePolicyCount,
        Tiers = _policies.TierCount,
        Profiles = _state.Profiles.ProfileCount,
        ActiveSelectors = _state.SetSelectors.Count,
        ActiveSets = _state.Sets.Count,
        LabelClasses = _state.Classes.Count,
    };

    private void Report(Activity? activity, int deltas, TimeSpan duration, TimeSpan latency)
    {
        long events = _events;
        _events = 0;
        if (events == 0 && deltas == 0) return;
        activity?.SetTag("calico.policy.events", events).SetTag("calico.policy.deltas", deltas);
        _logger.Flushed(events, deltas, duration.TotalMilliseconds);
        bool hears = _logger.IsEnabled(LogLevel.Warning);
        if (!hears && _metrics is null) return;
        IReadOnlyList<PolicyFault> faults = Faults;
        foreach (PolicyFault fault in faults)
        {
            if (hears && _reported.Add(fault)) _logger.Faulty(fault.Subject, fault.Place, fault.Message);
        }

        _reported.IntersectWith(faults);
        _metrics?.OnFlush(events, deltas, duration, events == 0 ? null : latency, Statistics, faults.Count);
    }

    private void Count()
    {
        if (_events++ == 0) _firstEvent = Stopwatch.GetTimestamp();
    }

    private bool IsLocal(string node) => _nodeName is null || node == _nodeName;

    private void Upsert(WorkloadEndpointModel workload)
    {
        _nets.Clear();
        foreach (IPNetwork net in workload.Nets) _nets.Add(IpPrefix.From(net));
        WorkloadEndpointId id = new(Pool(workload.Id.Node), Pool(workload.Id.Orchestrator), workload.Id.Workload, Pool(workload.Id.Endpoint));
        _workloads.Upsert(id, SortedNets(), workload.Labels, workload.Profiles, workload.Ports, IsLocal(id.Node) ? workload : null);
    }

    private void Upsert(HostEndpointModel host)
    {
        _nets.Clear();
        foreach (IPAddress address in host.ExpectedIPs) _nets.Add(IpPrefix.From(address));
        _hosts.Upsert(host.Id, SortedNets(), host.Labels, host.Profiles, host.Ports, IsLocal(host.Id.Node) ? host : null);
    }

    private void Upsert(NetworkSetModel networkSet)
    {
        _nets.Clear();
        foreach (IPNetwork net in networkSet.Nets) _nets.Add(IpPrefix.From(net));
        _networkSets.Upsert(networkSet.Id, SortedNets(), networkSet.Labels, networkSet.Profiles, [], null);
    }

    private void Upsert(EndpointSliceModel slice)
    {
        if (_state.Services.Find(slice.Id) is { } old)
        {
            if (old == slice) return;
            _state.Sets.Remember(old);
        }

        _state.Sets.Remember(slice);
        _state.Services.Set(slice);
    }

    private void Upsert(NodeModel node)
    {
        if (_state.Nodes.Find(node.Name) is { } old)
        {
            if (old == node) return;
            _state.Sets.Remember(old);
        }

        _state.Sets.Remember(node);
        _state.Nodes.Set(node);
    }

    private ReadOnlySpan<IpPrefix> SortedNets()
    {
        if (_nets.Count > 1)
        {
            _nets.Sort();
            int kept = 1;
            for (int i = 1; i < _nets.Count; i++)
            {
                if (_nets[i] != _nets[kept - 1]) _nets[kept++] = _nets[i];
            }

            _nets.RemoveRange(kept, _nets.Count - kept);
        }

        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_nets);
    }

    // Nodes and orchestrators are few; one copy of each text is enough for a hundred thousand ids.
    private string Pool(string text)
    {
        if (_pool.TryGetValue(text, out string? pooled)) return pooled;
        _pool.Add(text, text);
        return text;
    }
}
