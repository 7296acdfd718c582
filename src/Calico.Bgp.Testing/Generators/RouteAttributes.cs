using System.Net;
using FsCheck;

namespace Calico.Bgp.Testing;

/// <summary>Generators of path attributes and what they are made of.</summary>
public static class RouteAttributes
{
    /// <summary>AS numbers that may stand in a path: two-octet, four-octet and private ones.</summary>
    public static Gen<Asn> Asns { get; } = SeededGen.From((random, _) => NextAsn(random));

    /// <summary>AS paths: sequences, with an AS_SET at the end now and then.</summary>
    public static Gen<AsPath> AsPaths { get; } = SeededGen.From((random, size) => NextPath(random, size));

    /// <summary>Sets of attributes that a route may have, with a next hop of the family.</summary>
    /// <param name="family">The family of the next hop.</param>
    /// <returns>The generator.</returns>
    public static Gen<PathAttributes> Of(Family family) => SeededGen.From((random, size) => Next(random, size, family));

    /// <summary>Paths with fewer elements.</summary>
    /// <param name="path">What to shrink.</param>
    /// <returns>Simpler paths.</returns>
    public static IEnumerable<AsPath> Shrink(AsPath path)
    {
        string[] parts = Segments(path);
        foreach (IReadOnlyList<string> fewer in SeededGen.Shorter(parts)) yield return AsPath.Parse(string.Join(' ', fewer));
    }

    /// <summary>Sets with an attribute less, and with a simpler AS path.</summary>
    /// <param name="attributes">What to shrink.</param>
    /// <returns>Simpler sets with the same next hop.</returns>
    public static IEnumerable<PathAttributes> Shrink(PathAttributes attributes)
    {
        foreach (AttributeType type in OptionalTypes(attributes)) yield return new PathAttributesBuilder(attributes).Remove(type).Build();
        foreach (AsPath path in Shrink(attributes.AsPath)) yield return new PathAttributesBuilder(attributes).SetAsPath(path).Build();
        if (attributes.Origin != RouteOrigin.Igp) yield return new PathAttributesBuilder(attributes).SetOrigin(RouteOrigin.Igp).Build();
    }

    internal static Asn NextAsn(Random random) => random.Next(4) switch
    {
        0 => (uint)random.NextInt64(65536, 4199999999),
        1 => (uint)random.Next(64512, 65535),
        _ => (uint)random.Next(1, 23456),
    };

    internal static AsPath NextPath(Random random, int size)
    {
        var parts = new List<string>();
        for (int n = random.Next(Math.Min(size, 8) + 1); n > 0; n--) parts.Add(NextAsn(random).ToString());
        if (random.Next(6) == 0) parts.Add($"{{{NextAsn(random)} {NextAsn(random)}}}");
        return AsPath.Parse(string.Join(' ', parts));
    }

    internal static PathAttributes Next(Random random, int size, Family family)
    {
        PathAttributesBuilder builder = new PathAttributesBuilder().SetOrigin((RouteOrigin)random.Next(3)).SetAsPath(NextPath(random, size)).SetNextHop(NextHop(random, family));
        if (random.Next(2) == 0) builder.SetMed((uint)random.NextInt64(1L << 32));
        if (random.Next(3) == 0) builder.SetLocalPreference((uint)random.NextInt64(1L << 32));
        if (random.Next(5) == 0) builder.SetAtomicAggregate(true);
        if (random.Next(5) == 0) builder.SetAggregator(new Aggregator(NextAsn(random), NextHop(random, Family.Ipv4Unicast)));
        for (int n = Few(random, size); n > 0; n--) builder.Add(new Community((ushort)random.Next(65536), (ushort)random.Next(65536)));
        for (int n = Few(random, size); n > 0; n--) builder.Add(new LargeCommunity(NextAsn(random), (uint)random.Next(), (uint)random.Next(100)));
        for (int n = Few(random, size); n > 0; n--) builder.Add(ExtendedCommunity.RouteTarget(NextAsn(random), (uint)random.Next(65536)));
        if (random.Next(8) == 0) builder.Set((AttributeType)random.Next(200, 250), AttributeFlags.Optional | AttributeFlags.Transitive | AttributeFlags.Partial, Octets(random, random.Next(300)));
        return builder.Build();
    }

    private static int Few(Random random, int size) => random.Next(2) == 0 ? 0 : random.Next(Math.Min(size, 12) + 1);

    private static IPAddress NextHop(Random random, Family family) => family.Afi == 1
        ? new IPAddress([(byte)random.Next(1, 127), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(1, 255)])
        : new IPAddress([0x20, 0x01, 0x0D, 0xB8, .. Octets(random, 11), (byte)random.Next(1, 255)]);

    private static byte[] Octets(Random random, int count)
    {
        var octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }

    private static List<AttributeType> OptionalTypes(PathAttributes attributes)
    {
        var types = new List<AttributeType>();
        for (int type = 1; type < 256; type++)
        {
            if ((AttributeType)type is not (AttributeType.Origin or AttributeType.AsPath) && attributes.TryGet((AttributeType)type, out _, out _)) types.Add((AttributeType)type);
        }

        return types;
    }

    // "1 2 {3 4}" into "1", "2" and "{3 4}".
    private static string[] Segments(AsPath path)
    {
        var parts = new List<string>();
        int depth = 0;
        foreach (string word in path.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (depth > 0) parts[^1] += " " + word;
            else parts.Add(word);
            depth += word.Count(c => c is '{' or '(' or '[') - word.Count(c => c is '}' or ')' or ']');
        }

        return [.. parts];
    }
}
