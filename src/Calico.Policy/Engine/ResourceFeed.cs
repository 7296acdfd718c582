using Calico.Policy.Conversion;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Validation;

namespace Calico.Policy.Engine;

/// <summary>
/// Takes resources as people write them and keeps their backend form in step: an object that turns bad keeps its last good version in force,
/// one that was never good is in force as far as it can be understood and fails closed for the rest.
/// </summary>
internal sealed class ResourceFeed(Action<ModelObject> upsert, Action<ModelObject> remove)
{
    private readonly Dictionary<ResourceId, Known> _known = [];
    private readonly Dictionary<ResourceId, IReadOnlyList<PolicyFault>> _faults = [];
    private bool _hasBuiltIns;

    private readonly record struct Known(ModelObject? Identity, bool IsGood);

    public IEnumerable<PolicyFault> Faults => _faults.Values.SelectMany(f => f);

    public IReadOnlyList<PolicyFault> Upsert(Resource resource)
    {
        AddBuiltIns();
        ResourceId id = resource.Id;
        (ModelObject? model, IReadOnlyList<(string Path, string Message)> problems) = ToModel(resource);
        _known.TryGetValue(id, out Known old);
        if (problems.Count > 0)
        {
            bool keeps = old.IsGood;
            PolicyFault[] faults = [.. problems.Select(p => new PolicyFault(id.ToString(), p.Path, keeps ? $"{p.Message}; the last valid version stays in force" : p.Message))];
            _faults[id] = faults;
            if (keeps) return faults;
        }
        else
            _faults.Remove(id);

        ModelObject? identity = model is null ? null : IdentityOf(model);
        if (old.Identity is { } previous && !previous.Equals(identity)) remove(previous);
        if (model is not null) upsert(model);
        _known[id] = new Known(identity, problems.Count == 0);
        return problems.Count == 0 ? [] : _faults[id];
    }

    public void Remove(ResourceId id)
    {
        _faults.Remove(id);
        if (_known.Remove(id, out Known known) && known.Identity is { } identity) remove(identity);
    }

    private void AddBuiltIns()
    {
        if (_hasBuiltIns) return;
        _hasBuiltIns = true;
        foreach (TierModel tier in ResourceConverter.BuiltInTiers) upsert(tier);
        upsert(ResourceConverter.DefaultAllowProfile);
    }

    private static (ModelObject? Model, IReadOnlyList<(string Path, string Message)> Problems) ToModel(Resource resource)
    {
        IReadOnlyList<ValidationError> errors = ResourceValidator.Validate(resource);
        Converted<ModelObject> converted = ResourceConverter.ToModel(resource, errors.Select(e => e.Path));
        if (errors.Count + converted.Problems.Count == 0) return (converted.Value, []);
        return (converted.Value, [.. errors.Select(e => (e.Path, e.Message)).Concat(converted.Problems.Where(p => !errors.Any(e => e.Path == p.Path)).Select(p => (p.Path, p.Message)))]);
    }

    // What is enough to remove the object again: the object itself may be large and there may be many.
    private static ModelObject IdentityOf(ModelObject model) => model switch
    {
        PolicyModel policy => new PolicyModel { Id = policy.Id },
        WorkloadEndpointModel workload => new WorkloadEndpointModel { Id = workload.Id },
        HostEndpointModel host => new HostEndpointModel { Id = host.Id },
        ProfileModel profile => new ProfileModel { Name = profile.Name },
        TierModel tier => new TierModel { Name = tier.Name },
        NetworkSetModel set => new NetworkSetModel { Namespace = set.Namespace, Name = set.Name },
        EndpointSliceModel slice => new EndpointSliceModel { Id = slice.Id, Service = slice.Service },
        NodeModel node => new NodeModel { Name = node.Name },
        _ => model,
    };
}
