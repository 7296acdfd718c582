using System.Net;
using System.Text.Json;
using Calico.Policy.Engine;
using Calico.Policy.Model;

namespace Calico.Policy.Tests.Engine;

/// <summary>Reads the datastore content of a calculation-graph state: keys and values as Felix sees them.</summary>
internal static class CalcGraphState
{
    /// <summary>Tells an engine what leads from one datastore content to another, deletions first.</summary>
    public static void Apply(PolicyEngine engine, IReadOnlyDictionary<string, ModelObject> from, IReadOnlyDictionary<string, ModelObject> to, bool reversed = false)
    {
        IEnumerable<ModelObject> gone = from.Where(o => !to.ContainsKey(o.Key)).Select(o => o.Value);
        IEnumerable<ModelObject> now = to.Values;
        foreach (ModelObject model in reversed ? gone.Reverse() : gone) Remove(engine, model);
        foreach (ModelObject model in reversed ? now.Reverse() : now) engine.Upsert(model);
    }

    public static void Remove(PolicyEngine engine, ModelObject model)
    {
        switch (model)
        {
            case WorkloadEndpointModel workload: engine.Remove(workload.Id); break;
            case HostEndpointModel host: engine.Remove(host.Id); break;
            case PolicyModel policy: engine.Remove(policy.Id); break;
            case ProfileModel profile: engine.RemoveProfile(profile.Name); break;
            case TierModel tier: engine.RemoveTier(tier.Name); break;
            case NetworkSetModel set: engine.RemoveNetworkSet(set.Id); break;
            case EndpointSliceModel slice: engine.RemoveEndpointSlice(slice.Id); break;
            default: throw new ArgumentException(model.ToString());
        }
    }

    public static Dictionary<string, ModelObject> Read(JsonElement datastore)
    {
        Dictionary<string, ModelObject> objects = [];
        foreach (JsonElement pair in datastore.EnumerateArray())
        {
            JsonElement key = pair.GetProperty("key"), value = pair.GetProperty("value");
            switch (Text(key, "kind"))
            {
                case "WorkloadEndpoint": Add(Workload(key, value)); break;
                case "HostEndpoint": Add(Host(key, value)); break;
                case "Policy": Add(Policy(key, value)); break;
                case "Tier": Add(new TierModel { Name = Text(key, "name"), Order = Number(value, "order") }); break;
                case "NetworkSet": Add(new NetworkSetModel { Name = Text(key, "name"), Labels = Labels(value, "labels"), Nets = Nets(value, "nets") }); break;
                case "ProfileRules": AddProfile(Text(key.GetProperty("profileKey"), "name"), value); break;
                case "Resource" when Text(key, "resourceKind") == "Profile": AddProfile(Text(key, "name"), value); break;
                case "Resource" when Text(key, "resourceKind") == "KubernetesEndpointSlice": Add(Slice(value)); break;
            }
        }

        return objects;

        void Add(ModelObject model) => objects[Key(model)] = model;

        // Upstream keeps labels and rules of a profile under two keys; a profile without rules counts as missing there and has the stand-in's rules.
        void AddProfile(string name, JsonElement value)
        {
            ProfileModel profile = objects.GetValueOrDefault($"profile {name}") as ProfileModel ?? new ProfileModel { Name = name };
            Add(value.TryGetProperty("spec", out JsonElement spec)
                ? profile with { Labels = Labels(spec, "labelsToApply") }
                : profile with { Ingress = Rules(value, "inboundRules"), Egress = Rules(value, "outboundRules") });
        }
    }

    private static string Key(ModelObject model) => model switch
    {
        WorkloadEndpointModel workload => $"workload {workload.Id.Node} {workload.Id}",
        HostEndpointModel host => $"host {host.Id}",
        PolicyModel policy => $"policy {policy.Id}",
        ProfileModel profile => $"profile {profile.Name}",
        TierModel tier => $"tier {tier.Name}",
        NetworkSetModel set => $"set {set.Id}",
        EndpointSliceModel slice => $"slice {slice.Id}",
        _ => throw new ArgumentException(model.ToString()),
    };

    private static WorkloadEndpointModel Workload(JsonElement key, JsonElement value) => new()
    {
        Id = new WorkloadEndpointId(Text(key, "hostname"), Text(key, "orchestratorID"), Text(key, "workloadID"), Text(key, "endpointID")),
        InterfaceName = Text(value, "name"),
        IsActive = Text(value, "state") == "active",
        Nets = [.. Nets(value, "ipv4Nets"), .. Nets(value, "ipv6Nets")],
        Labels = Labels(value, "labels"),
        Profiles = Texts(value, "profileIDs"),
        Ports = Items(value, "ports").Select(p => new EndpointPort(Text(p, "name"), Protocol(p.GetProperty("protocol")), p.GetProperty("port").GetUInt16())).ToEquatableArray(),
    };

