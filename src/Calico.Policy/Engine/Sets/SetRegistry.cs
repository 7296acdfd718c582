using System.Runtime.InteropServices;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Sets;

/// <summary>The sets that active rules use, counted. A set nobody uses lives on until the flush, so that a policy may leave and return at no cost.</summary>
internal sealed class SetRegistry(AddressOwners owners, ServiceIndex services, NodeIndex nodes)
{
    private readonly Dictionary<string, SetEntry> _sets = new(StringComparer.Ordinal);
    private readonly List<SetMember> _members = [];

    /// <summary>The index that keeps the selectors of sets; set once by the engine.</summary>
    public SelectorIndex Selectors { get; set; } = null!;

    public int Count => _sets.Count;

    public IEnumerable<SetEntry> All => _sets.Values;

    /// <summary>New sets, sets with changed members, and sets out of use: what the next flush has to look at.</summary>
    public HashSet<SetEntry> Dirty { get; } = [];

    public SetEntry? Find(string id) => _sets.GetValueOrDefault(id);

    public SetEntry AcquireSelector(Selector selector)
    {
        if (_sets.TryGetValue(selector.UniqueId, out SetEntry? known)) return Use(known);
        SelectorEntry entry = Selectors.Acquire(selector);
        return Register(entry, new SelectorSet(selector.UniqueId, entry, owners));
    }

    public SetEntry AcquireNamedPort(Selector selector, string port, IpProtocol? protocol)
    {
        string id = UniqueIds.Make("n", $"{selector.UniqueId},{protocol?.ToString().ToLowerInvariant() ?? "any"},{port}");
        if (_sets.TryGetValue(id, out SetEntry? known)) return Use(known);
        SelectorEntry entry = Selectors.Acquire(selector);
        return Register(entry, new SelectorSet(id, entry, owners, port, protocol));
    }

    public SetEntry AcquireService(NamespacedName service, bool withPorts)
    {
        string id = UniqueIds.Make(withPorts ? "svc" : "svcnoport", service.ToString());
        if (_sets.TryGetValue(id, out SetEntry? known)) return Use(known);
        ServiceEntry entry = services.Get(service);
        ServiceSet set = new(id, entry, withPorts);
        entry.Sets.Add(set);
        return Register(set);
    }

    public SetEntry AcquireNodes(Selector selector)
    {
        string id = UniqueIds.Make("node", selector.CanonicalText);
        if (_sets.TryGetValue(id, out SetEntry? known)) return Use(known);
        NodeSet set = new(id, selector, nodes);
        nodes.Sets.Add(set);
        return Register(set);
    }

    public void Release(SetEntry set)
    {
        if (--set.Uses == 0) Dirty.Add(set);
    }

    /// <summary>Drops a set that is out of use.</summary>
    public void Remove(SetEntry set)
    {
        _sets.Remove(set.Id);
        if (set is SelectorSet bySelector)
        {
            bySelector.Selector.Sets.Remove(bySelector);
            Selectors.Release(bySelector.Selector);
        }
        else if (set is ServiceSet byService)
        {
            byService.Service.Sets.Remove(byService);
            services.Forget(byService.Service);
        }
        else if (set is NodeSet byNode)
            nodes.Sets.Remove(byNode);
    }

    /// <summary>Before an endpoint comes, goes or changes: remembers what it contributes to the sets of a selector.</summary>
    public void Remember(SelectorEntry selector, EndpointEntry entry)
    {
        foreach (SelectorSet set in selector.Sets.Items)
        {
            if (!set.Emitted) continue;
            _members.Clear();
            set.Collect(entry, _members);
            Remember(set);
        }
    }

    /// <summary>Before a slice comes or goes.</summary>
    public void Remember(EndpointSliceModel slice)
    {
        foreach (ServiceSet set in services.Get(slice.Service).Sets)
        {
            _members.Clear();
            set.Collect(slice, _members);
            Remember(set);
        }
    }

    /// <summary>Before a node comes or goes.</summary>
    public void Remember(NodeModel node)
    {
        foreach (NodeSet set in nodes.Sets)
        {
            _members.Clear();
            set.Collect(node, _members);
            Remember(set);
        }
    }

    private void Remember(SetEntry set)
    {
        foreach (SetMember member in _members)
        {
            if (set.Remember(member)) Dirty.Add(set);
        }
    }

    private SetEntry Register(SelectorEntry selector, SelectorSet set)
    {
        selector.Sets.Add(set);
        return Register(set);
    }

    private SetEntry Register(SetEntry set)
    {
        _sets.Add(set.Id, set);
        Dirty.Add(set);
        return Use(set);
    }

    private static SetEntry Use(SetEntry set)
    {
        set.Uses++;
        return set;
    }
}
