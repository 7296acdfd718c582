using System.Net;
using FsCheck;

namespace Calico.Bgp.Testing;

/// <summary>Generators of whole networks.</summary>
public static class NetworkPlans
{
    /// <summary>Networks of ASes: single routers, meshes, and reflectors with clients. An AS graph may have cycles and parts without connection.</summary>
    /// <param name="routers">The most routers.</param>
    /// <returns>The generator.</returns>
    public static Gen<NetworkPlan> Of(int routers) => SeededGen.From((random, _) => Make(random, random.Next(1, routers + 1)));

    /// <summary>One network of exactly so many routers.</summary>
    /// <param name="seed">Decides which.</param>
    /// <param name="routers">How many; 1 to 100,000.</param>
    /// <returns>The plan.</returns>
    public static NetworkPlan Make(int seed, int routers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(routers is >= 1 and <= 100_000, true, nameof(routers));
        return Make(new Random(seed), routers);
    }

    /// <summary>Networks with a router, a link or an origin less.</summary>
    /// <param name="plan">What to shrink.</param>
    /// <returns>Simpler plans.</returns>
    public static IEnumerable<NetworkPlan> Shrink(NetworkPlan plan)
    {
        foreach (IReadOnlyList<PlannedRouter> fewer in SeededGen.Shorter(plan.Routers))
        {
            if (fewer.Count == 0) continue;
            HashSet<int> left = [.. fewer.Select(r => r.Id)];
            yield return new NetworkPlan(
                fewer, [.. plan.Links.Where(l => left.Contains(l.One) && left.Contains(l.Other))], [.. plan.Origins.Where(o => left.Contains(o.Router))]);
        }

        foreach (IReadOnlyList<(int, int)> fewer in SeededGen.Shorter(plan.Links)) yield return plan with { Links = fewer };
        foreach (IReadOnlyList<(int, IPNetwork)> fewer in SeededGen.Shorter(plan.Origins)) yield return plan with { Origins = fewer };
        for (int i = 0; i < plan.Routers.Count; i++)
        {
            if (!plan.Routers[i].IsReflector) continue;
            yield return plan with { Routers = [.. plan.Routers.Take(i), plan.Routers[i] with { IsReflector = false }, .. plan.Routers.Skip(i + 1)] };
        }
    }

    private static NetworkPlan Make(Random random, int count)
    {
        int[] ids = [.. Enumerable.Range(1, count)];
        random.Shuffle(ids);
        var made = new List<PlannedRouter>();
        for (uint asn = 1000; made.Count < count; asn++)
        {
            int size = Math.Min(count - made.Count, random.Next(3) == 0 ? 1 : random.Next(2, 7));
            int reflectors = size > 2 && random.Next(2) == 0 ? random.Next(1, 3) : 0;
            for (int i = 0; i < size; i++) made.Add(new PlannedRouter(ids[made.Count], asn, i < reflectors));
        }

        return new NetworkPlan(made, Links(random, made), Origins(random, made));
    }

    private static List<(int, int)> Links(Random random, List<PlannedRouter> routers)
    {
        var links = new HashSet<(int, int)>();
        for (int n = routers.Count + random.Next(routers.Count); n > 0; n--)
        {
            PlannedRouter one = routers[random.Next(routers.Count)], other = routers[random.Next(routers.Count)];
            if (one.Asn != other.Asn) links.Add((Math.Min(one.Id, other.Id), Math.Max(one.Id, other.Id)));
        }

        return [.. links];
    }

    // A few prefixes, each originated in up to three places.
    private static List<(int, IPNetwork)> Origins(Random random, List<PlannedRouter> routers)
    {
        var origins = new HashSet<(int, IPNetwork)>();
        for (int n = random.Next(1, 6); n > 0; n--)
        {
            var prefix = new IPNetwork(new IPAddress([10, (byte)n, 0, 0]), 16);
            for (int places = random.Next(1, 4); places > 0; places--) origins.Add((routers[random.Next(routers.Count)].Id, prefix));
        }

        return [.. origins];
    }
}
