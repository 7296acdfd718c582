namespace Calico.Bgp;

/// <summary>What an ADD-PATH lane has told: for each slot the path identifiers, with the attributes and the source told with them.</summary>
internal sealed class AddPathMemory(AttributeTable attributes)
{
    private readonly Dictionary<int, List<(uint PathId, int Attributes, ushort Source)>> _told = [];

    public bool Remembers(int slot) => _told.ContainsKey(slot);

    public int CountExcept(ushort source) => _told.Values.Sum(list => list.Count(told => told.Source != source));

    public List<(uint PathId, int Attributes, ushort Source)> Of(int slot)
    {
        if (!_told.TryGetValue(slot, out List<(uint, int, ushort)>? list)) _told[slot] = list = [];
        return list;
    }

    public void Add(List<(uint PathId, int Attributes, ushort Source)> list, uint pathId, int id, ushort source)
    {
        attributes[id].References++;
        list.Add((pathId, id, source));
    }

    public void RemoveAt(List<(uint PathId, int Attributes, ushort Source)> list, int index)
    {
        attributes.Release(list[index].Attributes);
        list.RemoveAt(index);
    }

    public void DropIfEmpty(int slot)
    {
        if (_told.TryGetValue(slot, out List<(uint, int, ushort)>? list) && list.Count == 0) _told.Remove(slot);
    }

    public void Forget(ushort source)
    {
        foreach ((int slot, List<(uint PathId, int Attributes, ushort Source)> list) in _told.ToArray())
        {
            for (int i = list.Count - 1; i >= 0; i--)
            {
                if (list[i].Source == source) RemoveAt(list, i);
            }

            DropIfEmpty(slot);
        }
    }

    public void CopyFrom(AddPathMemory other)
    {
        foreach ((int slot, List<(uint PathId, int Attributes, ushort Source)> list) in other._told)
        {
            List<(uint PathId, int Attributes, ushort Source)> mine = Of(slot);
            foreach ((uint pathId, int id, ushort source) in list) Add(mine, pathId, id, source);
        }
    }

    public void Clear()
    {
        foreach (List<(uint PathId, int Attributes, ushort Source)> list in _told.Values)
        {
            foreach ((_, int id, _) in list) attributes.Release(id);
        }

        _told.Clear();
    }
}

// Several paths per destination (RFC 7911): the identifier of a path is its place in the table, unique while the path lives.
internal sealed partial class ExportLane
{
    private void RunAddPath(ReadOnlySpan<int> batch)
    {
        var announce = new Dictionary<(PathAttributes Attributes, ushort Source, bool LongStale), List<(int Slot, uint PathId)>>();
        var withdraw = new Dictionary<ushort, List<(int Slot, uint PathId)>>();
        foreach (int slot in batch) Diff(slot, announce, withdraw);
        foreach ((ushort exclude, List<(int, uint)> list) in withdraw) WriteAddPath(list, default, [], exclude);
        foreach (((PathAttributes attributes, ushort index, bool longStale), List<(int, uint)> list) in announce)
        {
            PathSource source = sources(index);
            ReadOnlySpan<byte> nextHop = ExportEncoder.NextHop(Profile, source, attributes);
            bool inAttributes = Rib.Family == Family.Ipv4Unicast && nextHop.Length == 4;
            int length = ExportEncoder.Write(scratch.Attributes, Profile, source, attributes, longStale, nextHop, inAttributes);
            WriteAddPath(list, nextHop, scratch.Attributes.AsSpan(0, length), IsMember(index) ? index : (ushort)0);
        }
    }

