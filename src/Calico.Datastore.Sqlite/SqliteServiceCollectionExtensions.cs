using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Calico.Datastore.Sqlite;

/// <summary>Registers the SQLite datastore.</summary>
public static class SqliteServiceCollectionExtensions
{
    /// <summary>Adds the datastore in a file, and the resources and IPAM's store on it. Options are checked when it is first asked for.</summary>
    public static IServiceCollection AddCalicoSqliteDatastore(this IServiceCollection services, Action<SqliteDatastoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<SqliteDatastoreOptions>().Configure(configure);
        services.TryAddSingleton<IDatastore>(provider => new MeteredDatastore(new SqliteDatastore(provider.GetRequiredService<IOptions<SqliteDatastoreOptions>>().Value), provider.GetService<ILogger<MeteredDatastore>>()));
        return services.AddCalicoResources();
    }
}
