using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>One neighbour's family at the receiving end of a lane.</summary>
internal interface IExportMember
{
    /// <summary>The neighbour's source index: what came from it is not sent back.</summary>
    ushort SourceIndex { get; }

    /// <summary>Octets given but not yet written.</summary>
    long QueuedBytes { get; }

    void Send(OutgoingBytes bytes, int updates);

    /// <summary>All that the table holds has been sent.</summary>
    void CaughtUp();
}

/// <summary>
/// Neighbours that get the same updates and have got the same so far. What changes is encoded once for all of them.
/// </summary>
/// <remarks>
/// Per slot the lane remembers from which source the route it last sent came, 0 for none: that is the Adj-RIB-Out. A member that is itself the
/// source does not have the route; when the source changes to a member, that member alone gets a withdrawal. While a member has more than
/// <see cref="HighWater"/> octets waiting the lane rests; when others have nothing left to wait for, the slow ones are split off into a lane of
/// their own, and lanes that are clean merge again.
/// </remarks>
internal sealed partial class ExportLane(Rib rib, ExportProfile profile, ExportScratch scratch, Func<ushort, PathSource> sources) : Lane(rib)
{
    public const int HighWater = 2 * 1024 * 1024;
    public const int LowWater = 256 * 1024;
    private readonly Dictionary<ushort, List<int>> _withdrawn = [];
    private readonly Dictionary<ushort, List<int>> _withdrawnFrom = [];
    private readonly AddPathMemory? _addPath = profile.AddPath ? new AddPathMemory(rib.Attributes) : null;
    private ChunkedList<ushort> _told = new();
    private int[] _toldFrom = new int[8];

    // Withdrawals mostly come in runs from one source: the list of the last one, within a batch.
    private List<int>? _goneList;
    private ushort _goneFrom;
    private bool _awaited;

    public ExportProfile Profile { get; } = profile;

    public List<IExportMember> Members { get; } = [];

    public bool IsBlocked
    {
        get
        {
            foreach (IExportMember member in Members)
            {
                if (member.QueuedBytes > HighWater) return true;
            }

            return false;
        }
    }

    protected override bool Remembers(int slot) => _addPath is not null ? _addPath.Remembers(slot) : slot < _told.Count && _told[slot] != 0;

    /// <summary>The source of the route last told for a slot; 0 for none.</summary>
    public ushort Told(int slot) => slot < _told.Count ? _told[slot] : (ushort)0;

    public bool HasTold(int slot) => Remembers(slot);

    /// <summary>Encodes what is pending, as long as no member is too far behind.</summary>
    public void Run()
    {
        while (!IsClean && !IsBlocked)
        {
            int count = Take(scratch.Batch);
            if (count == 0) continue;
            _told.EnsureCount(Rib.SlotLimit);
            if (_addPath is not null) RunAddPath(scratch.Batch.AsSpan(0, count));
            else RunBest(scratch.Batch.AsSpan(0, count));
        }

        if (!IsClean || !_awaited) return;
        _awaited = false;
        foreach (IExportMember member in Members) member.CaughtUp();
    }

    public void Add(IExportMember member)
    {
        Members.Add(member);
        _awaited = true;
    }

    /// <summary>Tells its members everything again.</summary>
    public void TellAgain()
    {
        WalkAgain();
        IsRefresh = true;
        _awaited = true;
    }

    /// <summary>Whether the walk repeats what members know: nobody new can join it.</summary>
    public bool IsRefresh { get; private set; }

    /// <summary>Moves members that keep others waiting to a lane of their own; null when there is nothing to gain.</summary>
    public ExportLane? SplitSlow()
    {
        if (Members.Count < 2 || IsClean) return null;
        List<IExportMember> slow = Members.FindAll(m => m.QueuedBytes > HighWater);
        if (slow.Count == 0 || !Members.Exists(m => m.QueuedBytes < LowWater)) return null;
        return Split(slow);
    }

    /// <summary>Moves members to a new lane that stands where this one stands.</summary>
    public ExportLane Split(List<IExportMember> members, ExportProfile? profile = null)
    {
        var lane = new ExportLane(Rib, profile ?? Profile, scratch, sources);
        lane.CopyPosition(this);
        lane._told = _told.Clone();
        lane._toldFrom = (int[])_toldFrom.Clone();
        lane._awaited = _awaited;
        if (_addPath is not null) lane._addPath?.CopyFrom(_addPath);
        lane.Members.AddRange(members);
        Members.RemoveAll(members.Contains);
        Rib.AddLane(lane);
        return lane;
    }

