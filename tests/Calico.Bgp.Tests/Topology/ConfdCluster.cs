using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Calico.Bgp.Topology;

namespace Calico.Bgp.Tests.Topology;

/// <summary>A cluster that the recorded steps change: the steps are told in words, each form of words is one change.</summary>
internal sealed partial class ConfdCluster(string folder)
{
    private readonly List<JsonObject> _objects = [];
    private readonly List<TopologyService> _services = [];
    private readonly Dictionary<(string Secret, string Key), string> _secrets = [];
    private readonly List<TopologyWorkloadPeer> _workloads = [];

    public IReadOnlyList<TopologyBlock> Blocks { get; set; } = [];

    public TopologyInput ToInput(string node, string? routerId) =>
        YamlInput.ToInput(_objects, node, Blocks, routerId) with { Services = [.. _services], Secrets = _secrets.ToDictionary(), WorkloadPeers = [.. _workloads] };

    /// <summary>Adds objects; one of the same kind and name is replaced.</summary>
    public void Apply(string file)
    {
        foreach (JsonObject added in YamlInput.Documents(Path.Combine(folder, file)))
        {
            _objects.RemoveAll(o => Is(o, (string)added["kind"]!, (string)added["metadata"]!["name"]!));
            _objects.Add(added);
        }
    }

    public void ApplyServices(string file)
    {
        List<JsonObject> objects = YamlInput.Documents(Path.Combine(folder, file));
        foreach (JsonObject service in objects.Where(o => (string?)o["kind"] == "Service"))
        {
            string name = (string)service["metadata"]!["name"]!;
            JsonObject spec = (JsonObject)service["spec"]!;
            IEnumerable<JsonObject> slices = objects.Where(o => (string?)o["kind"] == "EndpointSlice" && (string?)o["metadata"]!["labels"]!["kubernetes.io/service-name"] == name);
            _services.Add(new TopologyService
            {
                Name = $"default/{name}",
                Type = (string?)spec["type"],
                ExternalTrafficPolicy = (string?)spec["externalTrafficPolicy"],
                ClusterIPs = spec["clusterIP"] is { } ip ? [(string)ip!] : [],
                // The API server fills ipFamilies in from the cluster address.
                IPFamilies = [((string?)spec["clusterIP"])?.Contains(':', StringComparison.Ordinal) == true ? "IPv6" : "IPv4"],
                ExternalIPs = spec["externalIPs"] is JsonArray external ? [.. external.Select(e => (string)e!)] : [],
                Endpoints = [.. from slice in slices
                                from endpoint in (JsonArray)slice["endpoints"]!
                                from address in (JsonArray)endpoint!["addresses"]!
                                select new TopologyServiceEndpoint(IPAddress.Parse((string)address!), (string?)endpoint["nodeName"])],
            });
        }
    }

