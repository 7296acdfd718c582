using System.CommandLine;
using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary><c>create</c>, <c>apply</c> and <c>replace</c>: all objects that can be written are; the others are reported and make the exit code 1.</summary>
internal static class WriteCommand
{
    public static Command Create(string verb, string done, string description)
    {
        ResourceVerb shared = new();
        Option<bool> skipExists = new("--skip-exists") { Description = "Passes over objects that exist." };
        Option<bool> dryRun = new("--dry-run") { Description = "Checks only." };
        Symbol[] options = verb == "create" ? [shared.Files, shared.SkipEmpty, shared.Namespace, dryRun, skipExists] : [shared.Files, shared.SkipEmpty, shared.Namespace, dryRun];
        return shared.Create(verb, description, async (session, parsed, cancellation) =>
        {
            string[] files = parsed.GetValue(shared.Files) ?? [];
            if (files.Length == 0) throw new CommandException($"No input: calico {verb} -f FILE (- for standard input).");
            ManifestSnapshot input = ResourceInput.Read(files, parsed.GetValue(shared.Namespace), mayBeEmpty: parsed.GetValue(shared.SkipEmpty));
            foreach (ManifestProblem problem in input.Problems) await session.Error.WriteLineAsync(problem.ToString());
            List<ResourceKey> written = [];
            int failed = 0;
            foreach (ManifestObject found in input.Objects)
            {
                try
                {
                    if (!parsed.GetValue(dryRun)) await RunAsync(verb, session.Resources, found.Resource, cancellation);
                    written.Add(found.Resource.Key);
                }
                catch (ResourceException error) when (error.Error == ResourceError.AlreadyExists && verb == "create" && parsed.GetValue(skipExists))
                {
                    // Asked for.
                }
                catch (ResourceException error)
                {
                    failed++;
                    await session.Error.WriteLineAsync($"{found.File}:{found.Line}: Failed to {verb} '{found.Resource.Kind.Kind}' resource: {error.Message}");
                }
            }

            await session.Output.WriteLineAsync(Summary.Of(done, written));
            return input.Problems.Count + failed > 0 ? 1 : 0;
        }, options);
    }

    private static async Task RunAsync(string verb, ResourceStore resources, Resource resource, CancellationToken cancellation)
    {
        switch (verb)
        {
            case "create":
                await resources.CreateAsync(resource, cancellation);
                break;
            case "replace" when resource.Revision == 0:
                Resource current = await resources.GetAsync(resource.Key, cancellation) ?? throw new ResourceException(ResourceError.NotFound, resource.Key, []);
                Resource next = resource.Clone();
                next.Revision = current.Revision;
                await resources.UpdateAsync(next, cancellation);
                break;
            case "replace":
                await resources.UpdateAsync(resource, cancellation);
                break;
            default:
                await resources.ApplyAsync(resource, cancellation);
                break;
        }
    }
}

/// <summary>The closing line of a verb: <c>Successfully applied 1 'IPPool' resource(s)</c>.</summary>
internal static class Summary
{
    public static string Of(string done, IReadOnlyList<ResourceKey> keys)
    {
        string[] kinds = [.. keys.Select(k => k.Kind.Kind).Distinct()];
        return kinds.Length == 1 ? $"Successfully {done} {keys.Count} '{kinds[0]}' resource(s)" : $"Successfully {done} {keys.Count} resource(s)";
    }
}
