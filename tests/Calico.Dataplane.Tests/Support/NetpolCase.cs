using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Policy.Conversion;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Tests;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A cluster of the conformance folder <c>netpol</c>, as state for the evaluator and as options for the dataplane.</summary>
internal sealed class NetpolCase
{
    private static readonly Dictionary<string, JsonElement[]> Files = [];
    private readonly JsonElement _case;

    private NetpolCase(JsonElement item) => _case = item;

    public string Id => _case.GetProperty("id").GetString()!;

    public ClusterState State { get; } = new();

    public DataplaneOptions Options { get; private set; } = DataplaneOptions.Default;

    public EvaluatorOptions EvaluatorOptions { get; private set; } = EvaluatorOptions.Default;

    public static IEnumerable<(string File, int Index, string Id)> All()
    {
        foreach (string path in Directory.EnumerateFiles(Conformance.Folder("netpol"), "*.json").Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileName(path);
            JsonElement[] cases = Load(file);
            for (int i = 0; i < cases.Length; i++) yield return (file, i, cases[i].GetProperty("id").GetString()!);
        }
    }

    public static NetpolCase Read(string file, int index)
    {
        NetpolCase read = new(Load(file)[index]);
        read.Build();
        return read;
    }

    private static JsonElement[] Load(string file)
    {
        lock (Files)
        {
            if (!Files.TryGetValue(file, out JsonElement[]? cases))
                Files[file] = cases = [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder("netpol"), file))).RootElement.GetProperty("cases").EnumerateArray()];
            return cases;
        }
    }

    private void Build()
    {
        foreach (TierModel tier in ResourceConverter.BuiltInTiers) State.Upsert(tier);
        State.Upsert(ResourceConverter.DefaultAllowProfile);
        foreach (JsonElement ns in Items("namespaces"))
        {
            JsonObject labels = Labels(ns);
            labels.TryAdd("kubernetes.io/metadata.name", Text(ns, "name"));
            Add(ResourceJson.Read<Namespace>(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Text(ns, "name"), ["labels"] = labels } }.ToJsonString()));
        }

        foreach (JsonElement account in Items("serviceAccounts"))
            Add(ResourceJson.Read<ServiceAccount>(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = Metadata(account) }.ToJsonString()));
        foreach (JsonElement node in Items("nodes"))
            State.Upsert(new NodeModel { Name = Text(node, "name"), Addresses = [.. node.GetProperty("ips").EnumerateArray().Select(a => IPAddress.Parse(a.GetString()!))] });
        foreach (JsonElement pod in Items("pods")) Add(ResourceJson.Read<Pod>(PodOf(pod).ToJsonString()));
        foreach (JsonElement service in Items("services")) AddService(service);
        ManifestSet manifests = new ManifestReader { WarnAboutUnknownFields = false }.Read(Text(_case, "policies"));
        foreach (ManifestObject item in manifests.Objects)
        {
            if (item.Kind == "FelixConfiguration") Configure(JsonDocument.Parse(item.Json).RootElement.GetProperty("spec"));
            else if (item.Resource is { } resource) Add(resource);
        }
    }

    private void Add(Resource resource)
    {
        if (ResourceConverter.ToModel(resource).Value is { } model) State.Upsert(model);
    }

    private void AddService(JsonElement service)
    {
        List<IPAddress> addresses = [];
        List<ServicePort> ports = [];
        foreach (JsonElement endpoint in service.GetProperty("endpoints").EnumerateArray())
        {
            JsonElement pod = Items("pods").First(p => $"{Text(p, "namespace")}/{Text(p, "name")}" == endpoint.GetString());
            addresses.AddRange(pod.GetProperty("ips").EnumerateArray().Select(a => IPAddress.Parse(a.GetString()!)));
            foreach (JsonElement port in service.GetProperty("ports").EnumerateArray())
            {
                Assert.True(IpProtocol.TryParse(Text(port, "protocol", "TCP"), out IpProtocol protocol));
                JsonElement target = port.TryGetProperty("targetPort", out JsonElement t) ? t : port.GetProperty("port");
                int number = target.ValueKind == JsonValueKind.Number
                    ? target.GetInt32()
                    : pod.GetProperty("ports").EnumerateArray().First(p => Text(p, "name") == target.GetString()).GetProperty("containerPort").GetInt32();
                ports.Add(new ServicePort(protocol, (ushort)number));
            }
        }

        NamespacedName id = new(Text(service, "namespace"), Text(service, "name"));
        State.Upsert(new EndpointSliceModel { Id = id, Service = id, Addresses = [.. addresses.Distinct()], Ports = [.. ports.Distinct()] });
    }

    private void Configure(JsonElement spec)
    {
        if (spec.TryGetProperty("defaultEndpointToHostAction", out JsonElement action))
        {
            Options = Options with { DefaultEndpointToHostAction = Enum.Parse<EndpointToHostAction>(action.GetString()!, ignoreCase: true) };
            EvaluatorOptions = EvaluatorOptions with { EndpointToHostAction = Enum.Parse<Policy.Evaluation.EndpointToHostAction>(action.GetString()!, ignoreCase: true) };
        }

        if (spec.TryGetProperty("failsafeInboundHostPorts", out JsonElement inbound))
        {
            Options = Options with { FailsafeInboundHostPorts = [.. inbound.EnumerateArray().Select(Port)] };
            EvaluatorOptions = EvaluatorOptions with { FailsafeInbound = [.. Options.FailsafeInboundHostPorts.Select(p => new Policy.Evaluation.FailsafePort(new(p.Protocol), p.Port, p.Net))] };
        }

        if (spec.TryGetProperty("failsafeOutboundHostPorts", out JsonElement outbound))
        {
            Options = Options with { FailsafeOutboundHostPorts = [.. outbound.EnumerateArray().Select(Port)] };
            EvaluatorOptions = EvaluatorOptions with { FailsafeOutbound = [.. Options.FailsafeOutboundHostPorts.Select(p => new Policy.Evaluation.FailsafePort(new(p.Protocol), p.Port, p.Net))] };
        }
    }

    private static FailsafePort Port(JsonElement port)
    {
        Assert.True(IpProtocol.TryParse(Text(port, "protocol", "TCP"), out IpProtocol protocol));
        return new FailsafePort(protocol.Number, port.GetProperty("port").GetUInt16(), port.TryGetProperty("net", out JsonElement net) ? IPNetwork.Parse(net.GetString()!) : null);
    }

    private static JsonObject PodOf(JsonElement pod) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = Metadata(pod),
        ["spec"] = new JsonObject
        {
            ["nodeName"] = Text(pod, "node", "n1"),
            ["serviceAccountName"] = Text(pod, "serviceAccount", "default"),
            ["hostNetwork"] = pod.TryGetProperty("hostNetwork", out JsonElement host) && host.GetBoolean(),
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["ports"] = pod.TryGetProperty("ports", out JsonElement ports) ? JsonNode.Parse(ports.GetRawText()) : new JsonArray() }),
        },
        ["status"] = new JsonObject
        {
            ["phase"] = Text(pod, "phase", "Running"),
            ["podIPs"] = new JsonArray([.. pod.GetProperty("ips").EnumerateArray().Select(a => (JsonNode)new JsonObject { ["ip"] = a.GetString() })]),
        },
    };

    private static JsonObject Metadata(JsonElement item) => new() { ["namespace"] = Text(item, "namespace"), ["name"] = Text(item, "name"), ["labels"] = Labels(item) };

    private static JsonObject Labels(JsonElement item) =>
        item.TryGetProperty("labels", out JsonElement labels) && labels.ValueKind == JsonValueKind.Object ? (JsonObject)JsonNode.Parse(labels.GetRawText())! : [];

    private IEnumerable<JsonElement> Items(string name) => _case.TryGetProperty(name, out JsonElement items) && items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : [];

    private static string Text(JsonElement item, string name, string missing = "") =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : missing;
}
