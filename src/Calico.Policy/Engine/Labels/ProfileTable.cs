using System.Runtime.InteropServices;
using Calico.Policy.Model;

namespace Calico.Policy.Engine.Labels;

/// <summary>A profile as a source of labels; it is there as soon as someone names it, with or without an object behind it.</summary>
internal sealed class ProfileEntry(string name)
{
    public string Name { get; } = name;
    public ulong[] Labels = [];
    public ProfileModel? Model;
    public CompactSet<ProfileList> Lists;

    /// <summary>Local endpoints that list the profile.</summary>
    public int LocalUses;
}

/// <summary>A list of profiles that endpoints share, with the labels inherited through it: the first profile to have a label wins.</summary>
internal sealed class ProfileList(int id, ProfileEntry[] profiles)
{
    public int Id { get; } = id;
    public ProfileEntry[] Profiles { get; } = profiles;
    public EquatableArray<string> Names { get; } = profiles.Select(p => p.Name).ToEquatableArray();
    public ulong[] Inherited = [];
    public CompactSet<LabelClass> Classes;
    public int Uses;

    public static ulong[] Merge(ProfileEntry[] profiles)
    {
        if (profiles.Length == 0) return [];
        if (profiles.Length == 1) return profiles[0].Labels;
        List<ulong> merged = [];
        foreach (ProfileEntry profile in profiles)
        {
            int known = merged.Count;
            foreach (ulong pair in profile.Labels)
            {
                if (LabelPairs.Find(CollectionsMarshal.AsSpan(merged)[..known], LabelPairs.Name(pair)) < 0) merged.Add(pair);
            }
        }

        return [.. merged.Order()];
    }
}

/// <summary>All profiles and profile lists in use.</summary>
internal sealed class ProfileTable(StringTable texts)
{
    private readonly Dictionary<string, ProfileEntry> _profiles = new(StringComparer.Ordinal);
    private readonly Dictionary<EquatableArray<string>, ProfileList> _lists = [];
    private readonly List<ProfileList?> _byId = [];
    private readonly Stack<int> _free = new();
    private ulong[] _buffer = new ulong[16];

    public int ProfileCount { get; private set; }

    public ProfileList ById(int id) => _byId[id]!;

    /// <summary>The list with this id, if the id is still in use.</summary>
    public ProfileList? FindById(int id) => id < _byId.Count ? _byId[id] : null;

    public ProfileEntry? Find(string name) => _profiles.GetValueOrDefault(name);

    public ProfileEntry Get(string name)
    {
        ref ProfileEntry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_profiles, name, out _);
        return entry ??= new ProfileEntry(name);
    }

    /// <summary>Sets or (with null) clears the object behind a profile. The lists that use it are then to be merged anew by the caller.</summary>
    /// <returns>True when labels changed.</returns>
    public bool SetModel(ProfileEntry entry, ProfileModel? model)
    {
        ProfileCount += (model is null ? 0 : 1) - (entry.Model is null ? 0 : 1);
        bool changed = !(entry.Model?.Labels ?? LabelMap.Empty).Equals(model?.Labels ?? LabelMap.Empty);
        entry.Model = model;
        if (changed)
        {
            ulong[] old = entry.Labels;
            int count = LabelPairs.Acquire(texts, model?.Labels ?? LabelMap.Empty, ref _buffer);
            entry.Labels = _buffer.AsSpan(0, count).ToArray();
            LabelPairs.Release(texts, old);
        }

        Forget(entry);
        return changed;
    }

    public ProfileList Acquire(EquatableArray<string> names)
    {
        ref ProfileList? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_lists, names, out _);
        if (list is null)
        {
            ProfileEntry[] profiles = new ProfileEntry[names.Count];
            for (int i = 0; i < profiles.Length; i++) profiles[i] = Get(names[i]);
            if (!_free.TryPop(out int id))
            {
                id = _byId.Count;
                _byId.Add(null);
            }

            list = new ProfileList(id, profiles) { Inherited = ProfileList.Merge(profiles) };
            _byId[id] = list;
            foreach (ProfileEntry profile in profiles) profile.Lists.Add(list);
        }

        list.Uses++;
        return list;
    }

    /// <returns>True when the list was used for the last time.</returns>
    public bool Release(ProfileList list)
    {
        if (--list.Uses > 0) return false;
        _lists.Remove(list.Names);
        _byId[list.Id] = null;
        _free.Push(list.Id);
        foreach (ProfileEntry profile in list.Profiles)
        {
            profile.Lists.Remove(list);
            Forget(profile);
        }

        return true;
    }

    private void Forget(ProfileEntry entry)
    {
        if (entry.Model is null && entry.Lists.Count == 0 && entry.LocalUses == 0) _profiles.Remove(entry.Name);
    }
}
