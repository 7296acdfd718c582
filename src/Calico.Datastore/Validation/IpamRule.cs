using System.Net;
using System.Text.Json.Nodes;
using Calico.Ipam;

namespace Calico.Datastore.Validation;

/// <summary>IPPool and IPReservation: Calico's defaults (clientv3 <c>ippool.go</c>); what they may be is Calico.Ipam's to say.</summary>
internal sealed class IpamRule : IResourceRule
{
    public void Default(Resource resource)
    {
        if (resource.Kind != ResourceKinds.IPPool || Resource.Text(resource.Spec, "cidr") is not { Length: > 0 } cidr) return;
        JsonObject spec = resource.Spec;
        if (Resource.Text(spec, "nodeSelector") is null or "") spec["nodeSelector"] = "all()";
        if (spec["blockSize"] is null || JsonNode.DeepEquals(spec["blockSize"], 0)) spec["blockSize"] = cidr.Contains(':', StringComparison.Ordinal) ? 122 : 26;
        // Tunnel addresses belong to no namespace.
        bool namespaced = Resource.Text(spec, "namespaceSelector") is { Length: > 0 };
        if (spec["allowedUses"] is not JsonArray { Count: > 0 }) spec["allowedUses"] = namespaced ? new JsonArray("Workload") : new JsonArray("Workload", "Tunnel");
        spec["assignmentMode"] ??= "Automatic";
        spec["ipipMode"] ??= "Never";
        spec["vxlanMode"] ??= "Never";
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        IReadOnlyList<ValidationError> errors =
            resource.Kind == ResourceKinds.IPPool ? IPPoolValidation.Validate(resource.ToUtf8Json()) :
            resource.Kind == ResourceKinds.IPReservation ? IPReservationValidation.Validate(resource.ToUtf8Json()) : [];
        Add(errors, problems);
    }

    public async ValueTask ValidateChangeAsync(ResourceStore resources, Resource? before, Resource? after, ICollection<ResourceProblem> problems, CancellationToken cancellationToken)
    {
        if (after is null || after.Kind != ResourceKinds.IPPool) return;
        List<IPPool> others = [];
        List<IPNetwork> blocks = [];
        if (before is null)
        {
            ResourceList pools = await resources.ListAsync(ResourceKinds.IPPool, cancellationToken: cancellationToken).ConfigureAwait(false);
            others.AddRange(pools.Items.Where(p => p.Name != after.Name).Select(Decode).OfType<IPPool>());
            foreach (int family in (int[])[4, 6])
            {
                KeyValueList keys = await resources.Datastore.ListAsync(IpamKeys.Blocks(family), keysOnly: true, cancellationToken).ConfigureAwait(false);
                foreach (KeyValue item in keys.Items)
                {
                    if (IpamKeys.TryParseBlock(item.Key, out IPNetwork block)) blocks.Add(block);
                }
            }
        }

        Add(IPPoolValidation.ValidateChange(Decode(after)!, before is null ? null : Decode(before), others, blocks), problems);
    }

    /// <summary>Null where a stored pool cannot be read; then it has no say.</summary>
    private static IPPool? Decode(Resource pool)
    {
        try
        {
            return IPPool.Decode(pool.ToUtf8Json(), pool.Name);
        }
        catch (IpamDataException)
        {
            return null;
        }
    }

    private static void Add(IReadOnlyList<ValidationError> errors, ICollection<ResourceProblem> problems)
    {
        foreach (ValidationError error in errors)
        {
            // Names and labels are checked for all kinds alike.
            if (!error.Path.StartsWith("$.metadata", StringComparison.Ordinal)) problems.Add(new(error.Path.TrimStart('$').TrimStart('.'), error.Reason));
        }
    }
}
