using System.Net;
using FsCheck;

namespace Calico.Bgp.Testing;

/// <summary>Generators of UPDATEs and of streams of them.</summary>
public static class RouteUpdates
{
    /// <summary>Valid ones, IPv4 and IPv6, with different prefixes in each.</summary>
    public static Gen<UpdateMessage> Valid { get; } = SeededGen.From((random, size) => Next(random, size));

    /// <summary>Valid ones with one to four octets spoilt after the header.</summary>
    public static Gen<MutatedMessage> NearlyValid { get; } = SeededGen.From((random, size) =>
        new MutatedMessage(Next(random, size), [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => NextMutation(random))]));

    /// <summary>Streams in which prefixes are announced, changed and withdrawn.</summary>
    public static Gen<RouteStream> Streams { get; } = SeededGen.From(NextStream);

    /// <summary>Fewer prefixes, simpler ones, simpler attributes.</summary>
    /// <param name="update">What to shrink.</param>
    /// <returns>Simpler messages, all valid.</returns>
    public static IEnumerable<UpdateMessage> Shrink(UpdateMessage update)
    {
        foreach (IReadOnlyList<IPNetwork> fewer in SeededGen.Shorter(update.Prefixes))
        {
            if (fewer.Count > 0) yield return update with { Prefixes = fewer };
        }

        if (update.Attributes is { } attributes)
        {
            foreach (PathAttributes simpler in RouteAttributes.Shrink(attributes)) yield return update with { Attributes = simpler };
        }

        for (int i = 0; i < update.Prefixes.Count; i++)
        {
            foreach (IPNetwork simpler in RoutePrefixes.Shrink(update.Prefixes[i]))
            {
                if (!update.Prefixes.Contains(simpler)) yield return update with { Prefixes = [.. update.Prefixes.Take(i), simpler, .. update.Prefixes.Skip(i + 1)] };
            }
        }
    }

    /// <summary>Fewer mutations, then of a simpler message.</summary>
    /// <param name="message">What to shrink.</param>
    /// <returns>Simpler messages with at least one mutation.</returns>
    public static IEnumerable<MutatedMessage> Shrink(MutatedMessage message)
    {
        foreach (IReadOnlyList<Mutation> fewer in SeededGen.Shorter(message.Mutations))
        {
            if (fewer.Count > 0) yield return message with { Mutations = fewer };
        }

        foreach (UpdateMessage simpler in Shrink(message.Original)) yield return message with { Original = simpler };
    }

    /// <summary>Fewer messages, then simpler ones.</summary>
    /// <param name="stream">What to shrink.</param>
    /// <returns>Simpler streams.</returns>
    public static IEnumerable<RouteStream> Shrink(RouteStream stream)
    {
        foreach (IReadOnlyList<UpdateMessage> fewer in SeededGen.Shorter(stream.Updates)) yield return new RouteStream(fewer);
        for (int i = 0; i < stream.Updates.Count; i++)
        {
            foreach (UpdateMessage simpler in Shrink(stream.Updates[i])) yield return new RouteStream([.. stream.Updates.Take(i), simpler, .. stream.Updates.Skip(i + 1)]);
        }
    }

    private static UpdateMessage Next(Random random, int size)
    {
        Family family = random.Next(2) == 0 ? Family.Ipv4Unicast : Family.Ipv6Unicast;
        var prefixes = new HashSet<IPNetwork>();
        for (int n = 1 + random.Next(Math.Min(size, 40) + 1); n > 0; n--) prefixes.Add(RoutePrefixes.Next(random, family));
        return new UpdateMessage(family, random.Next(4) == 0 ? null : RouteAttributes.Next(random, size, family), [.. prefixes]);
    }

    private static Mutation NextMutation(Random random) => new((MutationKind)random.Next(5), random.Next(4) == 0 ? random.Next(4096) : random.Next(64), (byte)random.Next(256));

    private static RouteStream NextStream(Random random, int size)
    {
        Family family = random.Next(2) == 0 ? Family.Ipv4Unicast : Family.Ipv6Unicast;
        IPNetwork[] pool = [.. Enumerable.Range(0, 2 + size / 4).Select(_ => RoutePrefixes.Next(random, family)).Distinct()];
        var updates = new List<UpdateMessage>();
        for (int n = random.Next(size + 1); n > 0; n--)
        {
            IPNetwork[] prefixes = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => pool[random.Next(pool.Length)]).Distinct()];
            updates.Add(new UpdateMessage(family, random.Next(3) == 0 ? null : RouteAttributes.Next(random, size, family), prefixes));
        }

        return new RouteStream(updates);
    }
}
