using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Bgp.Topology;
using Calico.Tests;

namespace Calico.Bgp.Tests.Topology;

/// <summary>The topology against Calico's own recorded configurations: same sessions, same settings, same static routes and aggregates.</summary>
public sealed class ConfdConformanceTests
{
    public static TheoryData<string> Cases()
    {
        if (Conformance.Root is null && !Conformance.Required) return ["(no conformance data)"];
        return [.. Index().GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("kind").GetString() == "oneshot").Select(c => c.GetProperty("id").GetString()!)];
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sessions_and_routes_are_those_of_confd(string id)
    {
        string folder = Conformance.Folder("confd");
        JsonElement index = Index(), @case = index.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);
        string node = @case.GetProperty("node").GetString()!, expected = Path.Combine(folder, @case.GetProperty("expected").GetString()!);
        JsonElement environment = @case.GetProperty("env");
        TopologyBlock[] blocks = [.. index.GetProperty("standardBlockAffinities").EnumerateArray().Select(b => new TopologyBlock(
            IPNetwork.Parse(b.GetProperty("cidr").GetString()!), b.GetProperty("state").GetString() == "pending"))];
        List<JsonObject> objects = YamlInput.Documents(Path.Combine(folder, @case.GetProperty("input").GetString()!));
        TopologyInput input = YamlInput.ToInput(objects, node, blocks, environment.TryGetProperty("CALICO_ROUTER_ID", out JsonElement routerId) ? routerId.GetString() : null);
        NodeTopology topology = BgpTopology.Compute(input);

        foreach (bool v6 in new[] { false, true })
        {
            string suffix = v6 ? "bird6" : "bird";
            BirdModel bird = BirdModel.Read(File.ReadAllText(Path.Combine(expected, suffix + ".cfg")), File.ReadAllText(Path.Combine(expected, suffix + "_aggr.cfg")));
            AddressFamily family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
            Dictionary<string, BirdSession> ours = topology.Sessions.Where(s => s.Address.AddressFamily == family).ToDictionary(s => s.Name, s => Describe(s, input, v6));
            Assert.Equal(bird.Sessions.OrderBy(s => s.Key, StringComparer.Ordinal), ours.OrderBy(s => s.Key, StringComparer.Ordinal));
            if (bird.RouterId is not null && (!v6 || topology.RouterId is not null)) Assert.Equal(bird.RouterId, topology.RouterId?.ToString());
            if (bird.Sessions.Count == 0 && !v6 && input.Nodes.All(n => n.Name != node)) continue;
            Assert.Equal(bird.Port, topology.ListenPort);
            IEnumerable<TopologyStaticRoute> expectedRoutes = topology.StaticRoutes.Where(r => r.Prefix.BaseAddress.AddressFamily == family);
            if (!id.StartsWith("mesh/static-routes", StringComparison.Ordinal)) Assert.Equal(bird.StaticRoutes, Lines(expectedRoutes));
            else Assert.Superset(Lines(expectedRoutes).ToHashSet(), bird.StaticRoutes.ToHashSet());
            foreach (string block in bird.AggregatedBlocks)
            {
                IPNetwork exact = IPNetwork.Parse(block);
                Assert.True(topology.Routes.MayExport(exact, null, 1024, toInternalPeer: true), $"block {block} is announced");
                if (exact.PrefixLength >= 32) continue;
                IPNetwork inside = new(exact.BaseAddress, 32);
                Assert.False(topology.Routes.MayExport(inside, null, 1024, toInternalPeer: true), $"{inside} stays inside its block");
                Assert.True(topology.Routes.MayExport(inside, null, 512, toInternalPeer: true), $"{inside} goes out when elevated");
            }
        }
    }

    private static string[] Lines(IEnumerable<TopologyStaticRoute> routes) =>
        [.. routes.Select(r => r.Gateway is null ? r.Prefix.ToString() : $"{r.Prefix} via {r.Gateway}").Order(StringComparer.Ordinal)];

    private static JsonElement Index()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder("confd"), "index.json")));
        return document.RootElement.Clone();
    }

    private static BirdSession Describe(TopologySession s, TopologyInput input, bool v6) => new(
        s.Address.ToString(), s.RemoteAsn.ToString(), s.LocalAsn.ToString(), s.Port == 179 ? "" : $"{s.Port}", s.SourceAddress?.ToString() ?? "",
        s.Passive, s.ReflectorClientOf is not null, s.ReflectorClientOf ?? "",
        s.NextHop switch { NextHopMode.Keep => "keep", NextHopMode.Self => "self", _ => "" },
        s.Password ?? "", s.RestartTime is { } restart ? $"{restart.TotalSeconds}" : "", s.AllowedLocalAs > 0 ? $"{s.AllowedLocalAs}" : "",
        s.TtlSecurity > 0 ? $"{s.TtlSecurity}" : "", Calls(s, input, v6, import: true), Calls(s, input, v6, import: false),
        s.KeepaliveTime is { } keepalive ? $"{keepalive.TotalSeconds}" : "");

    private static string Calls(TopologySession s, TopologyInput input, bool v6, bool import) => string.Join(' ',
        from name in s.Filters
        let filter = input.Filters[name]
        let rules = import ? v6 ? filter.ImportV6 : filter.ImportV4 : v6 ? filter.ExportV6 : filter.ExportV4
        where rules is { Count: > 0 }
        select $"bgp_{Shortened(name)}_{(import ? "import" : "export")}FilterV{(v6 ? 6 : 4)}");

    // BIRD's symbols are at most 64 characters long.
    private static string Shortened(string name) => name.Length <= 45 ? name : name[..28] + "_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
}
