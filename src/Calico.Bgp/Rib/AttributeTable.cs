namespace Calico.Bgp;

/// <summary>Keeps one <see cref="PathAttributes"/> for equal octets, found by number. A set goes when its last user releases it.</summary>
internal sealed class AttributeTable
{
    private PathAttributes?[] _byId = new PathAttributes?[64];
    private int[] _buckets = new int[64];
    private readonly Stack<int> _free = new();
    private int _used = 1;
    private int _count;

    /// <summary>Numbers are below this.</summary>
    public int Limit => _used;

    public int Count => _count;

    public PathAttributes this[int id] => _byId[id]!;

    /// <summary>The set for canonical octets; it has no user yet when it is new.</summary>
    public PathAttributes Intern(ReadOnlySpan<byte> octets, int attributesLength)
    {
        int hash = AttributeHash.Of(octets);
        return Find(hash, octets, attributesLength) ?? Insert(new PathAttributes(octets.ToArray(), attributesLength, hash), hash);
    }

    public PathAttributes Intern(PathAttributes attributes)
    {
        if (attributes.Id != 0 && attributes.Id < _used && ReferenceEquals(_byId[attributes.Id], attributes)) return attributes;
        PathAttributes? found = Find(attributes.Hash, attributes.Octets, attributes.Wire.Length);
        // A set that belongs to another table, or to none, is never numbered here: it is shared between speakers.
        return found ?? Insert(new PathAttributes(attributes.Octets.ToArray(), attributes.Wire.Length, attributes.Hash), attributes.Hash);
    }

    public void Release(int id)
    {
        PathAttributes attributes = _byId[id]!;
        if (--attributes.References <= 0) Remove(attributes);
    }

    /// <summary>Drops a set that nobody came to use.</summary>
    public void ReleaseIfUnused(PathAttributes attributes)
    {
        if (attributes.References == 0 && attributes.Id != 0) Remove(attributes);
    }

    /// <summary>Every set, in no order.</summary>
    public IEnumerable<PathAttributes> All()
    {
        for (int i = 1; i < _used; i++)
        {
            if (_byId[i] is { } attributes) yield return attributes;
        }
    }

    private PathAttributes? Find(int hash, ReadOnlySpan<byte> octets, int attributesLength)
    {
        for (int id = _buckets[hash & (_buckets.Length - 1)]; id != 0;)
        {
            PathAttributes candidate = _byId[id]!;
            if (candidate.Hash == hash && candidate.Wire.Length == attributesLength && candidate.Octets.SequenceEqual(octets)) return candidate;
            id = candidate.NextInBucket;
        }

        return null;
    }

    private PathAttributes Insert(PathAttributes attributes, int hash)
    {
        if (_count >= _buckets.Length) GrowBuckets();
        int id = _free.TryPop(out int free) ? free : _used++;
        if (id >= _byId.Length) Array.Resize(ref _byId, _byId.Length * 2);
        attributes.Id = id;
        _byId[id] = attributes;
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        attributes.NextInBucket = bucket;
        bucket = id;
        _count++;
        return attributes;
    }

    private void Remove(PathAttributes attributes)
    {
        ref int link = ref _buckets[attributes.Hash & (_buckets.Length - 1)];
        while (link != attributes.Id) link = ref _byId[link]!.NextInBucket;
        link = attributes.NextInBucket;
        _byId[attributes.Id] = null;
        _free.Push(attributes.Id);
        attributes.Id = 0;
        _count--;
    }

    private void GrowBuckets()
    {
        _buckets = new int[_buckets.Length * 2];
        for (int i = 1; i < _used; i++)
        {
            if (_byId[i] is not { } attributes) continue;
            ref int bucket = ref _buckets[attributes.Hash & (_buckets.Length - 1)];
            attributes.NextInBucket = bucket;
            bucket = i;
        }
    }
}
