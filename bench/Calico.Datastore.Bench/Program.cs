using System.Globalization;
using Calico.Datastore.Bench;

// Usage: sqlite [OPERATIONS] | etcd ENDPOINT [OPERATIONS]
int Operations(int index, int absent) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : absent;
switch (args)
{
    case ["sqlite", ..]:
        await SqliteBench.RunAsync(Operations(1, 3000));
        return 0;
    case ["etcd", string endpoint, ..]:
        await EtcdBench.RunAsync(endpoint, Operations(2, 3000));
        return 0;
    default:
        await Console.Error.WriteLineAsync("Usage: Calico.Datastore.Bench sqlite [OPERATIONS] | etcd ENDPOINT [OPERATIONS]");
        return 2;
}
