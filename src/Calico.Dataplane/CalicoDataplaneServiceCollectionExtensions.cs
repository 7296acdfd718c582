using Calico.Dataplane;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the dataplane.</summary>
public static class CalicoDataplaneServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="CalicoDataplane"/> over the kernel of this process's network namespace; register an <see cref="IDataplaneKernel"/> first for another.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="options">The parameters; null for Felix's defaults. They are checked now.</param>
    /// <exception cref="ArgumentException">The options do not make sense; the message says which.</exception>
    public static IServiceCollection AddCalicoDataplane(this IServiceCollection services, DataplaneOptions? options = null)
    {
        options ??= DataplaneOptions.Default;
        options.Validate();
        return services.AddCalicoDataplane(_ => options);
    }

    /// <summary>Adds a <see cref="CalicoDataplane"/> whose parameters come from other services.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="options">Makes the parameters when the dataplane is first asked for.</param>
    public static IServiceCollection AddCalicoDataplane(this IServiceCollection services, Func<IServiceProvider, DataplaneOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton<IDataplaneKernel>(static _ => NetlinkKernel.Open());
        services.TryAddSingleton(provider => new CalicoDataplane(
            options(provider), provider.GetRequiredService<IDataplaneKernel>(), provider.GetService<TimeProvider>(), provider.GetService<ILogger<CalicoDataplane>>()));
        return services;
    }
}
