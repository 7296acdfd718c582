using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources.Json;

/// <summary>Generated readers and writers of every resource; field names are those of the APIs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters =
    [
        typeof(LabelMapConverter),
        typeof(ProtocolConverter),
        typeof(PortConverter),
        typeof(IntOrStringConverter),
        typeof(DscpConverter),
        typeof(EquatableArrayConverter<AdminEgressRule>),
        typeof(EquatableArrayConverter<AdminIngressRule>),
        typeof(EquatableArrayConverter<AdminPort>),
        typeof(EquatableArrayConverter<ClusterEgressRule>),
        typeof(EquatableArrayConverter<ClusterIngressRule>),
        typeof(EquatableArrayConverter<ClusterPolicyEgressPeer>),
        typeof(EquatableArrayConverter<ClusterPolicyPeer>),
        typeof(EquatableArrayConverter<ClusterProtocol>),
        typeof(EquatableArrayConverter<Container>),
        typeof(EquatableArrayConverter<ContainerPort>),
        typeof(EquatableArrayConverter<EndpointPortSpec>),
        typeof(EquatableArrayConverter<HttpPath>),
        typeof(EquatableArrayConverter<IPNatSpec>),
        typeof(EquatableArrayConverter<LabelSelectorRequirement>),
        typeof(EquatableArrayConverter<NetworkPolicyEgressRule>),
        typeof(EquatableArrayConverter<NetworkPolicyIngressRule>),
        typeof(EquatableArrayConverter<NetworkPolicyPeer>),
        typeof(EquatableArrayConverter<NetworkPolicyPort>),
        typeof(EquatableArrayConverter<NodeAddress>),
        typeof(EquatableArrayConverter<PodAddress>),
        typeof(EquatableArrayConverter<Port>),
        typeof(EquatableArrayConverter<Rule>),
        typeof(EquatableArrayConverter<ServicePortSpec>),
        typeof(EquatableArrayConverter<SliceEndpoint>),
        typeof(EquatableArrayConverter<SlicePort>),
        typeof(EquatableArrayConverter<string>),
    ])]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(KubernetesNetworkPolicy))]
[JsonSerializable(typeof(AdminNetworkPolicy))]
[JsonSerializable(typeof(BaselineAdminNetworkPolicy))]
[JsonSerializable(typeof(ClusterNetworkPolicy))]
[JsonSerializable(typeof(NetworkPolicy))]
[JsonSerializable(typeof(GlobalNetworkPolicy))]
[JsonSerializable(typeof(StagedNetworkPolicy))]
[JsonSerializable(typeof(StagedGlobalNetworkPolicy))]
[JsonSerializable(typeof(StagedKubernetesNetworkPolicy))]
[JsonSerializable(typeof(Tier))]
[JsonSerializable(typeof(NetworkSet))]
[JsonSerializable(typeof(GlobalNetworkSet))]
[JsonSerializable(typeof(HostEndpoint))]
[JsonSerializable(typeof(WorkloadEndpoint))]
[JsonSerializable(typeof(Profile))]
[JsonSerializable(typeof(CalicoNode))]
[JsonSerializable(typeof(AdminEgressRule))]
[JsonSerializable(typeof(AdminIngressRule))]
[JsonSerializable(typeof(AdminPort))]
[JsonSerializable(typeof(ClusterEgressRule))]
[JsonSerializable(typeof(ClusterIngressRule))]
[JsonSerializable(typeof(ClusterPolicyEgressPeer))]
[JsonSerializable(typeof(ClusterPolicyPeer))]
[JsonSerializable(typeof(ClusterProtocol))]
[JsonSerializable(typeof(Container))]
[JsonSerializable(typeof(ContainerPort))]
[JsonSerializable(typeof(EndpointPortSpec))]
[JsonSerializable(typeof(HttpPath))]
[JsonSerializable(typeof(IPNatSpec))]
[JsonSerializable(typeof(LabelSelectorRequirement))]
[JsonSerializable(typeof(NetworkPolicyEgressRule))]
[JsonSerializable(typeof(NetworkPolicyIngressRule))]
[JsonSerializable(typeof(NetworkPolicyPeer))]
[JsonSerializable(typeof(NetworkPolicyPort))]
[JsonSerializable(typeof(NodeAddress))]
[JsonSerializable(typeof(PodAddress))]
[JsonSerializable(typeof(Port))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(ServicePortSpec))]
[JsonSerializable(typeof(SliceEndpoint))]
[JsonSerializable(typeof(SlicePort))]
[JsonSerializable(typeof(string))]
internal sealed partial class ResourceJsonContext : JsonSerializerContext;
