using System.Diagnostics;
using System.Globalization;
using System.Net;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Ipam;

// Usage: sqlite PATH|etcd ENDPOINT, NODE, SEED. Assigns and releases until it is killed, and says so line by line: what it has, and what it is about to let go.
IDatastore datastore = args[0] == "etcd" ? new EtcdDatastore(args[1]) : new SqliteDatastore(args[1]);
string node = args[2];
Random random = new(int.Parse(args[3], CultureInfo.InvariantCulture));
IPPool[] pools =
[
    new() { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/25"), BlockSize = 28 },
    new() { Name = "v6", Cidr = IPNetwork.Parse("fd00::/121"), BlockSize = 124 },
];
IpamClient client = new(new DatastoreIpamStore(datastore), new FixedClusterSource(new IpamCluster(pools)));
List<string> held = [];
for (int i = 0; ; i++)
{
    try
    {
        if (held.Count > 12 || (held.Count > 0 && random.Next(3) == 0))
        {
            string handle = held[random.Next(held.Count)];
            held.Remove(handle);
            Say('R', handle, []);
            await client.ReleaseByHandleAsync(handle);
        }
        else
        {
            string handle = $"{node}.{Environment.ProcessId}.{args[3]}.{i}";
            Dictionary<string, string> attributes = new() { [OwnerAttributes.Pod] = handle, [OwnerAttributes.Namespace] = "test", [OwnerAttributes.Node] = node };
            AutoAssignResult result = await client.AutoAssignAsync(new AutoAssignRequest { Node = node, IPv4 = random.Next(1, 3), IPv6 = random.Next(2), Handle = handle, Attributes = attributes });
            Say('A', handle, result.Addresses.Select(address => address.Address));
            held.Add(handle);
        }
    }
    catch (Exception e) when (e is IpamException or DatastoreException)
    {
        Say('E', e.Message.ReplaceLineEndings(" ").Replace(' ', '_'), []);
    }
}

// The clock is the machine's monotonic one, the same for all processes; the final dot tells a whole line.
static void Say(char what, string handle, IEnumerable<IPAddress> addresses)
{
    Console.Out.Write($"{what} {Stopwatch.GetTimestamp()} {handle} {string.Join(',', addresses)} .\n");
    Console.Out.Flush();
}