    private void Diff(
        int slot,
        Dictionary<(PathAttributes Attributes, ushort Source, bool LongStale), List<(int Slot, uint PathId)>> announce,
        Dictionary<ushort, List<(int Slot, uint PathId)>> withdraw)
    {
        List<(uint PathId, int Attributes, ushort Source)> told = _addPath!.Of(slot);
        var current = new List<uint>();
        int limit = Profile.AddPathLimit > 0 ? Profile.AddPathLimit : int.MaxValue;
        foreach (int index in Rib.PathsBestFirst(slot, sorted: limit != int.MaxValue))
        {
            if (current.Count >= limit) break;
            ref RibPath path = ref Rib.Paths[index];
            PathAttributes attributes = Rib.Attributes[path.Attributes];
            PathSource source = sources(path.Source);
            bool longStale = (path.Flags & PathFlags.LongStale) != 0;
            if (attributes.Unreachable || !ExportEncoder.MayExport(Profile, source, attributes, longStale)) continue;
            PathAttributes edited = attributes;
            if (Profile.Filter is { } filter && !PassesPath(filter, slot, ref edited, source, path.Preference)) continue;
            if (!CanCarry(edited, source, longStale, slot)) continue;
            current.Add((uint)index);
            int known = told.FindIndex(t => t.PathId == (uint)index);
            if (known >= 0)
            {
                // Another source's path in the place of one that went: the new source, which is not told of its own, still has the old one.
                if (told[known].Source != path.Source) ListOf(withdraw, 0).Add((slot, (uint)index));
                _addPath.RemoveAt(told, known);
            }

            _addPath.Add(told, (uint)index, path.Attributes, path.Source);
            (PathAttributes, ushort, bool) key = (edited, path.Source, longStale);
            if (!announce.TryGetValue(key, out List<(int, uint)>? list)) announce[key] = list = [];
            list.Add((slot, (uint)index));
        }

        for (int i = told.Count - 1; i >= 0; i--)
        {
            uint pathId = told[i].PathId;
            if (current.Contains(pathId)) continue;
            _addPath.RemoveAt(told, i);
            ListOf(withdraw, 0).Add((slot, pathId));
        }

        _addPath.DropIfEmpty(slot);
    }

    private bool PassesPath(RouteFilter filter, int slot, ref PathAttributes attributes, PathSource source, ushort preference)
    {
        var context = new RouteContext(FilterDirection.Export, Rib.Family, Rib.Prefix(slot), attributes, source.Party, Profile.Neighbor ?? ExportProfile.AnyNeighbor(Profile.Kind), Rib.LocalRoute(slot, source), preference);
        if (filter.Decide(ref context) != FilterVerdict.Accept) return false;
        attributes = context.Attributes;
        return true;
    }

    private bool CanCarry(PathAttributes attributes, PathSource source, bool longStale, int slot)
    {
        ReadOnlySpan<byte> nextHop = ExportEncoder.NextHop(Profile, source, attributes);
        if (nextHop.IsEmpty) return false;
        var packer = new UpdatePacker(scratch.Output, Rib.Family, Profile, nextHop);
        int length = ExportEncoder.Write(scratch.Attributes, Profile, source, attributes, longStale, nextHop, packer.NextHopInAttributes);
        return packer.Fits(length, Rib.WireLength(slot));
    }

    private void WriteAddPath(List<(int Slot, uint PathId)> list, ReadOnlySpan<byte> nextHop, ReadOnlySpan<byte> attributes, ushort exclude)
    {
        var packer = new UpdatePacker(scratch.Output, Rib.Family, Profile, nextHop);
        bool open = false;
        int updates = 0;
        foreach ((int slot, uint pathId) in list)
        {
            if (open && !packer.HasRoom(Rib.WireLength(slot)))
            {
                packer.Close();
                open = false;
            }

            if (!open)
            {
                MakeRoom(exclude, only: 0, ref updates);
                if (attributes.IsEmpty) packer.OpenWithdrawal();
                else packer.Open(attributes);
                open = true;
                updates++;
            }

            packer.Add(Rib, slot, pathId);
        }

        if (open) packer.Close();
        Deliver(exclude, only: 0, ref updates);
    }
}
