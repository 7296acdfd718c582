namespace Calico.Datastore.Validation;

/// <summary>Tiers: the built-in ones stay, and one that policies are in stays too (clientv3 <c>tier.go</c>).</summary>
internal sealed class TierRule : IResourceRule
{
    private static readonly string[] Protected = ["default", "kube-admin", "kube-baseline"];
    private static readonly ResourceKind[] Tiered =
        [ResourceKinds.NetworkPolicy, ResourceKinds.GlobalNetworkPolicy, ResourceKinds.StagedNetworkPolicy, ResourceKinds.StagedGlobalNetworkPolicy];

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
    }

    public async ValueTask ValidateChangeAsync(ResourceStore resources, Resource? before, Resource? after, ICollection<ResourceProblem> problems, CancellationToken cancellationToken)
    {
        if (after is not null || before is null || before.Kind != ResourceKinds.Tier) return;
        if (Protected.Contains(before.Name, StringComparer.Ordinal)) problems.Add(new("", "is built in and cannot be deleted"));
        foreach (ResourceKind kind in Tiered)
        {
            ResourceList policies = await resources.ListAsync(kind, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (policies.Items.FirstOrDefault(p => Resource.Text(p.Spec, "tier") == before.Name) is { } user)
                problems.Add(new("", $"cannot be deleted while {user.Key} is in it"));
        }
    }
}
