using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calico.Policy.Engine.Labels;

/// <summary>Label → numbers of the things that have it. A label that only one thing has costs no list.</summary>
internal sealed class PairIndex
{
    private readonly Dictionary<ulong, Posting> _postings = [];
    private readonly Dictionary<int, HashSet<ulong>> _names = [];

    /// <summary>How many things have the label.</summary>
    public int Count(ulong pair) => _postings.TryGetValue(pair, out Posting posting) ? posting.Live : 0;

    /// <summary>How many things have the label with any value; an upper bound.</summary>
    public int CountOfName(int name)
    {
        if (!_names.TryGetValue(name, out HashSet<ulong>? pairs)) return 0;
        int count = 0;
        foreach (ulong pair in pairs) count += Count(pair);
        return count;
    }

    public ReadOnlySpan<int> Items(ulong pair)
    {
        ref Posting posting = ref CollectionsMarshal.GetValueRefOrNullRef(_postings, pair);
        return Unsafe.IsNullRef(ref posting) ? [] : posting.Items;
    }

    public IEnumerable<ulong> PairsOfName(int name) => _names.TryGetValue(name, out HashSet<ulong>? pairs) ? pairs : [];

    /// <returns>The item's place in the label's list, for <see cref="RemoveAt"/>.</returns>
    public int Add(ulong pair, int item)
    {
        ref Posting posting = ref CollectionsMarshal.GetValueRefOrAddDefault(_postings, pair, out bool known);
        if (!known)
        {
            ref HashSet<ulong>? pairs = ref CollectionsMarshal.GetValueRefOrAddDefault(_names, LabelPairs.Name(pair), out _);
            (pairs ??= []).Add(pair);
        }

        posting.Add(item);
        return posting.Live - 1;
    }

    /// <summary>Removes an item by searching for it: for short lists.</summary>
    public void Remove(ulong pair, int item) => RemoveAt(pair, Items(pair).IndexOf(item));

    /// <summary>Removes the item at a place; the last one takes the place.</summary>
    /// <returns>The item that now has the place, or -1 when none has.</returns>
    public int RemoveAt(ulong pair, int place)
    {
        ref Posting posting = ref CollectionsMarshal.GetValueRefOrNullRef(_postings, pair);
        int moved = posting.RemoveAt(place);
        if (posting.Live > 0) return moved;

        _postings.Remove(pair);
        HashSet<ulong> pairs = _names[LabelPairs.Name(pair)];
        pairs.Remove(pair);
        if (pairs.Count == 0) _names.Remove(LabelPairs.Name(pair));
        return -1;
    }

    private struct Posting
    {
        private int _first;
        private int[]? _more;
        public int Live;

        public readonly ReadOnlySpan<int> Items =>
            _more is null ? MemoryMarshal.CreateReadOnlySpan(in Unsafe.AsRef(in _first), Live) : _more.AsSpan(0, Live);

        public void Add(int item)
        {
            if (Live == 0 && _more is null)
                _first = item;
            else
            {
                _more ??= [_first, 0, 0, 0];
                if (Live == _more.Length) Array.Resize(ref _more, Live + (Live >> 1));
                _more[Live] = item;
            }

            Live++;
        }

        public int RemoveAt(int place)
        {
            Live--;
            if (place == Live) return -1;
            return _more![place] = _more[Live];
        }
    }
}
