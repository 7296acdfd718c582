using System.Net;
using Calico.Policy.Engine;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A small cluster in a few words, and the engine of its node <c>n1</c>.</summary>
internal sealed class Cluster
{
    public const string Node = "n1";

    public Cluster(string node = Node)
    {
        Engine = new PolicyEngine(new PolicyEngineOptions { NodeName = node });
        foreach (TierModel tier in Policy.Conversion.ResourceConverter.BuiltInTiers) Engine.Upsert(tier);
        Engine.Upsert(Policy.Conversion.ResourceConverter.DefaultAllowProfile);
        Namespace("prod");
        Namespace("dev");
    }

    public PolicyEngine Engine { get; }

    public List<ProfileModel> Namespaces { get; } = [];

    public void Namespace(string name)
    {
        Namespaces.Add(new ProfileModel { Name = "kns." + name, Labels = LabelMap.Of(("pcns.name", name)), Ingress = [new RuleModel()], Egress = [new RuleModel()] });
        Engine.Upsert(Namespaces[^1]);
    }

    public static WorkloadEndpointModel Pod(string ns, string name, string address, string node = Node, params (string, string)[] labels) => new()
    {
        Id = new WorkloadEndpointId(node, "k8s", $"{ns}/{name}", "eth0"),
        InterfaceName = InterfaceOf(ns, name),
        Nets = [.. address.Split(',').Select(a => new IPNetwork(IPAddress.Parse(a), a.Contains(':') ? 128 : 32))],
        Labels = LabelMap.Of([("projectcalico.org/namespace", ns), ("projectcalico.org/orchestrator", "k8s"), .. labels]),
        Profiles = ["kns." + ns],
    };

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Calico derives interface names so.")]
    public static string InterfaceOf(string ns, string name) => "cali" + Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData(System.Text.Encoding.UTF8.GetBytes($"{ns}.{name}")))[..11];

    public static PolicyModel Policy_(string name, string selector, params RuleModel[] ingress) => new()
    {
        Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", name),
        Selector = selector,
        Types = PolicyTypes.Ingress,
        Ingress = [.. ingress],
    };

    public static RuleModel Allow(string? fromSelector = null, ushort port = 0, RuleAction action = RuleAction.Allow) => new()
    {
        Action = action,
        Protocol = port == 0 ? null : IpProtocol.Tcp,
        Source = new EntityMatch { Selector = fromSelector },
        Destination = port == 0 ? EntityMatch.Any : new EntityMatch { Ports = [new PortRange(port)] },
    };

    public IReadOnlyList<PolicyDelta> Start()
    {
        Engine.MarkInSync();
        return Engine.Flush();
    }
}