    private static HostEndpointModel Host(JsonElement key, JsonElement value) => new()
    {
        Id = new HostEndpointId(Text(key, "hostname"), Text(key, "endpointID")),
        InterfaceName = Text(value, "name"),
        ExpectedIPs = Texts(value, "expectedIPv4Addrs").Concat(Texts(value, "expectedIPv6Addrs")).Select(IPAddress.Parse).ToEquatableArray(),
        Labels = Labels(value, "labels"),
        Profiles = Texts(value, "profileIDs"),
    };

    private static PolicyModel Policy(JsonElement key, JsonElement value)
    {
        PolicyTypes types = PolicyTypes.None;
        foreach (string type in Texts(value, "types")) types |= Enum.Parse<PolicyTypes>(type, ignoreCase: true);
        return new PolicyModel
        {
            Id = new PolicyId(Enum.Parse<PolicyKind>(Text(key, "policyKind")), Text(key, "namespace"), Text(key, "name")),
            Tier = Text(value, "tier"),
            Order = Number(value, "order"),
            Selector = Text(value, "selector"),
            Types = types == PolicyTypes.None ? PolicyTypes.Both : types,
            Ingress = Rules(value, "inboundRules"),
            Egress = Rules(value, "outboundRules"),
            DoNotTrack = value.TryGetProperty("doNotTrack", out JsonElement untracked) && untracked.GetBoolean(),
            PreDnat = value.TryGetProperty("preDNAT", out JsonElement preDnat) && preDnat.GetBoolean(),
            AssumeNeededOnEveryNode = Texts(value, "performanceHints").Count > 0,
        };
    }

    private static EquatableArray<RuleModel> Rules(JsonElement value, string name) => Items(value, name).Select(Rule).ToEquatableArray();

    private static RuleModel Rule(JsonElement rule) => new()
    {
        Action = Text(rule, "action") is { Length: > 0 } action ? Enum.Parse<RuleAction>(action, ignoreCase: true) : RuleAction.Allow,
        Protocol = rule.TryGetProperty("protocol", out JsonElement protocol) ? Protocol(protocol) : null,
        Source = Entity(rule, "src"),
        Destination = Entity(rule, "dst"),
        Http = rule.TryGetProperty("httpMatch", out JsonElement http) ? new HttpMatch { Methods = Texts(http, "methods") } : null,
    };

    private static EntityMatch Entity(JsonElement rule, string side)
    {
        string title = char.ToUpperInvariant(side[0]) + side[1..];
        return new EntityMatch
        {
            Selector = Text(rule, $"{side}Selector"),
            NotSelector = Text(rule, $"not{title}Selector"),
            Ports = Items(rule, $"{side}Ports").Where(p => p.ValueKind == JsonValueKind.Number).Select(p => new PortRange(p.GetUInt16())).ToEquatableArray(),
            NamedPorts = Items(rule, $"{side}Ports").Where(p => p.ValueKind == JsonValueKind.String).Select(p => p.GetString()!).ToEquatableArray(),
            NotNamedPorts = Items(rule, $"not{title}Ports").Where(p => p.ValueKind == JsonValueKind.String).Select(p => p.GetString()!).ToEquatableArray(),
            Service = Text(rule, $"{side}Service") is { Length: > 0 } service ? new NamespacedName(Text(rule, $"{side}ServiceNamespace"), service) : null,
        };
    }

    private static EndpointSliceModel Slice(JsonElement value)
    {
        JsonElement meta = value.GetProperty("objectMeta");
        string ns = Text(meta, "namespace");
        return new EndpointSliceModel
        {
            Id = new NamespacedName(ns, Text(meta, "name")),
            Service = new NamespacedName(ns, Text(meta.GetProperty("labels"), "kubernetes.io/service-name")),
            Addresses = Items(value, "endpoints").SelectMany(e => Texts(e, "addresses")).Select(IPAddress.Parse).ToEquatableArray(),
            Ports = Items(value, "ports").Select(p => new ServicePort(Protocol(p.GetProperty("protocol")), p.GetProperty("port").GetUInt16())).ToEquatableArray(),
        };
    }

    private static IpProtocol Protocol(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
        return IpProtocol.TryParse(text, out IpProtocol protocol) ? protocol : throw new FormatException(text);
    }

    private static string Text(JsonElement value, string name) => value.TryGetProperty(name, out JsonElement text) ? text.GetString() ?? "" : "";

    private static double? Number(JsonElement value, string name) => value.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private static EquatableArray<string> Texts(JsonElement value, string name) => Items(value, name).Select(t => t.GetString()!).ToEquatableArray();

    private static EquatableArray<IPNetwork> Nets(JsonElement value, string name) => Texts(value, name).Select(IPNetwork.Parse).ToEquatableArray();

    private static LabelMap Labels(JsonElement value, string name) => value.TryGetProperty(name, out JsonElement labels)
        ? LabelMap.From(labels.EnumerateObject().Select(l => KeyValuePair.Create(l.Name, l.Value.GetString()!)))
        : LabelMap.Empty;
}
