using Calico.Ipam;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Calico.Datastore;

/// <summary>Registers the datastore's services.</summary>
public static class DatastoreServiceCollectionExtensions
{
    /// <summary>Adds an in-memory datastore and what stands on it.</summary>
    public static IServiceCollection AddCalicoMemoryDatastore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IDatastore>(provider => new MeteredDatastore(new MemoryDatastore(provider.GetService<TimeProvider>())));
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
}
