using System.Globalization;
using System.Net;
using System.Text.Json;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Evaluation.Probes;

/// <summary>Reads the case format; field by field, so that one odd case is one error.</summary>
internal static class ProbeCaseReader
{
    public static IReadOnlyList<ProbeCase> ReadAll(ReadOnlyMemory<byte> utf8Json)
    {
        using JsonDocument document = JsonDocument.Parse(utf8Json, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        JsonElement root = document.RootElement;
        JsonElement cases = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("cases", out JsonElement listed) ? listed : root;
        if (cases.ValueKind == JsonValueKind.Object) return [Read(cases, 0)];
        if (cases.ValueKind != JsonValueKind.Array) throw new JsonException("There is no list of cases.");
        return [.. cases.EnumerateArray().Select(Read)];
    }

    private static ProbeCase Read(JsonElement item, int index)
    {
        string id = item.ValueKind == JsonValueKind.Object && Text(item, "id") is { Length: > 0 } named ? named : $"case {index}";
        try
        {
            return ReadCase(item, id);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or KeyNotFoundException or ArgumentException or JsonException or OverflowException)
        {
            return new ProbeCase(id) { Error = e.Message };
        }
    }

    private static ProbeCase ReadCase(JsonElement item, string id)
    {
        List<Resource> resources = [];
        foreach (JsonElement ns in Items(item, "namespaces")) resources.Add(new Namespace { Metadata = Meta(ns) });
        foreach (JsonElement node in Items(item, "nodes")) resources.Add(ReadNode(node));
        foreach (JsonElement account in Items(item, "serviceAccounts")) resources.Add(new ServiceAccount { Metadata = Meta(account) });
        Dictionary<string, Pod> pods = [];
        foreach (JsonElement element in Items(item, "pods"))
        {
            Pod pod = ReadPod(element);
            pods[$"{pod.Metadata.Namespace}/{pod.Metadata.Name}"] = pod;
        }

        resources.AddRange(pods.Values);
        Dictionary<string, ProbeService> services = [];
        foreach (JsonElement element in Items(item, "services"))
        {
            ProbeService service = ReadService(element);
            services[$"{Text(element, "namespace")}/{Text(element, "name")}"] = service;
            resources.AddRange(Slices(Text(element, "namespace"), Text(element, "name"), service, pods));
        }

        ManifestSet policies = new ManifestReader { WarnAboutUnknownFields = false }.Read(Text(item, "policies"), id);
        bool isCalico = Text(item, "dialect") == "calico";
        JsonElement sequence = item.TryGetProperty("sequence", out JsonElement s) && s.ValueKind == JsonValueKind.Object ? s : default;
        return new ProbeCase(id)
        {
            Description = Text(item, "description"),
            SequenceGroup = sequence.ValueKind == JsonValueKind.Object ? Text(sequence, "group") : null,
            SequenceStep = sequence.ValueKind == JsonValueKind.Object ? Number(sequence, "step") ?? 0 : 0,
            Resources = resources,
            Policies = policies,
            Services = services,
            Probes = [.. Items(item, "probes").Select(ReadProbe), .. Items(item, "matrices").SelectMany(ReadMatrix)],
            Options = FelixConfigurationReader.Read(policies, isCalico ? EvaluatorOptions.Default : new EvaluatorOptions { EndpointToHostAction = EndpointToHostAction.Accept }),
        };
    }

    private static Pod ReadPod(JsonElement pod) => new()
    {
        Metadata = Meta(pod),
        Spec = new PodSpec
        {
            NodeName = Text(pod, "node"),
            HostNetwork = pod.TryGetProperty("hostNetwork", out JsonElement host) && host.ValueKind == JsonValueKind.True,
            ServiceAccountName = Text(pod, "serviceAccount") is { Length: > 0 } account ? account : "default",
            Containers =
            [
                new Container
                {
                    Name = "main",
                    Ports = Items(pod, "ports").Select(p => new ContainerPort
                    {
                        Name = Text(p, "name") is { Length: > 0 } name ? name : null,
                        Port = Number(p, "containerPort"),
                        Protocol = Text(p, "protocol") is { Length: > 0 } protocol ? protocol : null,
                    }).ToEquatableArray(),
                },
            ],
        },
        Status = new PodStatus
        {
            Phase = Text(pod, "phase") is { Length: > 0 } phase ? phase : "Running",
            PodIPs = Text(pod, "phase") == "Pending" ? [] : Items(pod, "ips").Select(i => new PodAddress { Ip = i.GetString() }).ToEquatableArray(),
        },
    };

    private static Node ReadNode(JsonElement node) => new()
    {
        Metadata = Meta(node),
        Status = new NodeStatus { Addresses = Items(node, "ips").Select(i => new NodeAddress { Type = "InternalIP", Address = i.GetString() ?? "" }).ToEquatableArray() },
    };

    private static ProbeService ReadService(JsonElement service) => new(
        Text(service, "clusterIP"),
        [.. Items(service, "ports").Select(p => new ProbeServicePort(Number(p, "port") ?? 0, TargetPort(p), Protocol(Text(p, "protocol"))))],
        [.. Items(service, "endpoints").Select(e => e.GetString() ?? "")]);

    private static IEnumerable<EndpointSlice> Slices(string ns, string name, ProbeService service, Dictionary<string, Pod> pods)
    {
        foreach (string endpoint in service.Endpoints)
        {
            if (!pods.TryGetValue(endpoint, out Pod? pod)) throw new FormatException($"service {ns}/{name}: there is no pod {endpoint}");
            yield return new EndpointSlice
            {
                Metadata = new ObjectMeta
                {
                    Namespace = ns,
                    Name = $"{name}-{endpoint.Replace('/', '-')}",
                    Labels = LabelMap.Of((EndpointSlice.ServiceNameLabel, name)),
                },
                AddressType = "IPv4",
                Endpoints = [new SliceEndpoint { Addresses = (pod.Status?.PodIPs ?? []).Select(i => i.Ip ?? "").ToEquatableArray() }],
                Ports = service.Ports.Select(p => new SlicePort { Protocol = p.Protocol.ToString(), Port = PodPort(pod, p) }).ToEquatableArray(),
            };
        }
    }

    private static int? PodPort(Pod pod, ProbeServicePort port) =>
        int.TryParse(port.TargetPort, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : pod.Spec.Containers.SelectMany(c => c.Ports).FirstOrDefault(p => p.Name == port.TargetPort)?.Port ?? 0;

    private static Probe ReadProbe(JsonElement probe) => new()
    {
        From = Text(probe, "from"),
        To = Text(probe, "to"),
        Protocol = Protocol(Text(probe, "protocol")),
        Port = Number(probe, "port"),
        Expected = Text(probe, "expected") switch { "allow" => true, "deny" => false, "" => null, string other => throw new FormatException($"expected is '{other}', not allow or deny") },
        IsDisputed = probe.TryGetProperty("disputed", out JsonElement disputed) && disputed.ValueKind == JsonValueKind.True,
        Family = (IpVersion)(Number(probe, "family") ?? 0),
        SourcePort = Number(probe, "sport"),
        IcmpType = Number(probe, "icmpType"),
        IcmpCode = Number(probe, "icmpCode"),
        State = Text(probe, "ct") is { Length: > 0 } state ? Enum.Parse<ConntrackState>(state, ignoreCase: true) : ConntrackState.New,
        OriginalDestination = probe.TryGetProperty("preDnat", out JsonElement before) && before.ValueKind == JsonValueKind.Object
            ? new IPEndPoint(IPAddress.Parse(Text(before, "ip")), Number(before, "port") ?? 0)
            : null,
    };

    private static IEnumerable<Probe> ReadMatrix(JsonElement matrix)
    {
        string[] from = [.. Items(matrix, "from").Select(f => f.GetString() ?? "")], to = [.. Items(matrix, "to").Select(t => t.GetString() ?? "")];
        string[] rows = [.. Items(matrix, "rows").Select(r => r.GetString() ?? "")];
        if (rows.Length != from.Length || rows.Any(r => r.Length != to.Length)) throw new FormatException("a matrix has other rows and columns than from and to");
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < to.Length; j++)
            {
                yield return new Probe
                {
                    From = from[i],
                    To = to[j],
                    Protocol = Protocol(Text(matrix, "protocol")),
                    Port = Number(matrix, "port"),
                    Family = (IpVersion)(Number(matrix, "family") ?? 0),
                    Expected = rows[i][j] switch { '.' => true, 'X' => false, '?' => null, char other => throw new FormatException($"'{other}' in a matrix") },
                };
            }
        }
    }

    private static ObjectMeta Meta(JsonElement item) => new()
    {
        Name = Text(item, "name"),
        Namespace = Text(item, "namespace") is { Length: > 0 } ns ? ns : null,
        Labels = item.TryGetProperty("labels", out JsonElement labels) && labels.ValueKind == JsonValueKind.Object
            ? LabelMap.From(labels.EnumerateObject().Select(l => KeyValuePair.Create(l.Name, l.Value.GetString() ?? "")))
            : LabelMap.Empty,
    };

    private static IpProtocol Protocol(string text) =>
        text.Length == 0 ? IpProtocol.Tcp : IpProtocol.TryParse(text, out IpProtocol protocol) ? protocol : throw new FormatException($"'{text}' is no protocol");

    private static string TargetPort(JsonElement port) =>
        !port.TryGetProperty("targetPort", out JsonElement target) ? (Number(port, "port") ?? 0).ToString(CultureInfo.InvariantCulture)
        : target.ValueKind == JsonValueKind.Number ? target.GetRawText() : target.GetString() ?? "";

    private static string Text(JsonElement item, string name) => !item.TryGetProperty(name, out JsonElement value) ? "" : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Number => value.GetRawText(),
        _ => "",
    };

    private static int? Number(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default;
}
