using System.Net;
using Calico.Net;

namespace Calico.Bgp;

// What the tables hold, for people and programs that ask.
public sealed partial class BgpCore
{
    /// <summary>Routes of the Loc-RIB.</summary>
    /// <param name="query">Which; null: the best of every prefix.</param>
    /// <returns>Routes in no order.</returns>
    public IReadOnlyList<RibRoute> Routes(RibQuery? query = null)
    {
        query ??= new RibQuery();
        var found = new List<RibRoute>();
        if (!_ribs.TryGetValue(query.Family, out Rib? rib)) return found;
        ushort neighbor = 0;
        if (query.Neighbor is { } address)
        {
            if (!_neighbors.TryGetValue(Normalize(address), out Neighbor? known)) return found;
            neighbor = known.Source.Index;
        }

        foreach (int slot in Slots(rib, query))
        {
            int best = rib.Best(slot);
            for (int index = rib.Head(slot); index != 0; index = rib.Paths[index].Next)
            {
                if (!query.AllPaths && query.Neighbor is null && index != best) continue;
                if (neighbor != 0 && rib.Paths[index].Source != neighbor) continue;
                found.Add(Route(rib, slot, index, index == best));
                if (found.Count >= query.Limit) return found;
            }
        }

        return found;
    }

    /// <summary>What a neighbour has been sent (Adj-RIB-Out), as it was sent: after export policy, with its own next hop and AS path.</summary>
    /// <param name="neighbor">The neighbour's address.</param>
    /// <param name="query">Family, prefix, match and limit; the rest is not looked at. Null: all IPv4 unicast routes.</param>
    /// <returns>Routes in no order; empty while there is no session.</returns>
    public IReadOnlyList<RibRoute> Advertised(IPAddress neighbor, RibQuery? query = null)
    {
        query ??= new RibQuery();
        var found = new List<RibRoute>();
        if (!_neighbors.TryGetValue(Normalize(neighbor), out Neighbor? known) || !known.Families.TryGetValue(query.Family, out NeighborFamily? member) || member.Lane is not { } lane)
            return found;
        Rib rib = member.Rib;
        _scratch.Borrow();
        foreach (int slot in Slots(rib, query))
        {
            foreach ((int index, uint pathId) in lane.Sent(slot, member.SourceIndex))
            {
                if (lane.AttributesSent(slot, index) is not { } attributes) continue;
                if (found.Count < query.Limit) found.Add(Route(rib, slot, index, index == rib.Best(slot)) with { Attributes = attributes, PathId = pathId });
            }

            if (found.Count >= query.Limit) break;
        }

        if (!_flushing) _scratch.Return(clean: true);
        return found;
    }

    private RibRoute Route(Rib rib, int slot, int index, bool isBest)
    {
        RibPath path = rib.Paths[index];
        RouteParty party = SourceOf(path.Source).Party;
        return new RibRoute(rib.Family, rib.Prefix(slot).ToIPNetwork(), path.PathId, _attributes[path.Attributes], party.Address, isBest, (path.Flags & PathFlags.Stale) != 0);
    }

    private static IEnumerable<int> Slots(Rib rib, RibQuery query)
    {
        if (query.Prefix is not { } network)
        {
            for (int slot = 1; slot < rib.SlotLimit; slot++)
            {
                if (rib.Head(slot) != 0) yield return slot;
            }

            yield break;
        }

        IpPrefix prefix = IpPrefix.From(network);
        switch (query.Match)
        {
            case RibMatch.Exact:
                int exact = rib.Find(prefix);
                if (exact != 0 && rib.Head(exact) != 0) yield return exact;
                break;
            case RibMatch.Longest:
                for (int length = prefix.Length; length >= 0; length--)
                {
                    int slot = rib.Find(prefix.Truncate(length));
                    if (slot == 0 || rib.Head(slot) == 0) continue;
                    yield return slot;
                    break;
                }

                break;
            default:
                for (int slot = 1; slot < rib.SlotLimit; slot++)
                {
                    if (rib.Head(slot) != 0 && prefix.Contains(rib.Prefix(slot))) yield return slot;
                }

                break;
        }
    }
}
