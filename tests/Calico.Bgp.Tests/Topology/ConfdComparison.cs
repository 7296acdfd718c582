using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Calico.Bgp.Topology;

namespace Calico.Bgp.Tests.Topology;

/// <summary>A topology against one recorded set of BIRD files: same sessions with the same settings, same routes, aggregates and kernel decisions.</summary>
internal static class ConfdComparison
{
    /// <param name="topology">Ours.</param>
    /// <param name="input">What it was made of.</param>
    /// <param name="folder">The folder of the recorded files.</param>
    /// <param name="allRoutes">Whether the input holds everything static routes are made of, services too.</param>
    public static void Check(NodeTopology topology, TopologyInput input, string folder, bool allRoutes)
    {
        foreach (bool v6 in new[] { false, true })
        {
            string suffix = v6 ? "bird6" : "bird";
            string main = File.ReadAllText(Path.Combine(folder, suffix + ".cfg"));
            BirdModel bird = BirdModel.Read(main, File.ReadAllText(Path.Combine(folder, suffix + "_aggr.cfg")), File.ReadAllText(Path.Combine(folder, suffix + "_ipam.cfg")));
            AddressFamily family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
            Dictionary<string, BirdSession> ours = topology.Sessions.Where(s => s.Address.AddressFamily == family).ToDictionary(s => s.Name, s => Describe(s, input, v6));
            Assert.Equal(bird.Sessions.OrderBy(s => s.Key, StringComparer.Ordinal), ours.OrderBy(s => s.Key, StringComparer.Ordinal));
            if (bird.RouterId is not null && (!v6 || topology.RouterId is not null)) Assert.Equal(bird.RouterId, topology.RouterId?.ToString());
            if (bird.Sessions.Count == 0 && !v6 && input.Nodes.All(n => n.Name != input.Node)) continue;
            Assert.Equal(bird.Port, topology.ListenPort);
            if (bird.DefaultPriority is uint priority) Assert.Equal(priority, topology.Routes.NormalPriority(family));
            IEnumerable<TopologyStaticRoute> routes = topology.StaticRoutes.Where(r => r.Prefix.BaseAddress.AddressFamily == family);
            if (allRoutes) Assert.Equal(bird.StaticRoutes, Lines(routes));
            else Assert.Superset(Lines(routes).ToHashSet(), bird.StaticRoutes.ToHashSet());
            CheckBlocks(topology, bird);
            foreach ((string net, bool accepted) in bird.KernelRules)
                Assert.True(accepted == (topology.Routes.ForKernel(IPNetwork.Parse(net), null) != KernelProgramming.Reject), $"{net} in the kernel: {accepted}");
        }
    }

    private static void CheckBlocks(NodeTopology topology, BirdModel bird)
    {
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

    private static string[] Lines(IEnumerable<TopologyStaticRoute> routes) =>
        [.. routes.Select(r => r.Gateway is null ? r.Prefix.ToString() : $"{r.Prefix} via {r.Gateway}").Order(StringComparer.Ordinal)];

    private static BirdSession Describe(TopologySession s, TopologyInput input, bool v6) => new(
        s.Address.ToString(), s.RemoteAsn.ToString(), s.LocalAsn.ToString(), s.Port == 179 ? "" : $"{s.Port}", s.SourceAddress?.ToString() ?? "",
        s.Passive, s.ReflectorClientOf is not null, s.ReflectorClientOf ?? "",
        s.NextHop switch { NextHopMode.Keep => "keep", NextHopMode.Self => "self", _ => "" },
        s.Password ?? "", s.RestartTime is { } restart ? $"{restart.TotalSeconds}" : "", s.AllowedLocalAs > 0 ? $"{s.AllowedLocalAs}" : "",
        s.TtlSecurity > 0 ? $"{s.TtlSecurity}" : "", Calls(s, input, v6, import: true), Calls(s, input, v6, import: false),
        s.KeepaliveTime is { } keepalive ? $"{keepalive.TotalSeconds}" : "");

    private static string Calls(TopologySession s, TopologyInput input, bool v6, bool import) => string.Join(' ',
        from name in s.Filters
        where input.Filters.ContainsKey(name)
        let filter = input.Filters[name]
        let rules = import ? v6 ? filter.ImportV6 : filter.ImportV4 : v6 ? filter.ExportV6 : filter.ExportV4
        where rules is { Count: > 0 }
        select $"bgp_{Shortened(name)}_{(import ? "import" : "export")}FilterV{(v6 ? 6 : 4)}");

    // BIRD's symbols are at most 64 characters long.
    private static string Shortened(string name) => name.Length <= 45 ? name : name[..28] + "_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
}
