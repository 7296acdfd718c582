using Calico.Net;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Model;

namespace Calico.Policy.Engine.Sets;

/// <summary>Endpoints and network sets of one kind of key: keeps each in its label class and tells the sets before anything changes.</summary>
internal sealed class EndpointStore<TKey>(EngineState state) where TKey : notnull
{
    private readonly Dictionary<TKey, EndpointEntry> _entries = [];

    public int Count => _entries.Count;

    public int LocalCount { get; private set; }

    /// <summary>Adds or changes one.</summary>
    /// <param name="key">Its identity.</param>
    /// <param name="nets">Its addresses, sorted and distinct.</param>
    /// <param name="labels">Its own labels.</param>
    /// <param name="profiles">Its profiles.</param>
    /// <param name="ports">Its named ports.</param>
    /// <param name="local">The whole endpoint when it is local, else null.</param>
    public void Upsert(TKey key, ReadOnlySpan<IpPrefix> nets, LabelMap labels, EquatableArray<string> profiles, EquatableArray<EndpointPort> ports, EndpointModel? local)
    {
        LabelClass labelClass = state.Classes.Get(labels, profiles, out bool isNew);
        if (isNew) state.SetSelectors.Refresh(labelClass);
        if (_entries.TryGetValue(key, out EndpointEntry? known))
            Change(known, nets, labelClass, ports, local);
        else
            _entries.Add(key, Add(nets, labelClass, ports, local));
    }

    public void Remove(TKey key)
    {
        if (!_entries.Remove(key, out EndpointEntry? entry)) return;
        RememberAll(entry, entry.Class);
        if (entry.Local is not null) RemoveLocal(entry);
        for (int i = 0; i < entry.NetCount; i++) state.Owners.Remove(entry.Net(i), entry);
        Leave(entry);
    }

    private EndpointEntry Add(ReadOnlySpan<IpPrefix> nets, LabelClass labelClass, EquatableArray<EndpointPort> ports, EndpointModel? local)
    {
        EndpointEntry entry = new() { Ports = ports };
        entry.SetNets(nets);
        RememberAll(entry, labelClass);
        labelClass.Link(entry);
        foreach (IpPrefix net in nets) state.Owners.Add(net, entry);
        if (local is not null) AddLocal(entry, local);
        return entry;
    }

    private void Change(EndpointEntry entry, ReadOnlySpan<IpPrefix> nets, LabelClass labelClass, EquatableArray<EndpointPort> ports, EndpointModel? local)
    {
        bool moves = entry.Class != labelClass, sameNets = entry.HasNets(nets), sameContent = sameNets && entry.Ports == ports;
        bool wasLocal = entry.Local is not null;
        if (wasLocal && (moves || local is null)) RemoveLocal(entry, keep: local is not null);
        if (!sameContent || moves)
        {
            RememberDifference(entry, entry.Class, sameContent ? labelClass : null);
            EndpointEntry next = new() { Ports = ports };
            next.SetNets(nets);
            RememberDifference(next, labelClass, sameContent ? entry.Class : null);
        }

        if (!sameNets)
        {
            for (int i = 0; i < entry.NetCount; i++) state.Owners.Remove(entry.Net(i), entry);
            entry.SetNets(nets);
            foreach (IpPrefix net in nets) state.Owners.Add(net, entry);
        }

        entry.Ports = ports;
        if (moves)
        {
            Leave(entry);
            labelClass.Link(entry);
        }

        if (local is null) return;
        if (entry.Local is null || moves) AddLocal(entry, local);
        entry.Local!.Model = local;
        state.DirtyEndpoints.Add(entry.Local);
    }

    // Between two classes only the selectors that tell them apart matter.
    private void RememberDifference(EndpointEntry entry, LabelClass from, LabelClass? other)
    {
        foreach (SelectorEntry selector in from.SetMatches.Items)
        {
            if (other is null || !selector.Classes.Contains(other)) state.Sets.Remember(selector, entry);
        }
    }

    private void RememberAll(EndpointEntry entry, LabelClass labelClass) => RememberDifference(entry, labelClass, null);

    private void Leave(EndpointEntry entry)
    {
        LabelClass old = entry.Class;
        old.Unlink(entry);
        state.RemoveIfEmpty(old);
    }

    private void AddLocal(EndpointEntry entry, EndpointModel model)
    {
        LabelClass labelClass = entry.Class;
        entry.Local ??= new LocalEndpoint(entry, model);
        if (labelClass.Local is null)
        {
            labelClass.Local = new LocalClass(labelClass) { Index = state.Classes.LocalClasses.Count };
            state.Classes.LocalClasses.Add(labelClass.Local);
            state.PolicySelectors.Refresh(labelClass);
            state.DirtyClasses.Add(labelClass.Local);
        }

        labelClass.Local.Endpoints.Add(entry.Local);
        state.DirtyEndpoints.Add(entry.Local);
        LocalCount++;
        CountProfiles(labelClass, +1);
    }

    private void RemoveLocal(EndpointEntry entry, bool keep = false)
    {
        LocalEndpoint endpoint = entry.Local!;
        LocalClass local = entry.Class.Local!;
        local.Endpoints.Remove(endpoint);
        LocalCount--;
        CountProfiles(entry.Class, -1);
        if (!keep)
        {
            endpoint.IsDeleted = true;
            state.DirtyEndpoints.Add(endpoint);
            entry.Local = null;
        }

        if (local.Endpoints.Count > 0) return;
        state.PolicySelectors.Drop(entry.Class);
        List<LocalClass> all = state.Classes.LocalClasses;
        all[local.Index] = all[^1];
        all[local.Index].Index = local.Index;
        all.RemoveAt(all.Count - 1);
        state.DirtyClasses.Remove(local);
        entry.Class.Local = null;
    }

    private void CountProfiles(LabelClass labelClass, int change)
    {
        foreach (ProfileEntry profile in labelClass.Parents.Profiles)
        {
            profile.LocalUses += change;
            state.DirtyProfiles.Add(profile.Name);
        }
    }
}