    public void Dispose()
    {
        Rib.RemoveLane(this);
        _addPath?.Clear();
    }

    private void RunBest(ReadOnlySpan<int> batch)
    {
        _goneList = null;
        int[] heads = scratch.HeadByAttributes;
        if (heads.Length < Rib.Attributes.Limit) heads = scratch.HeadByAttributes = new int[Rib.Attributes.Limit * 2];
        for (int i = 0; i < batch.Length; i++)
        {
            int best = Rib.Best(batch[i]);
            if (best == 0)
            {
                NoRoute(batch[i]);
                continue;
            }

            // Chains by attributes, as 1-based positions in the batch, newest first.
            int id = Rib.Paths[best].Attributes;
            scratch.Next[i] = heads[id];
            if (heads[id] == 0) scratch.Order.Add(id);
            heads[id] = i + 1;
        }

        foreach (int id in scratch.Order)
        {
            int chain = heads[id];
            heads[id] = 0;
            EmitChain(batch, id, chain);
        }

        scratch.Order.Clear();
        EmitWithdrawals();
    }

    private void EmitChain(ReadOnlySpan<int> batch, int id, int chain)
    {
        PathAttributes attributes = Rib.Attributes[id];
        while (chain != 0)
        {
            // All positions with the source and staleness of the first; the others wait for the next round.
            ref RibPath first = ref Rib.Paths[Rib.Best(batch[chain - 1])];
            ushort source = first.Source;
            bool longStale = (first.Flags & PathFlags.LongStale) != 0;
            int others = 0, mine = 0;
            while (chain != 0)
            {
                int next = scratch.Next[chain - 1];
                ref RibPath path = ref Rib.Paths[Rib.Best(batch[chain - 1])];
                bool same = path.Source == source && (path.Flags & PathFlags.LongStale) != 0 == longStale;
                ref int list = ref same ? ref mine : ref others;
                scratch.Next[chain - 1] = list;
                list = chain;
                chain = next;
            }

            Emit(batch, mine, attributes, sources(source), longStale);
            chain = Reverse(others);
        }
    }

    private int Reverse(int chain)
    {
        int result = 0;
        while (chain != 0)
        {
            int next = scratch.Next[chain - 1];
            scratch.Next[chain - 1] = result;
            result = chain;
            chain = next;
        }

        return result;
    }

    private void Emit(ReadOnlySpan<int> batch, int chain, PathAttributes attributes, PathSource source, bool longStale)
    {
        if (!ExportEncoder.MayExport(Profile, source, attributes, longStale))
        {
            for (; chain != 0; chain = scratch.Next[chain - 1]) NoRoute(batch[chain - 1]);
            return;
        }

        if (Profile.Filter is not { } filter)
        {
            Announce(batch, chain, attributes, source, longStale);
            return;
        }

        if (!filter.DependsOnPrefix)
        {
            PathAttributes edited = attributes;
            if (Passes(filter, batch[chain - 1], ref edited, source))
            {
                Announce(batch, chain, edited, source, longStale);
                return;
            }

            for (; chain != 0; chain = scratch.Next[chain - 1]) NoRoute(batch[chain - 1]);
            return;
        }

        // Each prefix on its own; those that come out alike are still sent together.
        var results = new Dictionary<PathAttributes, int>();
        while (chain != 0)
        {
            int next = scratch.Next[chain - 1];
            PathAttributes edited = attributes;
            if (Passes(filter, batch[chain - 1], ref edited, source))
            {
                results.TryGetValue(edited, out int list);
                scratch.Next[chain - 1] = list;
                results[edited] = chain;
            }
            else
            {
                NoRoute(batch[chain - 1]);
            }

            chain = next;
        }

        foreach ((PathAttributes edited, int list) in results) Announce(batch, list, edited, source, longStale);
    }

    private bool Passes(RouteFilter filter, int slot, ref PathAttributes attributes, PathSource source)
    {
        var context = new RouteContext(FilterDirection.Export, Rib.Family, Rib.Prefix(slot), attributes, source.Party, Profile.Neighbor ?? ExportProfile.AnyNeighbor(Profile.Kind), Rib.LocalRoute(slot, source), Rib.Paths[Rib.Best(slot)].Preference);
        if (filter.Decide(ref context) != FilterVerdict.Accept) return false;
        attributes = context.Attributes;
        return true;
    }

