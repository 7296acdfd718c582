using Calico.Net;

namespace Calico.Dataplane.Sets;

/// <summary>
/// Prefixes of one family that may overlap, and of these the outermost: what an interval set can hold.
/// Adding and removing tell which outermost prefixes come and go.
/// </summary>
internal sealed class PrefixCover
{
    private readonly SortedSet<IpPrefix> _members = [];

    public int Count => _members.Count;

    public IEnumerable<IpPrefix> Members => _members;

    public IEnumerable<IpPrefix> Outermost
    {
        get
        {
            IpPrefix? last = null;
            foreach (IpPrefix prefix in _members)
            {
                if (last is { } outer && outer.Contains(prefix)) continue;
                last = prefix;
                yield return prefix;
            }
        }
    }

    public bool Contains(in IpPrefix member) => _members.Contains(member);

    public void Add(in IpPrefix prefix, Action<IpPrefix> appears, Action<IpPrefix> disappears)
    {
        if (!_members.Add(prefix) || IsCovered(prefix)) return;
        foreach (IpPrefix inner in OutermostInside(prefix)) disappears(inner);
        appears(prefix);
    }

    public void Remove(in IpPrefix prefix, Action<IpPrefix> appears, Action<IpPrefix> disappears)
    {
        if (!_members.Remove(prefix) || IsCovered(prefix)) return;
        disappears(prefix);
        foreach (IpPrefix inner in OutermostInside(prefix)) appears(inner);
    }

    /// <summary>Whether an address or prefix lies in a member other than itself.</summary>
    public bool IsCovered(in IpPrefix prefix)
    {
        for (int length = prefix.Length - 1; length >= 0; length--)
        {
            if (_members.Contains(prefix.Truncate(length))) return true;
        }

        return false;
    }

    private List<IpPrefix> OutermostInside(IpPrefix prefix)
    {
        List<IpPrefix> inside = [];
        foreach (IpPrefix candidate in _members.GetViewBetween(prefix, prefix.LastAddress))
        {
            if (candidate == prefix || !prefix.Contains(candidate)) continue;
            if (inside.Count == 0 || !inside[^1].Contains(candidate)) inside.Add(candidate);
        }

        return inside;
    }
}
