using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Sets;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Policies;

/// <summary>An endpoint on a node the engine works for: all of it, and what its receiver knows of it.</summary>
internal sealed class LocalEndpoint(EndpointEntry entry, EndpointModel model)
{
    public EndpointEntry Entry { get; } = entry;
    public EndpointModel Model = model;
    public bool IsHost => Model is HostEndpointModel;
    public bool IsDeleted;

    /// <summary>What the receiver of the deltas has; null when it has nothing.</summary>
    public EndpointModel? EmittedModel;
    public EndpointPolicies? EmittedPolicies;
}

/// <summary>The local endpoints of a label class and what applies to all of them.</summary>
internal sealed class LocalClass(LabelClass labelClass)
{
    public LabelClass Class { get; } = labelClass;
    public readonly HashSet<LocalEndpoint> Endpoints = [];

    /// <summary>Place in the list of local classes.</summary>
    public int Index;

    public EndpointPolicies? ForWorkloads;
    public EndpointPolicies? ForHosts;
}
