using System.CommandLine;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;

namespace Calico.Cli.Datastores;

/// <summary>Which datastore a command works on: <c>--datastore</c>, else calicoctl's configuration file, else its environment.</summary>
internal sealed class DatastoreSelection
{
    private readonly Option<string?> _address = new("--datastore")
    {
        Description = "sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...]; without it CALICO_DATASTORE, or DATASTORE_TYPE with SQLITE_PATH or ETCD_ENDPOINTS, ETCD_DISCOVERY_SRV, ETCD_CA_CERT_FILE...",
    };

    private readonly Option<string?> _config = new("--config", "-c") { Description = $"calicoctl's configuration file (kind CalicoAPIConfig); without it {ConfigFile.DefaultPath} when it is there. It takes the place of the environment." };

    private readonly Option<bool> _mismatch = new("--allow-version-mismatch") { Description = "Accepted for calicoctl's sake.", Hidden = true };

    public void AddTo(Command command)
    {
        command.Add(_address);
        command.Add(_config);
        command.Add(_mismatch);
    }

    /// <exception cref="ArgumentException">None is given, or it is not one.</exception>
    /// <exception cref="DatastoreException">It cannot be opened.</exception>
    public async Task<IDatastore> OpenAsync(ParseResult parsed, CancellationToken cancel)
    {
        DatastoreAddress at = DatastoreAddress.Read(parsed.GetValue(_address), ConfigFile.Environment(parsed.GetValue(_config)));
        return at.Kind switch
        {
            "sqlite" => new SqliteDatastore(at.Path),
            "memory" => new MemoryDatastore(),
            _ => new EtcdDatastore(await EtcdAsync(at, cancel)),
        };
    }

    private static async Task<EtcdDatastoreOptions> EtcdAsync(DatastoreAddress at, CancellationToken cancel)
    {
        EtcdDatastoreOptions options = EtcdDatastoreOptions.From(at);
        if (at.DiscoverySrv.Length > 0) options.Endpoints = [.. await EtcdDiscovery.FindAsync(at.DiscoverySrv, cancellationToken: cancel)];
        return options;
    }
}
