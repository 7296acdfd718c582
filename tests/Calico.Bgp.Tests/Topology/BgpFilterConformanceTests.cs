using System.Net;
using System.Text.Json;
using Calico.Bgp.Topology;
using Calico.Tests;

namespace Calico.Bgp.Tests.Topology;

/// <summary>Decisions of BGPFilters on routes, as BIRD made them.</summary>
public sealed class BgpFilterConformanceTests
{
    public static TheoryData<string> Cases() => TopologyData.Ids("bgpfilter/decisions.json");

    [Theory, MemberData(nameof(Cases))]
    public void Decides_and_edits_as_BIRD_does(string id)
    {
        JsonElement @case = TopologyData.Case("bgpfilter/decisions.json", id);
        bool v6 = @case.GetProperty("ipVersion").GetInt32() == 6;
        List<TopologyProblem> problems = [];
        BgpFilter filter = BgpFilter.Compile(id, FilterDirection.Export, v6, @case.GetProperty("rules").Deserialize(TopologyJson.Default.IReadOnlyListBgpFilterRuleSpec)!, problems,
            nextHop => nextHop.ToString() is var text && TopologyData.Interfaces.TryGetValue(text, out string? name) ? name : null);
        Assert.Empty(problems);
        bool external = !@case.TryGetProperty("peer", out JsonElement peer) || peer.GetString() == "eBGP";
        RouteParty target = new() { IsExternal = external };
        foreach (JsonElement entry in @case.GetProperty("routes").EnumerateArray())
        {
            JsonElement route = entry.GetProperty("route");
            bool fromPeer = route.TryGetProperty("fromPeer", out JsonElement from) && from.GetBoolean();
            string? @interface = route.TryGetProperty("interface", out JsonElement name) ? name.GetString() : null;
            IPNetwork prefix = IPNetwork.Parse(route.GetProperty("prefix").GetString()!);
            PathAttributes attributes = TopologyData.Attributes(route, fromPeer ? @interface : null);
            RouteContext context = fromPeer
                ? new RouteContext(FilterDirection.Export, prefix, attributes, new RouteParty { IsExternal = true }, target)
                : new RouteContext(FilterDirection.Export, prefix, attributes, RouteParty.Local, target, new LocalRoute(prefix) { Interface = @interface });
            FilterVerdict verdict = filter.Apply(ref context);
            string expected = entry.GetProperty("decision").GetString()!;
            Assert.True(expected == verdict switch { FilterVerdict.Accept => "accept", FilterVerdict.Reject => "reject", _ => "none" }, $"{entry}: got {verdict}");
            if (entry.TryGetProperty("after", out JsonElement after)) AssertAfter(after, context.Attributes, entry.ToString());
        }
    }

    private static void AssertAfter(JsonElement after, PathAttributes attributes, string entry)
    {
        string[] communities = [.. attributes.Communities.Select(c => c.ToString()), .. attributes.LargeCommunities.Select(c => c.ToString())];
        if (after.TryGetProperty("communities", out JsonElement expected))
            Assert.True(expected.EnumerateArray().Select(e => e.GetString()).Order().SequenceEqual(communities.Order()), $"{entry}: communities {string.Join(' ', communities)}");
        if (after.TryGetProperty("asPath", out JsonElement path))
            Assert.True(path.EnumerateArray().Select(e => e.GetUInt32()).SequenceEqual(attributes.AsPath.ToArray().Select(a => a.Value)), $"{entry}: path {attributes.AsPath}");
        if (after.TryGetProperty("localPref", out JsonElement preference))
            Assert.True((preference.ValueKind == JsonValueKind.Null ? null : (uint?)preference.GetUInt32()) == attributes.LocalPreference, $"{entry}: local preference {attributes.LocalPreference}");
    }
}
