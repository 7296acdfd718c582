using System.Net;
using Calico.Datastore;
using Calico.Ipam;
using Calico.Policy.Conversion;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using StoredResource = Calico.Datastore.Resource;

using ManifestObject = Calico.Policy.Manifests.ManifestObject;

namespace Calico.Lab.Cluster;

/// <summary>The cluster's datastore as a kubelet and its CNI plugin use it, and beside it the same state for the evaluator.</summary>
internal sealed class ClusterStore(IDatastore datastore)
{
    private readonly ResourceStore _resources = new(datastore);
    private readonly IpamClient _ipam = new(new DatastoreIpamStore(datastore));

    /// <summary>What the evaluator judges by.</summary>
    public ClusterState State { get; } = ClusterState.Of(ResourceConverter.BuiltInTiers.Concat<ModelObject>([ResourceConverter.DefaultAllowProfile]));

    public async Task ApplyAsync(ManifestObject @object, CancellationToken cancellation)
    {
        await _resources.ApplyAsync(StoredResource.Parse(System.Text.Encoding.UTF8.GetBytes(@object.Json)), cancellation);
        if (@object.ToModel() is { } model) State.Upsert(model);
    }

    public async Task EnsureNamespaceAsync(string name, CancellationToken cancellation)
    {
        if (State.Profiles.ContainsKey(CalicoNames.NamespaceProfilePrefix + name)) return;
        Namespace missing = new() { Metadata = new ObjectMeta { Name = name } };
        await _resources.ApplyAsync(StoredOf(missing), cancellation);
        State.Upsert(ResourceConverter.ToModel(missing).Value!);
    }

    /// <summary>Assigns the pod's addresses: one of each family that has a pool.</summary>
    public async Task<IReadOnlyList<IPAddress>> AssignAsync(Pod pod, CancellationToken cancellation)
    {
        AutoAssignRequest request = new()
        {
            IPv4 = 1,
            IPv6 = 1,
            Node = pod.Spec.NodeName!,
            Handle = HandleOf(pod),
            Attributes = new Dictionary<string, string> { ["namespace"] = pod.Metadata.Namespace!, ["pod"] = pod.Metadata.Name!, ["node"] = pod.Spec.NodeName! },
        };
        AutoAssignResult result = await _ipam.AutoAssignAsync(request, cancellation);
        IPAddress[] addresses = [.. result.Addresses.Select(a => a.Address)];
        return addresses.Length > 0 ? addresses : throw new LabException($"No address for pod {pod.Metadata.Namespace}/{pod.Metadata.Name}: {result.IPv4?.ShortfallMessage} {result.IPv6?.ShortfallMessage}");
    }

    /// <summary>Writes the pod's WorkloadEndpoint: from now on the node's agent knows of it.</summary>
    public async Task AddEndpointAsync(Pod pod, IReadOnlyList<IPAddress> addresses, string mac, CancellationToken cancellation)
    {
        WorkloadEndpoint endpoint = EndpointOf(pod, addresses);
        endpoint = endpoint with { Spec = endpoint.Spec with { Mac = mac, ContainerID = ContainerOf(pod) } };
        await _resources.ApplyAsync(StoredOf(endpoint), cancellation);
        State.Upsert(ResourceConverter.ToModel(endpoint).Value!);
    }

    public async Task RemoveEndpointAsync(Pod pod, IReadOnlyList<IPAddress> addresses, CancellationToken cancellation)
    {
        WorkloadEndpoint endpoint = EndpointOf(pod, addresses);
        State.Remove(ResourceConverter.ToModel(endpoint).Value!);
        await _resources.DeleteAsync(new ResourceKey(Datastore.ResourceKinds.WorkloadEndpoint, endpoint.Metadata.Namespace!, endpoint.Metadata.Name!), cancellationToken: cancellation);
    }

    public async Task ReleaseAsync(Pod pod, CancellationToken cancellation) => await _ipam.ReleaseByHandleAsync(HandleOf(pod), cancellationToken: cancellation);

    public async Task ApplyAsync(Calico.Policy.Resources.Resource resource, CancellationToken cancellation)
    {
        await _resources.ApplyAsync(StoredOf(resource), cancellation);
        State.Upsert(ResourceConverter.ToModel(resource).Value!);
    }

    public async Task DeleteAsync(Calico.Policy.Resources.Resource resource, CancellationToken cancellation)
    {
        State.Remove(ResourceConverter.ToModel(resource).Value!);
        await _resources.DeleteAsync(StoredOf(resource).Key, cancellationToken: cancellation);
    }

    private static WorkloadEndpoint EndpointOf(Pod pod, IReadOnlyList<IPAddress> addresses)
    {
        Pod running = pod with { Status = new PodStatus { Phase = "Running", PodIPs = addresses.Select(a => new PodAddress { Ip = a.ToString() }).ToEquatableArray() } };
        Converted<WorkloadEndpoint> converted = PodConverter.Convert(running);
        return converted.Value ?? throw new LabException($"Pod {pod.Metadata.Namespace}/{pod.Metadata.Name}: {string.Join("; ", converted.Problems)}");
    }

    private static string HandleOf(Pod pod) => $"k8s-pod-network.{pod.Metadata.Namespace}.{pod.Metadata.Name}";

    // The lab runs no containers: an id of their form, made of the pod's name.
    private static string ContainerOf(Pod pod) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(HandleOf(pod))));

    private static StoredResource StoredOf(Calico.Policy.Resources.Resource resource) => StoredResource.Parse(System.Text.Encoding.UTF8.GetBytes(ResourceJson.Write(resource)));
}