    private void Announce(ReadOnlySpan<int> batch, int chain, PathAttributes attributes, PathSource source, bool longStale)
    {
        ReadOnlySpan<byte> nextHop = ExportEncoder.NextHop(Profile, source, attributes);
        var packer = new UpdatePacker(scratch.Output, Rib.Family, Profile, nextHop);
        int length = nextHop.IsEmpty ? int.MaxValue
            : ExportEncoder.Write(scratch.Attributes, Profile, source, attributes, longStale, nextHop, packer.NextHopInAttributes);
        bool sourceIsMember = IsMember(source.Index);
        ushort exclude = sourceIsMember ? source.Index : (ushort)0;
        int updates = 0;
        bool open = false;
        for (; chain != 0; chain = scratch.Next[chain - 1])
        {
            int slot = batch[chain - 1];
            int size = Rib.WireLength(slot);
            if (length == int.MaxValue || !packer.Fits(length, size))
            {
                // Too long for these neighbours: what they had is withdrawn (RFC 8654 section 4).
                NoRoute(slot);
                continue;
            }

            ref ushort told = ref _told[slot];
            if (sourceIsMember && told != 0 && told != source.Index) ListOf(_withdrawnFrom, source.Index).Add(slot);
            Tell(ref told, source.Index);
            if (open && !packer.HasRoom(size))
            {
                packer.Close();
                open = false;
            }

            if (!open)
            {
                MakeRoom(exclude, only: 0, ref updates);
                packer.Open(scratch.Attributes.AsSpan(0, length));
                open = true;
                updates++;
            }

            packer.Add(Rib, slot, 0);
        }

        if (open) packer.Close();
        Deliver(exclude, only: 0, ref updates);
    }

    private void NoRoute(int slot)
    {
        ref ushort told = ref _told[slot];
        if (told == 0) return;
        if (_goneList is null || told != _goneFrom) (_goneFrom, _goneList) = (told, ListOf(_withdrawn, IsMember(told) ? told : (ushort)0));
        _goneList.Add(slot);
        Tell(ref told, 0);
    }

    private void EmitWithdrawals()
    {
        foreach ((ushort exclude, List<int> slots) in _withdrawn) WriteWithdrawals(slots, exclude, only: 0);
        foreach ((ushort only, List<int> slots) in _withdrawnFrom) WriteWithdrawals(slots, exclude: 0, only);
    }

    private void WriteWithdrawals(List<int> slots, ushort exclude, ushort only)
    {
        if (slots.Count == 0) return;
        var packer = new UpdatePacker(scratch.Output, Rib.Family, Profile, default);
        int updates = 0;
        bool open = false;
        foreach (int slot in slots)
        {
            if (open && !packer.HasRoom(Rib.WireLength(slot)))
            {
                packer.Close();
                open = false;
            }

            if (!open)
            {
                MakeRoom(exclude, only, ref updates);
                packer.OpenWithdrawal();
                open = true;
                updates++;
            }

            packer.Add(Rib, slot, 0);
        }

        packer.Close();
        Deliver(exclude, only, ref updates);
        slots.Clear();
    }

    private void MakeRoom(ushort exclude, ushort only, ref int updates)
    {
        if (scratch.Output.HasRoom(Profile.MaximumLength)) return;
        Deliver(exclude, only, ref updates);
        scratch.Output.Prepare(Profile.MaximumLength);
    }

    /// <summary>Gives the run to one member, or to all but one; 0 is nobody.</summary>
    private void Deliver(ushort exclude, ushort only, ref int updates)
    {
        OutgoingBytes? run = scratch.Output.TakeRun();
        if (run is null) return;
        foreach (IExportMember member in Members)
        {
            if (only != 0 ? member.SourceIndex != only : member.SourceIndex == exclude) continue;
            run.AddReference();
            member.Send(run, updates);
        }

        run.Release();
        updates = 0;
    }

    private bool IsMember(ushort source)
    {
        foreach (IExportMember member in Members)
        {
            if (member.SourceIndex == source) return true;
        }

        return false;
    }

    private static List<T> ListOf<T>(Dictionary<ushort, List<T>> lists, ushort key)
    {
        if (!lists.TryGetValue(key, out List<T>? list)) lists[key] = list = [];
        return list;
    }
}
