using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Bgp.Topology;
using Calico.Tests;

namespace Calico.Bgp.Tests.Topology;

/// <summary>The topology against Calico's own recorded configurations: same sessions, same settings, same static routes and aggregates.</summary>
public sealed class ConfdConformanceTests
{
    public static TheoryData<string> OneShot() => CasesOf("oneshot");

    public static TheoryData<string> Steps() => CasesOf("steps");

    [Theory, MemberData(nameof(OneShot))]
    public void Sessions_and_routes_are_those_of_confd(string id)
    {
        JsonElement @case = Case(id);
        List<JsonObject> objects = YamlInput.Documents(Path.Combine(Folder, @case.GetProperty("input").GetString()!));
        TopologyInput input = YamlInput.ToInput(objects, @case.GetProperty("node").GetString()!, StandardBlocks(), RouterId(@case));
        ConfdComparison.Check(BgpTopology.Compute(input), input, Path.Combine(Folder, @case.GetProperty("expected").GetString()!), allRoutes: !id.StartsWith("mesh/static-routes", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Steps))]
    public void Each_step_of_a_changing_cluster_gives_what_confd_gives(string id)
    {
        JsonElement @case = Case(id);
        var cluster = new ConfdCluster(Folder);
        if (@case.GetProperty("input") is { ValueKind: JsonValueKind.String } file) cluster.Apply(file.GetString()!);
        else cluster.AddMany(99);
        if (@case.GetProperty("blockAffinities").GetString() == "standard") cluster.Blocks = StandardBlocks();
        if (@case.TryGetProperty("kubernetesInput", out JsonElement kubernetes) && kubernetes.ValueKind == JsonValueKind.String) cluster.ApplyServices(kubernetes.GetString()!);
        int checks = 0;
        foreach (JsonElement step in @case.GetProperty("steps").EnumerateArray())
        {
            cluster.Do(step.GetProperty("do").GetString()!);
            TopologyInput input = cluster.ToInput(@case.GetProperty("node").GetString()!, RouterId(@case));
            NodeTopology topology = BgpTopology.Compute(input);
            if (step.TryGetProperty("expected", out JsonElement expected)) ConfdComparison.Check(topology, input, Path.Combine(Folder, expected.GetString()!), allRoutes: true);
            else Assert.Equal(step.GetProperty("expectPeerings").GetInt32(), topology.Sessions.Count);
            checks++;
        }

        Assert.NotEqual(0, checks);
    }

    private static string Folder => Conformance.Folder("confd");

    private static TheoryData<string> CasesOf(string kind)
    {
        if (Conformance.Root is null && !Conformance.Required) return ["(no conformance data)"];
        return [.. Index().GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("kind").GetString() == kind).Select(c => c.GetProperty("id").GetString()!)];
    }

    private static JsonElement Case(string id) => Index().GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);

    private static string? RouterId(JsonElement @case) => @case.GetProperty("env").TryGetProperty("CALICO_ROUTER_ID", out JsonElement routerId) ? routerId.GetString() : null;

    private static TopologyBlock[] StandardBlocks() => [.. Index().GetProperty("standardBlockAffinities").EnumerateArray().Select(b => new TopologyBlock(
        IPNetwork.Parse(b.GetProperty("cidr").GetString()!), b.GetProperty("state").GetString() == "pending"))];

    private static JsonElement Index()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "index.json")));
        return document.RootElement.Clone();
    }
}
