using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>A <see cref="Rib"/> with its keys in a flat open-addressed hash table.</summary>
internal sealed class RibTable<TKey>(Family family, AttributeTable attributes, Decision decision) : Rib(family, attributes, decision)
    where TKey : struct, INlriKey<TKey>
{
    private readonly ChunkedList<TKey> _keys = NewKeys();
    private readonly Stack<int> _freeSlots = new();
    private int[] _index = new int[64];
    private int _indexed;

    public override IpPrefix Prefix(int slot) => _keys[slot].Prefix;

    public override int WireLength(int slot) => _keys[slot].WireLength;

    public override int WriteKey(int slot, Span<byte> destination)
    {
        ref TKey key = ref _keys[slot];
        key.Write(destination);
        return key.WireLength;
    }

    public override int Find(in IpPrefix prefix) => Find(TKey.From(prefix));

    public override int FindOrAdd(in IpPrefix prefix) => FindOrAdd(TKey.From(prefix));

    public override int Announce(ReadOnlySpan<byte> field, bool addPath, ushort source, PathAttributes attributes, ushort preference)
    {
        int added = 0;
        while (!field.IsEmpty)
        {
            uint pathId = addPath ? ReadPathId(ref field) : 0;
            if (SetPath(FindOrAdd(TKey.Read(ref field)), source, pathId, attributes, preference)) added++;
        }

        return added;
    }

    public override int Announce(ReadOnlySpan<byte> field, bool addPath, ushort source, PathAttributes attributes, ImportGate gate)
    {
        int added = 0;
        while (!field.IsEmpty)
        {
            uint pathId = addPath ? ReadPathId(ref field) : 0;
            TKey key = TKey.Read(ref field);
            PathAttributes mine = attributes;
            ushort preference = 100;
            if (gate.Admit(key.Prefix, ref mine, ref preference))
            {
                if (SetPath(FindOrAdd(key), source, pathId, mine, preference)) added++;
            }
            else
            {
                int slot = Find(key);
                if (slot != 0 && RemovePath(slot, source, pathId)) added--;
            }
        }

        return added;
    }

    public override int Withdraw(ReadOnlySpan<byte> field, bool addPath, ushort source)
    {
        int removed = 0;
        while (!field.IsEmpty)
        {
            uint pathId = addPath ? ReadPathId(ref field) : 0;
            int slot = Find(TKey.Read(ref field));
            if (slot != 0 && RemovePath(slot, source, pathId)) removed++;
        }

        return removed;
    }

    protected override void Forget(SlotSet free)
    {
        for (int slot = 1; slot < _keys.Count; slot++)
        {
            if (free.Contains(slot)) _freeSlots.Push(slot);
        }

        // Free slots that were free before stay out of the index as well.
        var kept = new SlotSet();
        foreach (int slot in _freeSlots) kept.Add(slot);
        Rebuild(_index.Length, kept);
    }

    private static uint ReadPathId(scoped ref ReadOnlySpan<byte> field)
    {
        uint pathId = BinaryPrimitives.ReadUInt32BigEndian(field);
        field = field[4..];
        return pathId;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(TKey key)
    {
        int[] index = _index;
        for (int i = key.HashCode & (index.Length - 1); ; i = (i + 1) & (index.Length - 1))
        {
            int slot = index[i];
            if (slot == 0 || _keys[slot].Equals(key)) return slot;
        }
    }

    private int FindOrAdd(TKey key)
    {
        int[] index = _index;
        int i = key.HashCode & (index.Length - 1);
        for (; index[i] != 0; i = (i + 1) & (index.Length - 1))
        {
            if (_keys[index[i]].Equals(key)) return index[i];
        }

        int slot = AddSlot(_freeSlots.TryPop(out int free) ? free : 0);
        if (free == 0) _keys.Add();
        _keys[slot] = key;
        index[i] = slot;
        // At most two thirds full.
        if (++_indexed * 3 > index.Length * 2) Rebuild(index.Length * 2, null);
        return slot;
    }

    private void Rebuild(int size, SlotSet? without)
    {
        var index = new int[size];
        _indexed = 0;
        SlotSet free = without ?? new SlotSet();
        if (without is null)
        {
            foreach (int slot in _freeSlots) free.Add(slot);
        }

        for (int slot = 1; slot < _keys.Count; slot++)
        {
            if (free.Contains(slot)) continue;
            int i = _keys[slot].HashCode & (size - 1);
            while (index[i] != 0) i = (i + 1) & (size - 1);
            index[i] = slot;
            _indexed++;
        }

        _index = index;
    }

    private static ChunkedList<TKey> NewKeys()
    {
        var keys = new ChunkedList<TKey>();
        keys.Add();
        return keys;
    }
}