    public void AddMany(int count)
    {
        _objects.Add(Object("BGPConfiguration", "default", new JsonObject { ["nodeToNodeMeshEnabled"] = false }));
        _secrets[("my-secrets-1", "a")] = "password-a";
        for (int n = 1; n <= count; n++)
        {
            JsonObject node = Object("Node", $"dl-node{n}", new JsonObject { ["bgp"] = new JsonObject { ["ipv4Address"] = $"10.24.0.{n}/24" } });
            node["metadata"]!["labels"] = new JsonObject { ["node"] = "yes" };
            _objects.Add(node);
            _objects.Add(Object("BGPPeer", $"dl-bgppeer-{n}", new JsonObject
            {
                ["node"] = $"dl-node{n}",
                ["peerIP"] = "10.24.0.2",
                ["asNumber"] = 64512,
                ["password"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = "my-secrets-1", ["key"] = "a" } },
            }));
        }
    }

    /// <summary>Carries a step out; words that are not understood are a failure, so that no step passes unseen.</summary>
    public void Do(string words)
    {
        foreach (string part in words.Split("; ")) DoOne(part);
    }

    private void DoOne(string words)
    {
        Match match;
        if (words.StartsWith("apply input", StringComparison.Ordinal) || words is "no secrets" or "all" or "unset" || words.StartsWith("touch", StringComparison.Ordinal)) return;
        if ((match = AlsoApply().Match(words)).Success) Apply(match.Groups[1].Value + "/input.yaml");
        else if ((match = PeerField().Match(words)).Success) Spec("BGPPeer", match.Groups[1].Value)[match.Groups[2].Value] = match.Groups[3].Value;
        else if ((match = Priority().Match(words)).Success) Spec("BGPConfiguration", "default")[match.Groups[1].Value] = int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture);
        else if ((match = DeleteObject().Match(words)).Success) Assert.Equal(1, _objects.RemoveAll(o => Is(o, match.Groups[1].Value, match.Groups[2].Value)));
        else if ((match = DeleteNode().Match(words)).Success) Assert.Equal(1, _objects.RemoveAll(o => Is(o, "Node", match.Groups[1].Value)));
        else if ((match = DeleteSecret().Match(words)).Success) Forget(match.Groups[1].Value is { Length: > 0 } name ? name : "my-secrets-1");
        else if (words == "only key b") SetSecret("my-secrets-1", "b=password-b");
        else if ((match = Secret().Match(words)).Success) SetSecret(match.Groups[1].Value is { Length: > 0 } name ? name : "my-secrets-1", match.Groups[2].Value);
        else if (words is "EnabledNoEncapOnly" or "Disabled" or "Enabled" or "EnabledIPIPOnly") Spec("BGPConfiguration", "default")["programClusterRoutes"] = words;
        else if (words.StartsWith("endpoint-status", StringComparison.Ordinal)) AddWorkloads(words);
        else Assert.Fail($"no change is known for the step '{words}'");
    }

    private void SetSecret(string secret, string pairs)
    {
        Forget(secret);
        foreach (string pair in pairs.Split(' ', StringSplitOptions.RemoveEmptyEntries)) _secrets[(secret, pair.Split('=')[0])] = pair.Split('=')[1];
    }

    private void Forget(string secret)
    {
        foreach ((string Secret, string Key) key in _secrets.Keys.Where(k => k.Secret == secret).ToArray()) _secrets.Remove(key);
    }

    /// <summary>Workloads with their addresses and the BGPPeer that selects them; their sessions are named by interface and address.</summary>
    private void AddWorkloads(string words)
    {
        foreach (Match pod in Workload().Matches(words))
        {
            string[] fields = [.. pod.Groups[2].Value.Split(',').Select(f => f.Trim().Split(' ')[^1])];
            foreach (string network in fields[1..^1]) _workloads.Add(new TopologyWorkloadPeer(fields[^1], pod.Groups[1].Value, IPAddress.Parse(network.Split('/')[0])));
        }
    }

    private JsonObject Spec(string kind, string name)
    {
        JsonObject? found = _objects.Find(o => Is(o, kind, name));
        if (found is null) _objects.Add(found = Object(kind, name, []));
        if (found["spec"] is not JsonObject spec) found["spec"] = spec = [];
        return spec;
    }

    private static JsonObject Object(string kind, string name, JsonObject spec) =>
        new() { ["apiVersion"] = "projectcalico.org/v3", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec };

    private static bool Is(JsonObject o, string kind, string name) => (string?)o["kind"] == kind && (string?)o["metadata"]!["name"] == name;

    [GeneratedRegex(@"^also apply (\S+)$")]
    private static partial Regex AlsoApply();

    [GeneratedRegex(@"^BGPPeer (\S+): (\w+) (\S+)$")]
    private static partial Regex PeerField();

    [GeneratedRegex(@"^(ipv[46]NormalRoutePriority) (\d+)$")]
    private static partial Regex Priority();

    [GeneratedRegex(@"^delete (BGP\w+) (\S+)$")]
    private static partial Regex DeleteObject();

    [GeneratedRegex(@"^delete (node\d+)$")]
    private static partial Regex DeleteNode();

    [GeneratedRegex(@"^delete (?:secret|(my-secrets-\d))$")]
    private static partial Regex DeleteSecret();

    [GeneratedRegex(@"^(?:secret )?(my-secrets-\d)?(?: only)? ?((?:\w=\S+ ?)+)$")]
    private static partial Regex Secret();

    [GeneratedRegex(@"pod(\d+) \{([^}]*)\}")]
    private static partial Regex Workload();
}
