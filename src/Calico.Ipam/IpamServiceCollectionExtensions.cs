using Calico.Ipam;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Calico.Ipam.</summary>
public static class IpamServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IpamClient"/> and <see cref="FixedAddresses"/> as singletons. The store is whatever <see cref="IIpamStore"/> is registered; without one it is in memory.
    /// What is registered already stays: an <see cref="IIpamClusterSource"/> of your own, a <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; they are validated when the client is made.</param>
    public static IServiceCollection AddCalicoIpam(this IServiceCollection services, Action<IpamOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<IpamOptions> options = services.AddOptions<IpamOptions>();
        if (configure is not null) options.Configure(configure);
        options.Validate(o => o.MaxAttempts >= 1, "IpamOptions.MaxAttempts must be at least 1.");
        options.Validate(o => o.Backoff >= TimeSpan.Zero && o.MaxBackoff >= o.Backoff, "IpamOptions.Backoff must be zero or more and at most MaxBackoff.");
        options.Validate(o => o.ClusterCacheDuration >= TimeSpan.Zero && o.ReclaimAge >= TimeSpan.Zero, "IpamOptions durations must be zero or more.");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IIpamStore>(_ => new InMemoryIpamStore());
        services.TryAddSingleton(provider => new IpamClient(
            provider.GetRequiredService<IIpamStore>(), provider.GetService<IIpamClusterSource>(), provider.GetRequiredService<IOptions<IpamOptions>>().Value, provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<IpamClient>>()));
        services.TryAddSingleton<FixedAddresses>();
        return services;
    }
}
