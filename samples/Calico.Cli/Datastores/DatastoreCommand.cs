using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;
using Calico.Datastore;

namespace Calico.Cli.Datastores;

/// <summary><c>calico datastore export|import|lock|unlock</c>.</summary>
internal static class DatastoreCommand
{
    private const string IpamPrefix = "/calico/ipam/v2/";

    private static readonly ResourceKey Cluster = new(ResourceKinds.ClusterInformation, "default");

    public static Command Create()
    {
        Option<bool> force = new("--force") { Description = "Also while the datastore is not locked." };
        ResourceVerb export = new(), import = new();
        return new Command("datastore", "The datastore as a whole: export, import, lock, unlock.")
        {
            export.Create("export", "Writes everything as YAML to standard output; the datastore must be locked.", (session, parsed, cancellation) => ExportAsync(session, parsed.GetValue(force), cancellation), force),
            import.Create("import", "Reads what export wrote into an empty datastore, which stays locked.", (session, parsed, cancellation) => ImportAsync(session, parsed.GetValue(import.Files) ?? [], cancellation), import.Files),
            new ResourceVerb().Create("lock", "Tells agents and plugins to change nothing (datastoreReady: false).", (session, _, cancellation) => SetReadyAsync(session, ready: false, cancellation)),
            new ResourceVerb().Create("unlock", "Ends the lock.", (session, _, cancellation) => SetReadyAsync(session, ready: true, cancellation)),
        };
    }

    private static async Task<int> SetReadyAsync(Session session, bool ready, CancellationToken cancellation)
    {
        if (await session.Resources.GetAsync(Cluster, cancellation) is null)
        {
            Resource fresh = new(Cluster);
            fresh.Spec["clusterGUID"] = Guid.NewGuid().ToString("N");
            fresh.Spec["datastoreReady"] = ready;
            await session.Resources.ApplyAsync(fresh, cancellation);
        }
        else
        {
            await session.Resources.ModifyAsync(Cluster, cluster => cluster.Spec["datastoreReady"] = ready, cancellation);
        }

        await session.Output.WriteLineAsync(ready ? "Datastore unlocked." : "Datastore locked.");
        return 0;
    }

    private static async Task<int> ExportAsync(Session session, bool force, CancellationToken cancellation)
    {
        Resource? cluster = await session.Resources.GetAsync(Cluster, cancellation);
        bool locked = cluster?.Spec["datastoreReady"] is JsonValue ready && ready.GetValueKind() == JsonValueKind.False;
        if (!locked && !force) throw new CommandException("The datastore is not locked: run 'calico datastore lock' first, so that nothing changes meanwhile.");
        foreach (ResourceKind kind in ResourceKinds.All)
        {
            ResourceList list = await session.Resources.ListAsync(kind, cancellationToken: cancellation);
            if (list.Unreadable.Count > 0) throw new CommandException($"Nothing more is exported: {list.Unreadable[0].Message}");
            foreach (Resource resource in list.Items)
            {
                resource.Revision = 0;
                await session.Output.WriteAsync($"---\n{YamlText.Write(resource.Json)}");
            }
        }

        KeyValueList ipam = await session.Resources.Datastore.ListAsync(IpamPrefix, cancellationToken: cancellation);
        await session.Output.WriteAsync(DumpFile.Write(ipam.Items.Select(item => (item.Key, Encoding.UTF8.GetString(item.Value.Span)))));
        return 0;
    }

    private static async Task<int> ImportAsync(Session session, string[] files, CancellationToken cancellation)
    {
        if (files.Length != 1) throw new CommandException("Name one file: calico datastore import -f FILE (- for standard input).");
        foreach (ResourceKind kind in ResourceKinds.All)
        {
            ResourceList there = await session.Resources.ListAsync(kind, cancellationToken: cancellation);
            if (there.Items.Any(r => r.Key != Cluster)) throw new CommandException($"The datastore is not empty: it holds {there.Items.First(r => r.Key != Cluster).Key}.");
        }

        if ((await session.Resources.Datastore.ListAsync(IpamPrefix, keysOnly: true, cancellation)).Items is [{ } first, ..])
            throw new CommandException($"The datastore is not empty: it holds {first.Key}.");
        string text = files[0] == "-" ? await Console.In.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(files[0], cancellation);
        DumpFile dump = DumpFile.Read(text, files[0]);
        if (dump.Problems.Count > 0)
        {
            foreach (ManifestProblem problem in dump.Problems) await session.Error.WriteLineAsync(problem.ToString());
            throw new CommandException("Nothing was imported.");
        }

        foreach (ManifestObject found in dump.Objects) await session.Resources.ApplyAsync(found.Resource, cancellation);
        foreach ((string key, string value) in dump.Values)
        {
            CommitResult put = await session.Resources.Datastore.CreateAsync(key, Encoding.UTF8.GetBytes(value), cancellationToken: cancellation);
            if (!put.Committed) throw new CommandException($"{key} could not be written: {put.Reason ?? "it exists already"}.");
        }

        await SetReadyAsync(session, ready: false, cancellation);
        await session.Output.WriteLineAsync($"Successfully imported {dump.Objects.Count} resource(s) and {dump.Values.Count} IPAM document(s); unlock the datastore to use it.");
        return 0;
    }
}
