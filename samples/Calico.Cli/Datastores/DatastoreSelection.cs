using System.CommandLine;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;

namespace Calico.Cli.Datastores;

/// <summary>Which datastore a command works on: <c>--datastore</c>, else calicoctl's environment.</summary>
internal static class DatastoreSelection
{
    public static Option<string?> Option() => new("--datastore")
    {
        Description = "sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...]; without it CALICO_DATASTORE, or DATASTORE_TYPE with SQLITE_PATH or ETCD_ENDPOINTS, ETCD_CA_CERT_FILE...",
    };

    /// <exception cref="ArgumentException">None is given, or it is not one.</exception>
    /// <exception cref="DatastoreException">It cannot be opened.</exception>
    public static IDatastore Open(string? address)
    {
        DatastoreAddress at = DatastoreAddress.Read(address);
        return at.Kind switch
        {
            "sqlite" => new SqliteDatastore(at.Path),
            "memory" => new MemoryDatastore(),
            _ => new EtcdDatastore(EtcdDatastoreOptions.From(at)),
        };
    }
}
