using System.Net;
using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Policy.Engine;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Selectors;

namespace Calico.Policy.Evaluation;

/// <summary>Everything policy depends on, in plain dictionaries: what an evaluation or an analysis is made of.</summary>
public sealed class ClusterState
{
    private readonly Dictionary<IpPrefix, List<Owner>> _owners = [];
    private readonly SortedSet<(bool IsIPv6, int Length)> _lengths = [];
    private readonly Dictionary<IpPrefix, List<NodeModel>> _nodesByAddress = [];
    private readonly Dictionary<string, Selector?> _selectors = new(StringComparer.Ordinal);
    private bool _indexed;

    /// <summary>Policies.</summary>
    public Dictionary<PolicyId, PolicyModel> Policies { get; } = [];

    /// <summary>Tiers by name.</summary>
    public Dictionary<string, TierModel> Tiers { get; } = new(StringComparer.Ordinal);

    /// <summary>Profiles by name.</summary>
    public Dictionary<string, ProfileModel> Profiles { get; } = new(StringComparer.Ordinal);

    /// <summary>Workload endpoints.</summary>
    public Dictionary<WorkloadEndpointId, WorkloadEndpointModel> Workloads { get; } = [];

    /// <summary>Host endpoints.</summary>
    public Dictionary<HostEndpointId, HostEndpointModel> Hosts { get; } = [];

    /// <summary>Network sets.</summary>
    public Dictionary<NamespacedName, NetworkSetModel> NetworkSets { get; } = [];

    /// <summary>Endpoint slices.</summary>
    public Dictionary<NamespacedName, EndpointSliceModel> EndpointSlices { get; } = [];

    /// <summary>Nodes by name.</summary>
    public Dictionary<string, NodeModel> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>A state of some objects.</summary>
    public static ClusterState Of(params IEnumerable<ModelObject> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        ClusterState state = new();
        foreach (ModelObject model in objects) state.Upsert(model);
        return state;
    }

    /// <summary>A state of resources as people write them, with the built-in tiers and the built-in allowing profile.</summary>
    /// <param name="resources">The resources; of two with one identity the later counts.</param>
    /// <param name="faults">What could not be understood and so fails closed.</param>
    public static ClusterState Of(IEnumerable<Resource> resources, out IReadOnlyList<PolicyFault> faults)
    {
        ArgumentNullException.ThrowIfNull(resources);
        ClusterState state = new();
        ResourceFeed feed = new(state.Upsert, state.Remove);
        foreach (Resource resource in resources) feed.Upsert(resource);
        faults = [.. feed.Faults];
        return state;
    }

    /// <summary>All objects.</summary>
    public IEnumerable<ModelObject> Objects =>
        [.. Tiers.Values, .. Profiles.Values, .. Nodes.Values, .. NetworkSets.Values, .. EndpointSlices.Values, .. Policies.Values, .. Workloads.Values, .. Hosts.Values];

    /// <summary>Adds an object or replaces the one of the same identity.</summary>
    public void Upsert(ModelObject model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _indexed = false;
        switch (model)
        {
            case PolicyModel policy: Policies[policy.Id] = policy; break;
            case TierModel tier: Tiers[tier.Name] = tier; break;
            case ProfileModel profile: Profiles[profile.Name] = profile; break;
            case WorkloadEndpointModel workload: Workloads[workload.Id] = workload; break;
            case HostEndpointModel host: Hosts[host.Id] = host; break;
            case NetworkSetModel set: NetworkSets[set.Id] = set; break;
            case EndpointSliceModel slice: EndpointSlices[slice.Id] = slice; break;
            case NodeModel node: Nodes[node.Name] = node; break;
        }
    }

    /// <summary>Removes the object of the same identity, whatever else it holds.</summary>
    public void Remove(ModelObject model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _indexed = false;
        switch (model)
        {
            case PolicyModel policy: Policies.Remove(policy.Id); break;
            case TierModel tier: Tiers.Remove(tier.Name); break;
            case ProfileModel profile: Profiles.Remove(profile.Name); break;
            case WorkloadEndpointModel workload: Workloads.Remove(workload.Id); break;
            case HostEndpointModel host: Hosts.Remove(host.Id); break;
            case NetworkSetModel set: NetworkSets.Remove(set.Id); break;
            case EndpointSliceModel slice: EndpointSlices.Remove(slice.Id); break;
            case NodeModel node: Nodes.Remove(node.Name); break;
        }
    }

