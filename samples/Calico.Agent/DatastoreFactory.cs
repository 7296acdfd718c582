using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;

namespace Calico.Agent;

/// <summary>Opens the datastore that a URI names.</summary>
internal static class DatastoreFactory
{
    private const string Sqlite = "sqlite://", Etcd = "etcd://";

    public static IDatastore Open(string uri)
    {
        if (uri.StartsWith(Sqlite, StringComparison.Ordinal)) return new SqliteDatastore(uri[Sqlite.Length..]);
        if (uri.StartsWith(Etcd, StringComparison.Ordinal))
            return new EtcdDatastore(new EtcdDatastoreOptions { Endpoints = [.. uri[Etcd.Length..].Split(',').Select(e => "http://" + e)] });
        throw new ArgumentException($"'{uri}' names no datastore: sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...].", nameof(uri));
    }
}
