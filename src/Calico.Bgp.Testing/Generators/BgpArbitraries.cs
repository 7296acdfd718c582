using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Bgp.Testing;

/// <summary>What FsCheck needs to make BGP values by itself: <c>[Properties(Arbitrary = [typeof(BgpArbitraries)])]</c>. All shrink.</summary>
public static class BgpArbitraries
{
    /// <summary>IPv4 and IPv6 prefixes.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<IPNetwork> Prefixes() =>
        Arb.From(Gen.OneOf(RoutePrefixes.Of(Family.Ipv4Unicast), RoutePrefixes.Of(Family.Ipv6Unicast)), RoutePrefixes.Shrink);

    /// <summary>AS numbers that may stand in a path.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<Asn> Asns() => Arb.From(RouteAttributes.Asns, asn => asn.Value > 1 ? [new Asn(1), new Asn(asn.Value / 2)] : []);

    /// <summary>AS paths.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<AsPath> AsPaths() => Arb.From(RouteAttributes.AsPaths, RouteAttributes.Shrink);

    /// <summary>Communities (RFC 1997), well-known ones among them.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<Community> Communities() => Arb.From(
        SeededGen.From((random, _) => random.Next(5) == 0
            ? new[] { Community.NoExport, Community.NoAdvertise, Community.NoExportSubconfed, Community.GracefulShutdown, Community.Blackhole }[random.Next(5)]
            : new Community((uint)random.NextInt64(1L << 32))),
        community => community.Value > 0 ? [new Community(0), new Community(community.Value / 2)] : []);

    /// <summary>Large communities (RFC 8092).</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<LargeCommunity> LargeCommunities() => Arb.From(
        SeededGen.From((random, _) => new LargeCommunity((uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32))),
        large => large == default ? [] : [default, new LargeCommunity(large.GlobalAdministrator / 2, large.LocalData1 / 2, large.LocalData2 / 2)]);

    /// <summary>Extended communities (RFC 4360): route targets and origins.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<ExtendedCommunity> ExtendedCommunities() => Arb.From(
        SeededGen.From((random, _) => random.Next(2) == 0
            ? ExtendedCommunity.RouteTarget(RouteAttributes.NextAsn(random), (uint)random.Next(65536))
            : ExtendedCommunity.RouteOrigin(RouteAttributes.NextAsn(random), (uint)random.Next(65536))),
        community => community == ExtendedCommunity.RouteTarget(1, 0) ? [] : [ExtendedCommunity.RouteTarget(1, 0)]);

    /// <summary>Path attributes with a next hop of IPv4 or IPv6.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<PathAttributes> Attributes() =>
        Arb.From(Gen.OneOf(RouteAttributes.Of(Family.Ipv4Unicast), RouteAttributes.Of(Family.Ipv6Unicast)), RouteAttributes.Shrink);

    /// <summary>Valid UPDATEs.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<UpdateMessage> Updates() => Arb.From(RouteUpdates.Valid, RouteUpdates.Shrink);

    /// <summary>UPDATEs with one to four octets spoilt.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<MutatedMessage> MutatedMessages() => Arb.From(RouteUpdates.NearlyValid, RouteUpdates.Shrink);

    /// <summary>Streams of UPDATEs about few prefixes.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<RouteStream> Streams() => Arb.From(RouteUpdates.Streams, RouteUpdates.Shrink);

    /// <summary>Networks of ASes with meshes and route reflectors.</summary>
    /// <returns>Generator and shrinker.</returns>
    public static Arbitrary<NetworkPlan> Plans() => Arb.From(NetworkPlans.Of(12), NetworkPlans.Shrink);
}
