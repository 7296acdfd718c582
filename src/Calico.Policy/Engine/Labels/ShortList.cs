using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calico.Policy.Engine.Labels;

/// <summary>A list that is nearly always empty or of one item, without the cost of a list object. Order is that of adding until something is removed.</summary>
internal struct ShortList<T>
    where T : class
{
    // Nothing, the one item, or an array of items.
    private object? _items;
    private int _count;

    public readonly int Count => _count;

    public readonly ReadOnlySpan<T> Items => _items is T[] many
        ? many.AsSpan(0, _count)
        : MemoryMarshal.CreateReadOnlySpan(in Unsafe.As<object?, T>(ref Unsafe.AsRef(in _items)), _count);

    public void Add(T item)
    {
        if (_count == 0)
        {
            _items = item;
            _count = 1;
            return;
        }

        if (_items is not T[] many) _items = many = [(T)_items!, null!];
        if (_count == many.Length)
        {
            Array.Resize(ref many, _count + (_count >> 1) + 1);
            _items = many;
        }

        many[_count++] = item;
    }

    public void Remove(T item)
    {
        int at = Items.IndexOf(item);
        if (at < 0) return;
        _count--;
        if (_items is not T[] many)
        {
            _items = null;
            return;
        }

        many[at] = many[_count];
        many[_count] = null!;
        if (_count == 0) _items = null;
    }

    public void Clear()
    {
        _items = null;
        _count = 0;
    }
}
