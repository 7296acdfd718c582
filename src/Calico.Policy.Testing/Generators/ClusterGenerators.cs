using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Policy.Testing;

/// <summary>Generators of whole clusters, of single objects to change them by, and of flows aimed at their boundaries.</summary>
public static class ClusterGenerators
{
    /// <summary>The nodes; the first is the one to work for where one is needed.</summary>
    public static IReadOnlyList<string> Nodes { get; } = ["node1", "node2"];

    /// <summary>The service that endpoint slices belong to.</summary>
    public static NamespacedName Service { get; } = new("ns1", "svc");

    private static readonly string[] ProfileNames = ["kns.ns1", "kns.ns2", "extra", "missing"];

    /// <summary>A workload endpoint on one of the nodes; addresses may be shared with others.</summary>
    public static Gen<WorkloadEndpointModel> Workload { get; } =
        from number in Gen.Choose(0, 5)
        from node in Gen.Elements(Nodes.AsEnumerable())
        from addresses in NetworkGenerators.Some(NetworkGenerators.EndpointAddresses, 2)
        from labels in LabelGenerators.Labels
        from profiles in NetworkGenerators.Some(ProfileNames, 2)
        from portCount in Gen.Choose(0, 2)
        from ports in NetworkGenerators.EndpointPort.ArrayOf(portCount)
        from active in Gen.Frequency((9, Gen.Constant(true)), (1, Gen.Constant(false)))
        select new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId(node, "k8s", $"ns{(number % 2) + 1}/pod{number}", "eth0"),
            InterfaceName = $"cali{number}",
            Nets = addresses.Select(a => new IPNetwork(a, a.GetAddressBytes().Length * 8)).ToEquatableArray(),
            Labels = labels,
            Profiles = profiles,
            Ports = ports.ToEquatableArray(),
            IsActive = active,
        };

    /// <summary>A host endpoint, by name, by address or on every interface.</summary>
    public static Gen<HostEndpointModel> Host { get; } =
        from number in Gen.Choose(0, 1)
        from name in Gen.Elements("eth0", "*", "")
        from labels in LabelGenerators.Labels
        from profiles in NetworkGenerators.Some(ProfileNames, 1)
        from portCount in Gen.Choose(0, 1)
        from ports in NetworkGenerators.EndpointPort.ArrayOf(portCount)
        select new HostEndpointModel
        {
            Id = new HostEndpointId(Nodes[number], $"host{number}"),
            InterfaceName = name,
            ExpectedIPs = [NetworkGenerators.NodeAddresses[number]],
            Labels = labels,
            Profiles = profiles,
            Ports = ports.ToEquatableArray(),
        };

    /// <summary>A network set, of a namespace or global.</summary>
    public static Gen<NetworkSetModel> NetworkSet { get; } =
        from number in Gen.Choose(0, 2)
        from ns in Gen.Elements("", "ns1")
        from nets in NetworkGenerators.Some(NetworkGenerators.Prefixes, 3)
        from labels in LabelGenerators.Labels
        select new NetworkSetModel { Namespace = ns, Name = $"set{number}", Nets = nets, Labels = labels, Profiles = ns.Length > 0 ? [$"kns.{ns}"] : [] };

    /// <summary>A profile with labels and a few rules.</summary>
    public static Gen<ProfileModel> Profile { get; } =
        from name in Gen.Elements(ProfileNames[..3])
        from labels in LabelGenerators.Labels
        from count in Gen.Choose(0, 2)
        from ingress in PolicyGenerators.Rule.ArrayOf(count)
        from egress in PolicyGenerators.Rule.ArrayOf(count)
        select new ProfileModel { Name = name, Labels = labels, Ingress = ingress.ToEquatableArray(), Egress = egress.ToEquatableArray() };

    /// <summary>A tier.</summary>
    public static Gen<TierModel> Tier { get; } =
        from name in Gen.Elements("default", "first", "second")
        from order in Gen.Elements<double?>(null, 1, 2)
        from action in Gen.Elements(TierDefaultAction.Deny, TierDefaultAction.Pass)
        select new TierModel { Name = name, Order = order, DefaultAction = action };

    /// <summary>Part of the service <see cref="Service"/>.</summary>
    public static Gen<EndpointSliceModel> Slice { get; } =
        from number in Gen.Choose(0, 1)
        from addresses in NetworkGenerators.Some(NetworkGenerators.EndpointAddresses, 2)
        from ports in NetworkGenerators.Some(NetworkGenerators.Ports.Select(p => new ServicePort(IpProtocol.Tcp, p)), 2)
        select new EndpointSliceModel { Id = new NamespacedName("ns1", $"slice{number}"), Service = Service, Addresses = addresses, Ports = ports };

    /// <summary>A node, with labels that node selectors hit; it keeps its address.</summary>
    public static Gen<NodeModel> Node { get; } =
        from number in Gen.Choose(0, Nodes.Count - 1)
        from labels in LabelGenerators.Labels
        select new NodeModel { Name = Nodes[number], Labels = labels, Addresses = [NetworkGenerators.NodeAddresses[number]] };

    /// <summary>Any object, to be told to an engine or put into a state.</summary>
    public static Gen<ModelObject> Object { get; } = Gen.Frequency(
        (5, Workload.Select(o => (ModelObject)o)),
        (5, PolicyGenerators.Policy.Select(o => (ModelObject)o)),
        (1, Host.Select(o => (ModelObject)o)),
        (1, NetworkSet.Select(o => (ModelObject)o)),
        (2, Profile.Select(o => (ModelObject)o)),
        (1, Tier.Select(o => (ModelObject)o)),
        (1, Slice.Select(o => (ModelObject)o)),
        (1, Node.Select(o => (ModelObject)o)));

    /// <summary>The objects of a cluster, nodes included.</summary>
    public static Gen<EquatableArray<ModelObject>> Cluster { get; } =
        from objects in Object.ListOf()
        from workloads in Workload.ArrayOf(3)
        select NodeObjects().Concat(workloads).Concat(objects).ToEquatableArray();

    /// <summary>A flow between addresses of the universe, at and next to the boundaries that rules have.</summary>
    public static Gen<Flow> Flow { get; } =
        from source in Address
        from destination in Address
        where source.AddressFamily == destination.AddressFamily
        from protocol in Gen.Elements(NetworkGenerators.Protocols.AsEnumerable())
        from sourcePort in Gen.Elements(NetworkGenerators.Ports.AsEnumerable())
        from destinationPort in Gen.Elements(NetworkGenerators.Ports.AsEnumerable())
        from type in Gen.Elements<byte>(0, 8, 128)
        from code in Gen.Elements<byte>(0, 1)
        from state in Gen.Frequency((9, Gen.Constant(ConntrackState.New)), (1, Gen.Elements(Enum.GetValues<ConntrackState>())))
        select new Flow
        {
            Source = source,
            Destination = destination,
            Protocol = protocol,
            SourcePort = sourcePort,
            DestinationPort = destinationPort,
            IcmpType = type,
            IcmpCode = code,
            State = state,
        };

    /// <summary>Clusters with fewer and simpler objects.</summary>
    public static IEnumerable<EquatableArray<ModelObject>> Shrink(EquatableArray<ModelObject> objects)
    {
        for (int half = objects.Count / 2; half > 1; half /= 2)
        {
            for (int from = 0; from + half <= objects.Count; from += half) yield return objects.Without(from, half);
        }

        for (int i = 0; i < objects.Count; i++)
        {
            if (objects[i] is not NodeModel) yield return objects.Without(i);
        }

        for (int i = 0; i < objects.Count; i++)
        {
            foreach (ModelObject simpler in Shrink(objects[i])) yield return objects.With(i, simpler);
        }
    }

    /// <summary>Simpler forms of one object.</summary>
    public static IEnumerable<ModelObject> Shrink(ModelObject model) => model switch
    {
        PolicyModel policy => PolicyGenerators.Shrink(policy),
        WorkloadEndpointModel workload => LabelGenerators.Shrink(workload.Labels).Select(labels => workload with { Labels = labels })
            .Concat(workload.Ports.IsEmpty ? [] : [workload with { Ports = [] }])
            .Concat(workload.Profiles.IsEmpty ? [] : [workload with { Profiles = [] }]),
        HostEndpointModel host => LabelGenerators.Shrink(host.Labels).Select(labels => host with { Labels = labels })
            .Concat(host.Ports.IsEmpty ? [] : [host with { Ports = [] }])
            .Concat(host.Profiles.IsEmpty ? [] : [host with { Profiles = [] }]),
        NetworkSetModel set => LabelGenerators.Shrink(set.Labels).Select(labels => set with { Labels = labels })
            .Concat(set.Nets.OneFewer().Select(nets => set with { Nets = nets })),
        NodeModel node => LabelGenerators.Shrink(node.Labels).Select(labels => node with { Labels = labels }),
        ProfileModel profile => LabelGenerators.Shrink(profile.Labels).Select(labels => profile with { Labels = labels })
            .Concat(profile.Ingress.IsEmpty && profile.Egress.IsEmpty ? [] : [profile with { Ingress = [], Egress = [] }]),
        _ => [],
    };

    /// <summary>FsCheck's view of <see cref="Cluster"/> with its shrinker.</summary>
    public static Arbitrary<EquatableArray<ModelObject>> ArbitraryCluster() => Arb.From(Cluster, Shrink);

    /// <summary>Simpler flows between the same addresses.</summary>
    public static IEnumerable<Flow> Shrink(Flow flow)
    {
        ushort plain = NetworkGenerators.Ports[0];
        if (flow.State != ConntrackState.New) yield return flow with { State = ConntrackState.New };
        if (flow.SourcePort != plain) yield return flow with { SourcePort = plain };
        if (flow.DestinationPort != plain) yield return flow with { DestinationPort = plain };
        if (flow.IcmpType != 0) yield return flow with { IcmpType = 0 };
        if (flow.IcmpCode != 0) yield return flow with { IcmpCode = 0 };
        if (flow.Protocol != IpProtocol.Tcp) yield return flow with { Protocol = IpProtocol.Tcp };
    }

    /// <summary>FsCheck's view of <see cref="Flow"/> with its shrinker.</summary>
    public static Arbitrary<Flow> ArbitraryFlow() => Arb.From(Flow, Shrink);

    private static Gen<IPAddress> Address => Gen.Frequency(
        (5, Gen.Elements(NetworkGenerators.EndpointAddresses.AsEnumerable())),
        (1, Gen.Elements(NetworkGenerators.NodeAddresses.AsEnumerable())),
        (2, Gen.Elements(NetworkGenerators.OutsideAddresses.AsEnumerable())));

    private static IEnumerable<ModelObject> NodeObjects() =>
        Nodes.Select((name, i) => new NodeModel { Name = name, Addresses = [NetworkGenerators.NodeAddresses[i]] });
}
