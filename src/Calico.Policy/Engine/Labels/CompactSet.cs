namespace Calico.Policy.Engine.Labels;

/// <summary>A set that is often empty or of one item and sometimes large: a hash table only from the second item on.</summary>
internal struct CompactSet<T>
    where T : class
{
    // Nothing, the one item, or a hash set.
    private object? _items;

    public readonly int Count => _items switch
    {
        null => 0,
        HashSet<T> many => many.Count,
        _ => 1,
    };

    public readonly bool Contains(T item) => ReferenceEquals(_items, item) || (_items is HashSet<T> many && many.Contains(item));

    public void Add(T item)
    {
        switch (_items)
        {
            case null:
                _items = item;
                break;
            case HashSet<T> many:
                many.Add(item);
                break;
            case T one when !ReferenceEquals(one, item):
                _items = new HashSet<T> { one, item };
                break;
        }
    }

    public void Remove(T item)
    {
        if (ReferenceEquals(_items, item)) _items = null;
        else if (_items is HashSet<T> many && many.Remove(item) && many.Count == 0) _items = null;
    }

    public void Clear() => _items = null;

    public readonly Enumerator GetEnumerator() => new(_items);

    public struct Enumerator
    {
        private readonly bool _isMany;
        private HashSet<T>.Enumerator _many;
        private T? _one;

        public Enumerator(object? items)
        {
            if (items is HashSet<T> many)
            {
                _isMany = true;
                _many = many.GetEnumerator();
            }
            else
                _one = (T?)items;
        }

        public T Current { get; private set; } = null!;

        public bool MoveNext()
        {
            if (_isMany)
            {
                if (!_many.MoveNext()) return false;
                Current = _many.Current;
                return true;
            }

            if (_one is null) return false;
            (Current, _one) = (_one, null);
            return true;
        }
    }
}
