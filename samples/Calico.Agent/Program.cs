using System.CommandLine;
using Calico.Agent;
using Calico.Dataplane;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Netlink;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

Option<string> node = new("--node") { Description = "The node's name.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NODENAME") ?? Environment.MachineName };
Option<string?> datastore = new("--datastore") { Description = "sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...]; without it calicoctl's environment variables say." };
Option<string> detection = new("--ip-autodetection") { Description = "first-found, interface=REGEX, skip-interface=REGEX or cidr=RANGE.", DefaultValueFactory = _ => "first-found" };
Option<string?> routerId = new("--router-id") { Description = "The BGP identifier, or 'hash' for one made of the node's name.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CALICO_ROUTER_ID") };
Option<string?> flowLog = new("--flow-log") { Description = "A file that lines of JSON about flows are appended to." };
Option<string?> mtuFile = new("--mtu-file") { Description = "A file for the MTU of workloads; Calico's CNI plugin reads /var/lib/calico/mtu." };
Option<string?> bgpSocket = new("--bgp-socket") { Description = "A socket for calico bgp status|routes.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CALICO_BGP_SOCKET") };
Option<LogLevel> level = new("--log-level") { Description = "Trace, Debug, Information, Warning, Error.", DefaultValueFactory = _ => Enum.TryParse(Environment.GetEnvironmentVariable("CALICO_LOG_LEVEL"), ignoreCase: true, out LogLevel set) ? set : LogLevel.Information };

Command run = new("run", "Keeps this node's policy, routes and BGP sessions as the datastore says, until stopped.") { node, datastore, detection, routerId, flowLog, mtuFile, bgpSocket, level };
run.SetAction(async (arguments, cancellation) =>
{
    AgentOptions options = new()
    {
        Node = arguments.GetRequiredValue(node),
        Datastore = DatastoreAddress.Read(arguments.GetValue(datastore)),
        AddressDetection = arguments.GetRequiredValue(detection),
        RouterId = arguments.GetValue(routerId),
        FlowLog = arguments.GetValue(flowLog),
        BgpSocket = arguments.GetValue(bgpSocket),
    };
    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    builder.Logging.SetMinimumLevel(arguments.GetRequiredValue(level))
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));
    builder.Services
        .AddSingleton(options)
        .AddSingleton<IDatastore>(_ => options.Datastore.Kind == "sqlite" ? new SqliteDatastore(options.Datastore.Path) : new EtcdDatastore(EtcdDatastoreOptions.From(options.Datastore)))
        .AddSingleton(_ => RtNetlink.Open())
        .AddSingleton(services => CalicoDataplane.Open(
            new DataplaneOptions { NodeName = options.Node, FlowLogs = options.FlowLog is not null, MtuFile = arguments.GetValue(mtuFile) }, logger: services.GetRequiredService<ILogger<CalicoDataplane>>()))
        .AddSingleton<PolicyFeed>()
        .AddSingleton<NetworkFeed>()
        .AddSingleton<RoutingFeed>()
        .AddHostedService<AgentWorker>();
    using IHost host = builder.Build();
    await host.RunAsync(cancellation);
    return 0;
});

try
{
    return await new RootCommand("The node agent: policy, addresses and routes of one node.") { run }.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or NetlinkException or DatastoreException)
{
    await Console.Error.WriteLineAsync($"calico-agent: {e.Message}");
    return 1;
}
