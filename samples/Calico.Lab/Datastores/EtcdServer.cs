using System.Diagnostics;
using System.Net.Sockets;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Lab.Fabric;

namespace Calico.Lab.Datastores;

/// <summary>An etcd behind the router, on its loopback address: agents reach it through the fabric, as nodes do.</summary>
internal sealed class EtcdServer : ILabDatastore
{
    private static readonly string Url = $"http://{FabricPlan.RouterLoopback4}:2379", PeerUrl = $"http://{FabricPlan.RouterLoopback4}:2380";
    private readonly Process _process;
    private readonly EtcdDatastore _client;
    private readonly string _router;

    private EtcdServer(Process process, EtcdDatastore client, string router, string version)
    {
        (_process, _client, _router) = (process, client, router);
        Name = $"etcd {version}";
    }

    public string Name { get; }

    public string Address => $"etcd://{FabricPlan.RouterLoopback4}:2379";

    public IDatastore Client => _client;

    public string Hint => $"ip netns exec {_router} etcdctl --endpoints {Url} get --prefix /calico --keys-only";

    public static async Task<EtcdServer> StartAsync(Namespaces namespaces, FabricPlan plan, Workspace workspace, CancellationToken cancellation)
    {
        string program = Programs.Find("etcd") ?? throw new LabException("etcd is not installed (Debian: etcd-server).");
        string log = workspace.FileOf("etcd.log");
        Process process = namespaces.Start(
            plan.RouterNamespace, log, program, "--name", "lab", "--data-dir", workspace.FileOf("etcd"), "--logger", "zap", "--log-level", "error",
            "--listen-client-urls", Url, "--advertise-client-urls", Url,
            "--listen-peer-urls", PeerUrl, "--initial-advertise-peer-urls", PeerUrl, "--initial-cluster", $"lab={PeerUrl}");
        EtcdDatastore client = new(new EtcdDatastoreOptions
        {
            Endpoints = [Url],
            Connect = async (member, connecting) =>
            {
                Socket socket = namespaces.CreateSocket(plan.RouterNamespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
                try
                {
                    await socket.ConnectAsync(member, connecting);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        });
        try
        {
            return new EtcdServer(process, client, plan.RouterNamespace, (await client.GetStatusAsync(cancellation)).Version);
        }
        catch (DatastoreException e)
        {
            await client.DisposeAsync();
            throw new LabException($"etcd does not answer: {e.Message}\n{string.Join('\n', File.ReadLines(log).TakeLast(3))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _process.Dispose();
    }
}
