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

    public void Add(ulong pair, int item)
    {
        ref Posting posting = ref CollectionsMarshal.GetValueRefOrAddDefault(_postings, pair, out bool known);
        if (!known)
        {
            ref HashSet<ulong>? pairs = ref CollectionsMarshal.GetValueRefOrAddDefault(_names, LabelPairs.Name(pair), out _);
            (pairs ??= []).Add(pair);
        }

        posting.Add(item);
    }

    public void Remove(ulong pair, int item)
    {
        ref Posting posting = ref CollectionsMarshal.GetValueRefOrNullRef(_postings, pair);
        posting.Remove(item);
        if (posting.Live > 0) return;

        _postings.Remove(pair);
        HashSet<ulong> pairs = _names[LabelPairs.Name(pair)];
        pairs.Remove(pair);
        if (pairs.Count == 0) _names.Remove(LabelPairs.Name(pair));
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

        // A vectorized search: the most common label of a hundred thousand things takes some ten microseconds.
        public void Remove(int item)
        {
            Live--;
            if (_more is null) return;
            int at = _more.AsSpan(0, Live + 1).LastIndexOf(item);
            _more[at] = _more[Live];
        }
    }
}
