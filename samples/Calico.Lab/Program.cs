using System.CommandLine;
using Calico.Lab;
using Calico.Lab.Reports;
using Calico.Netlink;
using Spectre.Console;

// A socket is made on a thread that enters a namespace, and its caller waits: many wait at once.
ThreadPool.SetMinThreads(64, 64);

Option<string?> manifests = new("--manifests") { Description = "Folder of Kubernetes and Calico manifests to run instead of the shop." };
Option<string> datastore = new("--datastore") { Description = "Where the cluster's state is kept: sqlite (a file) or etcd (one that the lab starts).", DefaultValueFactory = _ => "sqlite" };
Option<int> nodes = new("--nodes") { Description = "How many nodes.", DefaultValueFactory = _ => 3 };
Option<int> podsPerNode = new("--pods-per-node") { Description = "At least this many pods on every node." };
Option<bool> keep = new("--keep") { Description = "Leave everything up and say how to look around." };
Option<bool> json = new("--json") { Description = "The result as JSON on standard output." };
Option<bool> verbose = new("--verbose", "-v") { Description = "Also print the router's routes." };
datastore.AcceptOnlyFromAmong("sqlite", "etcd");
nodes.Validators.Add(result => Between(result, nodes, 1, LabOptions.MaxNodes));
podsPerNode.Validators.Add(result => Between(result, podsPerNode, 0, LabOptions.MaxPodsPerNode));
manifests.Validators.Add(result =>
{
    if (result.GetValue(manifests) is { } folder && !Directory.Exists(folder)) result.AddError($"There is no folder '{folder}'.");
});

RootCommand root = new("Pods on several nodes reach each other over real BGP, and policy holds: on this machine's kernel, in network namespaces.")
{
    manifests, datastore, nodes, podsPerNode, keep, json, verbose,
};
root.SetAction(async (arguments, cancellation) =>
{
    if (await Launcher.EnterAsync(args, Console.Error) is { } code) return code;
    return await LabProgram.UpAsync(
        new LabOptions
        {
            Manifests = arguments.GetValue(manifests),
            Etcd = arguments.GetValue(datastore) == "etcd",
            Nodes = arguments.GetValue(nodes),
            PodsPerNode = arguments.GetValue(podsPerNode),
            Keep = arguments.GetValue(keep),
            Json = arguments.GetValue(json),
            Verbose = arguments.GetValue(verbose),
        },
        cancellation);
});
Command down = new("down", "Removes what labs left up with --keep, or that were killed, have made.");
down.SetAction(_ => LabProgram.Down());
root.Add(down);
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

static void Between(System.CommandLine.Parsing.OptionResult result, Option<int> option, int low, int high)
{
    if (result.GetValueOrDefault<int>() is var value && (value < low || value > high)) result.AddError($"{option.Name} takes {low} to {high}.");
}
