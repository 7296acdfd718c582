using System.Runtime.CompilerServices;

namespace Calico.Bgp;

/// <summary>A growing array that moves no item beyond the first chunk: growth costs no copy and leaves no garbage. The first chunk grows by doubling, so that a small list is small.</summary>
internal sealed class ChunkedList<T> where T : struct
{
    private const int Shift = 14;
    private const int Size = 1 << Shift;
    private const int Mask = Size - 1;
    private const int Smallest = 16;
    private T[][] _chunks = new T[4][];
    private int _count;

    public int Count => _count;

    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[index >> Shift][index & Mask];
    }

    public int Add()
    {
        int index = _count++;
        Grow(index);
        return index;
    }

    /// <summary>Makes indexes below <paramref name="count"/> valid; new items are default.</summary>
    public void EnsureCount(int count)
    {
        if (count <= _count) return;
        for (int index = _count & ~Mask; index < count; index += Size) Grow(Math.Min(index | Mask, count - 1));
        _count = count;
    }

    public ChunkedList<T> Clone()
    {
        var copy = new ChunkedList<T> { _chunks = new T[_chunks.Length][], _count = _count };
        for (int i = 0; i < _chunks.Length && _chunks[i] is not null; i++) copy._chunks[i] = (T[])_chunks[i].Clone();
        return copy;
    }

    private void Grow(int index)
    {
        int chunk = index >> Shift;
        if (chunk >= _chunks.Length) Array.Resize(ref _chunks, _chunks.Length * 2);
        if (chunk > 0) _chunks[chunk] ??= new T[Size];
        if (index < Size && (_chunks[0] is not { } first || first.Length <= index)) Array.Resize(ref _chunks[0], Math.Min(Size, Math.Max(Smallest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)index + 1))));
    }
}

/// <summary>One bit for each slot.</summary>
internal sealed class SlotSet
{
    private ulong[] _bits = new ulong[4];

    public bool Contains(int slot) => slot >> 6 < _bits.Length && (_bits[slot >> 6] & 1UL << (slot & 63)) != 0;

    /// <summary>False when the slot was in the set.</summary>
    public bool Add(int slot)
    {
        int word = slot >> 6;
        if (word >= _bits.Length) Array.Resize(ref _bits, Math.Max(_bits.Length * 2, word + 1));
        ulong bit = 1UL << (slot & 63);
        if ((_bits[word] & bit) != 0) return false;
        _bits[word] |= bit;
        return true;
    }

    public void Remove(int slot)
    {
        if (slot >> 6 < _bits.Length) _bits[slot >> 6] &= ~(1UL << (slot & 63));
    }
}
