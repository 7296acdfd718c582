using System.CommandLine;
using Calico.Agent;
using Calico.Dataplane;
using Calico.Netlink;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

Option<string> node = new("--node") { Description = "The node's name.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NODENAME") ?? Environment.MachineName };
Option<string> datastore = new("--datastore")
{
    Description = "sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT...].",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CALICO_DATASTORE") ?? "",
};
Option<string> detection = new("--ip-autodetection") { Description = "first-found, interface=REGEX, skip-interface=REGEX or cidr=RANGE.", DefaultValueFactory = _ => "first-found" };
Option<string?> routerId = new("--router-id") { Description = "The BGP identifier, or 'hash' for one made of the node's name.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CALICO_ROUTER_ID") };
Option<LogLevel> level = new("--log-level") { Description = "Trace, Debug, Information, Warning, Error.", DefaultValueFactory = _ => Enum.TryParse(Environment.GetEnvironmentVariable("CALICO_LOG_LEVEL"), ignoreCase: true, out LogLevel set) ? set : LogLevel.Information };

Command run = new("run", "Keeps this node's policy, routes and BGP sessions as the datastore says, until stopped.") { node, datastore, detection, routerId, level };
run.SetAction(async (arguments, cancellation) =>
{
    AgentOptions options = new()
    {
        Node = arguments.GetRequiredValue(node),
        Datastore = arguments.GetRequiredValue(datastore),
        AddressDetection = arguments.GetRequiredValue(detection),
        RouterId = arguments.GetValue(routerId),
    };
    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    builder.Logging.SetMinimumLevel(arguments.GetRequiredValue(level))
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));
    builder.Services
        .AddSingleton(options)
        .AddSingleton(_ => DatastoreFactory.Open(options.Datastore))
        .AddSingleton(_ => RtNetlink.Open())
        .AddSingleton(services => CalicoDataplane.Open(
            new DataplaneOptions { NodeName = options.Node }, logger: services.GetRequiredService<ILogger<CalicoDataplane>>()))
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
catch (Exception e) when (e is ArgumentException or InvalidOperationException or NetlinkException or Calico.Datastore.DatastoreException)
{
    await Console.Error.WriteLineAsync($"calico-agent: {e.Message}");
    return 1;
}
