using Calico.Policy.Engine;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

// Extension methods live where the extended type does, so that they are found without a using.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the policy engine.</summary>
public static class PolicyServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="PolicyEngine"/> and its <see cref="PolicyMetrics"/> as singletons; options are validated on start.</summary>
    public static IServiceCollection AddCalicoPolicy(this IServiceCollection services, Action<PolicyEngineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Configure(services, Microsoft.Extensions.Options.Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Microsoft.Extensions.Options.Options.DefaultName));
        return services;
    }

    /// <summary>Adds a <see cref="PolicyEngine"/> under a key, for programs with several: one for each node they work for.</summary>
    public static IServiceCollection AddKeyedCalicoPolicy(this IServiceCollection services, string key, Action<PolicyEngineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        Configure(services, key, configure);
        services.TryAddKeyedSingleton(key, (provider, _) => Create(provider, key));
        return services;
    }

    private static void Configure(IServiceCollection services, string name, Action<PolicyEngineOptions>? configure)
    {
        services.AddOptions<PolicyEngineOptions>(name)
            .Configure(configure ?? (static _ => { }))
            .Validate(static o => o.NodeName is null || !string.IsNullOrWhiteSpace(o.NodeName), "PolicyEngineOptions.NodeName is blank: name a node, or leave it null for the whole cluster.")
            .ValidateOnStart();
        services.TryAddSingleton(static provider => new PolicyMetrics(provider.GetService<System.Diagnostics.Metrics.IMeterFactory>()));
    }

    private static PolicyEngine Create(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<PolicyEngineOptions>>().Get(name),
        provider.GetService<ILogger<PolicyEngine>>(),
        provider.GetRequiredService<PolicyMetrics>());
}
