using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Calico.Datastore.Etcd;

/// <summary>Registers the etcd datastore.</summary>
public static class EtcdServiceCollectionExtensions
{
    /// <summary>Adds the datastore in an etcd cluster, and the resources and IPAM's store on it. Options are checked when it is first asked for.</summary>
    public static IServiceCollection AddCalicoEtcdDatastore(this IServiceCollection services, Action<EtcdDatastoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<EtcdDatastoreOptions>().Configure(configure);
        services.TryAddSingleton<IDatastore>(provider => new MeteredDatastore(new EtcdDatastore(provider.GetRequiredService<IOptions<EtcdDatastoreOptions>>().Value), provider.GetService<ILogger<MeteredDatastore>>()));
        return services.AddCalicoResources();
    }
}
