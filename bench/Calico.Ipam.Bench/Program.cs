using System.Globalization;
using Calico.Datastore.Bench;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Ipam.Bench;

// Usage: memory | sqlite [NODES PODS] | etcd ENDPOINT [NODES PODS]
string what = args is [string first, ..] ? first : "memory";
int Argument(int index, int absent) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : absent;
switch (what)
{
    case "memory":
        await MemoryWorkload.WarmAsync();
        MemoryWorkload.Documents();
        await MemoryWorkload.FlatAsync();
        break;
    case "sqlite":
        string folder = Directory.CreateTempSubdirectory("calico-ipam-bench-").FullName;
        try
        {
            await using SqliteDatastore sqlite = new(Path.Combine(folder, "bench.db"));
            using BareSqlite bareSqlite = new(Path.Combine(folder, "bare.db"));
            await new StoreWorkload("sqlite", sqlite, bareSqlite).RunAsync(Argument(1, 100), Argument(2, 100));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        break;
    case "etcd" when args.Length > 1:
        await using (EtcdDatastore etcd = new(args[1]))
        {
            using BareEtcd bareEtcd = new(args[1]);
            await new StoreWorkload("etcd", etcd, bareEtcd).RunAsync(Argument(2, 1000), Argument(3, 100));
        }

        break;
    default:
        await Console.Error.WriteLineAsync("Usage: Calico.Ipam.Bench memory | sqlite [NODES PODS] | etcd ENDPOINT [NODES PODS]");
        return 2;
}

return 0;
