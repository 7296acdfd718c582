using System.Net;
using Calico.Bgp.Testing;

namespace Calico.Bgp.Tests.Testing;

/// <summary>Route selection in a network the slow way: all routers look at all neighbours' choices, again and again, until nobody changes his mind.</summary>
internal static class FixedPointModel
{
    /// <summary>A choice; <c>Exit</c> is the id of the router that brought it into the AS.</summary>
    private sealed record Choice(string Path, int Length, int Exit, int Clusters, string ClusterList, int From, bool IsLocal, bool IsExternal, int NextHop);

    /// <summary>Per router id and prefix: "from next-hop [path]".</summary>
    public static SortedDictionary<string, string> Solve(NetworkPlan plan)
    {
        Dictionary<int, PlannedRouter> routers = plan.Routers.ToDictionary(r => r.Id);
        ILookup<int, int> neighbors = plan.Links.Concat(plan.InternalSessions()).SelectMany(l => new[] { (l.One, l.Other), (l.Other, l.One) }).ToLookup(l => l.Item1, l => l.Item2);
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (IGrouping<IPNetwork, int> origin in plan.Origins.GroupBy(o => o.Prefix, o => o.Router))
        {
            HashSet<int> locals = [.. origin];
            Dictionary<int, Choice?> chosen = routers.Keys.ToDictionary(id => id, _ => (Choice?)null);
            int rounds = 0;
            for (bool changed = true; changed;)
            {
                Assert.True(rounds++ < 10_000, "the model finds no fixed point");
                Dictionary<int, Choice?> next = routers.Keys.ToDictionary(id => id, id => Choose(routers, routers[id], neighbors[id].Select(n => routers[n]), chosen, locals));
                changed = routers.Keys.Any(id => next[id] != chosen[id]);
                chosen = next;
            }

            foreach ((int id, Choice? choice) in chosen)
            {
                if (choice is not null) result[$"{routers[id].Address} {origin.Key}"] = choice.IsLocal ? "local" : $"{routers[choice.From].Address} {routers[choice.NextHop].Address} [{choice.Path}]";
            }
        }

        return result;
    }

    private static Choice? Choose(
        Dictionary<int, PlannedRouter> routers, PlannedRouter me, IEnumerable<PlannedRouter> neighbors, Dictionary<int, Choice?> chosen, HashSet<int> locals)
    {
        if (locals.Contains(me.Id)) return new Choice("", 0, me.Id, 0, "", me.Id, IsLocal: true, IsExternal: false, me.Id);
        return neighbors.Select(n => Offer(n, chosen[n.Id], me)).OfType<Choice>()
            .OrderBy(c => c.Length).ThenBy(c => c.IsExternal ? 0 : 1).ThenBy(c => c.Exit).ThenBy(c => c.Clusters).ThenBy(c => c.From).FirstOrDefault();

        Choice? Offer(PlannedRouter from, Choice? theirs, PlannedRouter to)
        {
            if (theirs is null) return null;
            if (from.Asn != to.Asn)
            {
                string path = $"{from.Asn} {theirs.Path}".Trim();
                return path.Split(' ').Contains(to.Asn.ToString()) ? null : new Choice(path, theirs.Length + 1, from.Id, 0, "", from.Id, false, true, from.Id);
            }

            if (theirs.IsLocal || theirs.IsExternal) return theirs with { Exit = from.Id, From = from.Id, IsLocal = false, IsExternal = false };
            // Learned inside the AS: only a reflector passes it on, from clients to all, from others to clients; back to where it came from it does not go.
            bool fromClient = !routers[theirs.From].IsReflector;
            if (!from.IsReflector || theirs.From == to.Id || !(fromClient || !to.IsReflector)) return null;
            if (theirs.Exit == to.Id || theirs.ClusterList.Split(' ').Contains($"{to.Id}")) return null;
            return theirs with { From = from.Id, Clusters = theirs.Clusters + 1, ClusterList = $"{from.Id} {theirs.ClusterList}" };
        }
    }
}