    /// <summary>An endpoint's or network set's labels with those inherited from profiles: its own win, then the first profile.</summary>
    public LabelMap EffectiveLabels(LabelMap own, EquatableArray<string> profiles)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string name in profiles.Reverse())
        {
            if (!Profiles.TryGetValue(name, out ProfileModel? profile)) continue;
            foreach ((string label, string value) in profile.Labels) labels[label] = value;
        }

        foreach ((string label, string value) in own) labels[label] = value;
        return LabelMap.From(labels);
    }

    /// <summary>The workload that has an address; of several the first by id.</summary>
    public WorkloadEndpointModel? WorkloadAt(IPAddress address) =>
        OwnersOf(IpPrefix.From(address)).Select(o => o.Workload).OfType<WorkloadEndpointModel>().MinBy(w => $"{w.Id} {w.Id.Node}", StringComparer.Ordinal);

    /// <summary>The node that has an address, known from nodes and from the expected addresses of host endpoints.</summary>
    public string? NodeAt(IPAddress address) =>
        Nodes.Values.FirstOrDefault(n => n.Addresses.Contains(address))?.Name
        ?? Hosts.Values.OrderBy(h => h.Id.Name, StringComparer.Ordinal).FirstOrDefault(h => h.ExpectedIPs.Contains(address))?.Id.Node;

    /// <summary>Parses with a memory; null when the text is no selector.</summary>
    internal Selector? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Selector.All;
        if (_selectors.TryGetValue(text, out Selector? selector)) return selector;
        if (!Selector.TryParse(text, out selector)) selector = null;
        _selectors.Add(text, selector);
        return selector;
    }

    /// <summary>Endpoints and network sets that hold an address.</summary>
    internal IEnumerable<Owner> OwnersOf(IpPrefix address)
    {
        if (!_indexed) Index();
        foreach ((bool v6, int length) in _lengths)
        {
            if (v6 != address.IsIPv6 || !_owners.TryGetValue(address.Truncate(length), out List<Owner>? owners)) continue;
            foreach (Owner owner in owners) yield return owner;
        }
    }

    internal bool AnyNodeMatches(IpPrefix address, Selector selector)
    {
        if (!_indexed) Index();
        return _nodesByAddress.TryGetValue(address, out List<NodeModel>? nodes) && nodes.Exists(n => selector.Matches(n.Labels));
    }

    internal bool AnyOwnerMatches(IpPrefix address, Selector selector) => OwnersOf(address).Any(o => selector.Matches(o.Labels));

    private void Index()
    {
        _owners.Clear();
        _lengths.Clear();
        _nodesByAddress.Clear();
        foreach (WorkloadEndpointModel workload in Workloads.Values)
        {
            LabelMap labels = EffectiveLabels(workload.Labels, workload.Profiles);
            foreach (IPNetwork net in workload.Nets) Add(new Owner(IpPrefix.From(net), labels, workload.Ports, workload));
        }

        foreach (HostEndpointModel host in Hosts.Values)
        {
            LabelMap labels = EffectiveLabels(host.Labels, host.Profiles);
            foreach (IPAddress address in host.ExpectedIPs) Add(new Owner(IpPrefix.From(address), labels, host.Ports, null));
        }

        foreach (NetworkSetModel set in NetworkSets.Values)
        {
            LabelMap labels = EffectiveLabels(set.Labels, set.Profiles);
            foreach (IPNetwork net in set.Nets) Add(new Owner(IpPrefix.From(net), labels, [], null));
        }

        foreach (NodeModel node in Nodes.Values)
        {
            foreach (IPAddress address in node.Addresses)
                (CollectionsMarshal.GetValueRefOrAddDefault(_nodesByAddress, IpPrefix.From(address), out _) ??= []).Add(node);
        }

        _indexed = true;
    }

    private void Add(Owner owner)
    {
        _lengths.Add((owner.Prefix.IsIPv6, owner.Prefix.Length));
        (CollectionsMarshal.GetValueRefOrAddDefault(_owners, owner.Prefix, out _) ??= []).Add(owner);
    }

    internal sealed record Owner(IpPrefix Prefix, LabelMap Labels, EquatableArray<EndpointPort> Ports, WorkloadEndpointModel? Workload);
}
