using System.Runtime.InteropServices;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Ruleset;

/// <summary>What is to be added to and removed from one set. Adding and removing the same element cancel out.</summary>
internal sealed class ElementChanges
{
    private readonly Dictionary<(NftValue First, NftValue Last), (NftElement? Before, NftElement? After)> _changes = [];

    public bool IsEmpty => _changes.Count == 0;

    public IEnumerable<NftElement> Removed => _changes.Values.Where(c => c.Before is not null).Select(c => c.Before!.Value);

    public IEnumerable<NftElement> Added => _changes.Values.Where(c => c.After is not null).Select(c => c.After!.Value);

    public void Add(in NftElement element) => Change(null, element);

    public void Remove(in NftElement element) => Change(element, null);

    public void Replace(in NftElement before, in NftElement after) => Change(before, after);

    private void Change(NftElement? before, NftElement? after)
    {
        NftElement any = after ?? before!.Value;
        (NftValue, NftValue) key = (any.Key, any.KeyEnd);
        ref (NftElement? Before, NftElement? After) change = ref CollectionsMarshal.GetValueRefOrAddDefault(_changes, key, out bool exists);
        change = exists ? (change.Before, after) : (before, after);
        if (Equals(change.Before, change.After)) _changes.Remove(key);
    }
}
