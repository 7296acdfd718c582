using Calico.Ipam;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Calico.Datastore;

/// <summary>Registers the datastore's services.</summary>
public static class DatastoreServiceCollectionExtensions
{
    /// <summary>Adds an in-memory datastore and what stands on it.</summary>
    public static IServiceCollection AddCalicoMemoryDatastore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IDatastore>(provider => new MeteredDatastore(new MemoryDatastore(provider.GetService<TimeProvider>()), provider.GetService<ILogger<MeteredDatastore>>()));
        return services.AddCalicoResources();
    }

    /// <summary>Adds <see cref="ResourceStore"/> and IPAM's store on the <see cref="IDatastore"/> that is registered.</summary>
    public static IServiceCollection AddCalicoResources(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => new ResourceStore(provider.GetRequiredService<IDatastore>(), timeProvider: provider.GetService<TimeProvider>()));
        services.TryAddSingleton<IIpamStore>(provider => new DatastoreIpamStore(provider.GetRequiredService<IDatastore>()));
        return services;
    }

    /// <summary>Lets IPAM decide by a picture of pools, reservations, settings and labels that is followed as it changes, instead of reading them with every request.</summary>
    /// <remarks>See <see cref="WatchedClusterSource"/>. An <see cref="IIpamClusterSource"/> that is registered already stays.</remarks>
    public static IServiceCollection AddCalicoIpamClusterWatch(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IIpamClusterSource>(provider => new WatchedClusterSource(
            provider.GetRequiredService<IDatastore>(), provider.GetService<ILogger<WatchedClusterSource>>(), provider.GetService<TimeProvider>()));
        return services;
    }
}
