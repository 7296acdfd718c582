using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;

namespace Calico.Agent;

internal static class DatastoreFactory
{
    /// <summary>Opens the datastore that a URI names.</summary>
    public static IDatastore Open(string uri) => uri.Split("://", 2) switch
    {
        ["sqlite", string path] => new SqliteDatastore(path),
        ["etcd", string endpoints] => new EtcdDatastore(new EtcdDatastoreOptions { Endpoints = [.. endpoints.Split(',').Select(e => "http://" + e)] }),
        _ => throw new ArgumentException($"'{uri}' names no datastore: sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...].", nameof(uri)),
    };
}
