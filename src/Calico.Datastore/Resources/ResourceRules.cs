using Calico.Datastore.Validation;

namespace Calico.Datastore;

/// <summary>The rules of the kinds.</summary>
public static class ResourceRules
{
    /// <summary>Calico's defaults and checks for every kind.</summary>
    public static IReadOnlyList<IResourceRule> Standard { get; } = [new MetadataRule(), new PolicyDefaults(), new PolicyRule(), new IpamRule(), new BgpRule(), new BgpFilterRule(), new NodeRule(), new TierRule(), new FelixRule(), new KubeControllersRule()];
}
