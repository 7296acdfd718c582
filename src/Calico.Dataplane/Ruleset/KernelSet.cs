using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Ruleset;

/// <summary>A set or map as it should be in the kernel.</summary>
internal abstract class KernelSet(NftSet definition)
{
    /// <summary>Name, types and flags; the elements are not in it.</summary>
    public NftSet Definition { get; } = definition;

    public string Name => Definition.Name;

    public abstract int Count { get; }

    public abstract IEnumerable<NftElement> Elements { get; }

    public NftSet ToNftSet() => Definition with { Elements = Elements.ToValueList() };
}

/// <summary>A map or set whose elements are set one by one, each with its key.</summary>
internal sealed class KeyedSet(NftSet definition, RulesetState owner) : KernelSet(definition)
{
    private readonly Dictionary<(NftValue First, NftValue Last), NftElement> _elements = [];

    public override int Count => _elements.Count;

    public override IEnumerable<NftElement> Elements => _elements.Values;

    public void Put(in NftElement element)
    {
        (NftValue, NftValue) key = (element.Key, element.KeyEnd);
        if (_elements.TryGetValue(key, out NftElement old))
        {
            if (old == element) return;
            owner.Changes(Name).Replace(old, element);
        }
        else owner.Changes(Name).Add(element);

        _elements[key] = element;
    }

    /// <summary>Puts the elements and deletes all others.</summary>
    public void Replace(IEnumerable<NftElement> elements)
    {
        HashSet<(NftValue, NftValue)> kept = [];
        foreach (NftElement element in elements)
        {
            kept.Add((element.Key, element.KeyEnd));
            Put(element);
        }

        foreach ((NftValue first, NftValue last) in _elements.Keys.Where(k => !kept.Contains(k)).ToList()) Delete(first, last);
    }

    public void Delete(NftValue first, NftValue last = default)
    {
        if (_elements.Remove((first, last), out NftElement old)) owner.Changes(Name).Remove(old);
    }
}
