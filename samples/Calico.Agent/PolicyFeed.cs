using Calico.Datastore;
using Calico.Dataplane;
using Calico.Policy.Conversion;
using Calico.Policy.Engine;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Microsoft.Extensions.Logging;
using ManifestObject = Calico.Policy.Manifests.ManifestObject;
using ManifestReader = Calico.Policy.Manifests.ManifestReader;

namespace Calico.Agent;

/// <summary>Objects of the datastore → policy engine → dataplane.</summary>
internal sealed class PolicyFeed
{
    private readonly PolicyEngine _engine;
    private readonly CalicoDataplane _dataplane;
    private readonly ILogger<PolicyFeed> _logger;
    private readonly ManifestReader _reader = new() { WarnAboutUnknownFields = false };
    private readonly Dictionary<string, (ModelObject Model, bool IsValid)> _known = [];
    private bool _inSync;

    public PolicyFeed(AgentOptions options, CalicoDataplane dataplane, ILogger<PolicyFeed> logger)
    {
        _engine = new PolicyEngine(new PolicyEngineOptions { NodeName = options.Node, OneTransaction = true });
        _dataplane = dataplane;
        _logger = logger;
        foreach (TierModel tier in ResourceConverter.BuiltInTiers) _engine.Upsert(tier);
        _engine.Upsert(ResourceConverter.DefaultAllowProfile);
    }

    /// <summary>What policy is made of. Pods are not among them: their WorkloadEndpoints are.</summary>
    public static IReadOnlyList<ResourceKind> Kinds { get; } =
    [
        ResourceKinds.Namespace, ResourceKinds.ServiceAccount, ResourceKinds.KubernetesNetworkPolicy,
        ResourceKinds.ClusterNetworkPolicy, ResourceKinds.AdminNetworkPolicy, ResourceKinds.BaselineAdminNetworkPolicy,
        ResourceKinds.Tier, ResourceKinds.NetworkPolicy, ResourceKinds.GlobalNetworkPolicy,
        ResourceKinds.StagedNetworkPolicy, ResourceKinds.StagedGlobalNetworkPolicy, ResourceKinds.StagedKubernetesNetworkPolicy,
        ResourceKinds.NetworkSet, ResourceKinds.GlobalNetworkSet, ResourceKinds.Profile, ResourceKinds.HostEndpoint, ResourceKinds.WorkloadEndpoint,
        ResourceKinds.EndpointSlice, ResourceKinds.Node,
    ];

    public bool Take(SyncUpdate update)
    {
        if (update.ResourceKey is not { } key || !Kinds.Contains(key.Kind)) return false;
        if (update.Item is null) Remove(update.Key);
        else Put(update.Key, key, update.ReadResource()!);
        return true;
    }

    /// <summary>Gives the dataplane what has changed, as one step.</summary>
    public void Flush(bool inSync)
    {
        if (inSync && !_inSync)
        {
            _inSync = true;
            _engine.MarkInSync();
        }

        if (!_inSync) return;
        IReadOnlyList<PolicyDelta> deltas = _engine.Flush();
        if (deltas.Count > 0) _dataplane.Apply(deltas);
    }

    // A bad object stops no other: its last valid version stays in force, and without one it fails closed.
    private void Put(string at, ResourceKey key, Resource resource)
    {
        ManifestSet read = _reader.Read(resource.ToJsonText(), key.ToString());
        foreach (Diagnostic problem in read.Diagnostics) Log.Problem(_logger, problem.ToString());
        if (read.Objects is not [ManifestObject @object]) return;
        if (!@object.IsValid && _known.TryGetValue(at, out (ModelObject, bool IsValid) last) && last.IsValid) return;
        if (@object.ToModel() is not { } model)
        {
            Remove(at);
            return;
        }

        _known[at] = (model, @object.IsValid);
        _engine.Upsert(model);
    }

    private void Remove(string at)
    {
        if (!_known.Remove(at, out (ModelObject Model, bool) gone)) return;
        _engine.Remove(gone.Model);
        if (ResourceConverter.BuiltInTiers.FirstOrDefault(t => t.Name == (gone.Model as TierModel)?.Name) is { } builtIn) _engine.Upsert(builtIn);
    }
}
