using System.Text.Json.Nodes;

namespace Calico.Datastore.Validation;

/// <summary>What Calico fills in on its tiered policies: <c>types</c> from the rules that are there, and the tier as a label (api <c>pkg/defaults</c>).</summary>
internal sealed class PolicyDefaults : IResourceRule
{
    private const string TierLabel = "projectcalico.org/tier";

    public void Default(Resource resource)
    {
        if (!IsTiered(resource.Kind)) return;
        JsonObject spec = resource.Spec;
        if (spec["types"] is not JsonArray { Count: > 0 })
        {
            bool ingress = spec["ingress"] is JsonArray { Count: > 0 }, egress = spec["egress"] is JsonArray { Count: > 0 };
            spec["types"] = !egress ? new JsonArray("Ingress") : !ingress ? new JsonArray("Egress") : new JsonArray("Ingress", "Egress");
        }

        resource.SetLabel(TierLabel, Resource.Text(spec, "tier") is { Length: > 0 } tier ? tier : "default");
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
    }

    private static bool IsTiered(ResourceKind kind) =>
        kind == ResourceKinds.NetworkPolicy || kind == ResourceKinds.GlobalNetworkPolicy ||
        kind == ResourceKinds.StagedNetworkPolicy || kind == ResourceKinds.StagedGlobalNetworkPolicy;
}
