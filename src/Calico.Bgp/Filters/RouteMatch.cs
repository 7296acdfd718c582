using System.Net;

namespace Calico.Bgp;

/// <summary>Tests of routes.</summary>
public static class RouteMatch
{
    /// <summary>Always holds.</summary>
    public static RouteCondition Any { get; } = new((ref RouteContext _) => true, dependsOnPrefix: false, dependsOnNeighbor: false);

    /// <summary>The route is the speaker's own.</summary>
    public static RouteCondition Local { get; } = new((ref RouteContext r) => r.Source.IsLocal, dependsOnPrefix: false, dependsOnNeighbor: false);

    /// <summary>The route came from an external neighbour.</summary>
    public static RouteCondition FromExternal { get; } = new((ref RouteContext r) => r.Source.IsExternal, dependsOnPrefix: false, dependsOnNeighbor: false);

    /// <summary>The route goes to an external neighbour.</summary>
    public static RouteCondition ToExternal { get; } = new((ref RouteContext r) => r.Target?.IsExternal == true, dependsOnPrefix: false, dependsOnNeighbor: false);

    /// <summary>The prefix is in a list.</summary>
    /// <param name="list">The list.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Prefixes(PrefixList list) => new((ref RouteContext r) => list.Contains(r.Bits), dependsOnPrefix: true, dependsOnNeighbor: false);

    /// <summary>The prefix has a length in a range.</summary>
    /// <param name="minimum">Shortest.</param>
    /// <param name="maximum">Longest.</param>
    /// <returns>The test.</returns>
    public static RouteCondition PrefixLength(int minimum, int maximum) =>
        new((ref RouteContext r) => r.PrefixLength >= minimum && r.PrefixLength <= maximum, dependsOnPrefix: true, dependsOnNeighbor: false);

    /// <summary>The route has a community.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Community(Community community) => OfAttributes(a => a.Has(community));

    /// <summary>The route has a large community.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Community(LargeCommunity community) => OfAttributes(a => a.Has(community));

    /// <summary>The route has an extended community.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Community(ExtendedCommunity community) => OfAttributes(a => a.Has(community));

    /// <summary>The AS path fits a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <returns>The test.</returns>
    public static RouteCondition AsPath(AsPathPattern pattern) => OfAttributes(a => pattern.IsMatch(a.AsPath));

    /// <summary>The AS path ends with an AS.</summary>
    /// <param name="asn">The AS that originated the route.</param>
    /// <returns>The test.</returns>
    public static RouteCondition OriginAs(Asn asn) => OfAttributes(a => AsPathWire.Origin(a.AsPathOctets) == asn.Value);

    /// <summary>The route came from, or goes to, this neighbour.</summary>
    /// <param name="address">Its address.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Neighbor(IPAddress address) => new((ref RouteContext r) => address.Equals(r.Neighbor.Address), dependsOnPrefix: false);

    /// <summary>RPKI origin validation (RFC 6811) gives a state.</summary>
    /// <param name="table">The table.</param>
    /// <param name="state">The state to match.</param>
    /// <returns>The test.</returns>
    public static RouteCondition Rpki(RoaTable table, RoaState state) =>
        new((ref RouteContext r) => table.Validate(r.Bits, AsPathWire.Origin(r.Attributes.AsPathOctets)) == state, dependsOnPrefix: true, dependsOnNeighbor: false);

    private static RouteCondition OfAttributes(Func<PathAttributes, bool> test) =>
        new((ref RouteContext r) => test(r.Attributes), dependsOnPrefix: false, dependsOnNeighbor: false);
}

/// <summary>Changes of routes.</summary>
public static class RouteEdit
{
    /// <summary>Adds a community.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The change.</returns>
    public static RouteAction AddCommunity(Community community) => (ref RouteContext r) => r.Edit().Add(community);

    /// <summary>Adds a large community.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The change.</returns>
    public static RouteAction AddCommunity(LargeCommunity community) => (ref RouteContext r) => r.Edit().Add(community);

    /// <summary>Takes a community out.</summary>
    /// <param name="community">The community.</param>
    /// <returns>The change.</returns>
    public static RouteAction RemoveCommunity(Community community) => (ref RouteContext r) => r.Edit().Remove(community);

    /// <summary>Sets LOCAL_PREF.</summary>
    /// <param name="preference">Higher is preferred.</param>
    /// <returns>The change.</returns>
    public static RouteAction LocalPreference(uint preference) => (ref RouteContext r) => r.Edit().SetLocalPreference(preference);

    /// <summary>Sets MULTI_EXIT_DISC.</summary>
    /// <param name="med">Lower is preferred; null removes it.</param>
    /// <returns>The change.</returns>
    public static RouteAction Med(uint? med) => (ref RouteContext r) => r.Edit().SetMed(med);

    /// <summary>Puts an AS before the path.</summary>
    /// <param name="asn">The AS.</param>
    /// <param name="times">How often.</param>
    /// <returns>The change.</returns>
    public static RouteAction Prepend(Asn asn, int times = 1)
    {
        var asns = new Asn[times];
        Array.Fill(asns, asn);
        return (ref RouteContext r) => r.Edit().Prepend(asns);
    }

    /// <summary>Sets the next hop.</summary>
    /// <param name="nextHop">The address.</param>
    /// <returns>The change.</returns>
    public static RouteAction NextHop(IPAddress nextHop) => (ref RouteContext r) => r.Edit().SetNextHop(nextHop);

    /// <summary>Sets how an imported route stands against others before anything else is compared.</summary>
    /// <param name="preference">Higher wins; 100 is usual, local routes have 200.</param>
    /// <returns>The change.</returns>
    public static RouteAction Preference(ushort preference) => (ref RouteContext r) => r.Preference = preference;
}
