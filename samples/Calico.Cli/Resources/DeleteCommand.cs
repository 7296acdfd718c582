using System.CommandLine;
using Calico.Datastore;

namespace Calico.Cli.Resources;

internal static class DeleteCommand
{
    public static Command Create()
    {
        ResourceVerb verb = new();
        Argument<string[]> words = new("kind") { Description = "A kind and names: ippool pool-1, or ippool/pool-1.", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> skip = new("--skip-not-exists", "--ignore-not-found") { Description = "Passes over objects that do not exist." };
        return verb.Create("delete", "Deletes objects.", async (session, parsed, cancellation) =>
        {
            string? space = parsed.GetValue(verb.Namespace);
            string[] files = parsed.GetValue(verb.Files) ?? [];
            List<ResourceKey> keys = files.Length > 0
                ? [.. ResourceInput.Read(files, space, mayBeEmpty: parsed.GetValue(verb.SkipEmpty)).Objects.Select(o => o.Resource.Key).Reverse()]
                : ResourceNames.Keys(parsed.GetValue(words) ?? [], space);
            if (keys.Count == 0 && files.Length == 0) throw new CommandException("No object is named: calico delete KIND NAME..., or -f FILE.");
            List<ResourceKey> deleted = [];
            bool failed = false;
            foreach (ResourceKey key in keys)
            {
                try
                {
                    if (key.Kind == ResourceKinds.IPPool) await PoolDeletion.RunAsync(session.Resources, key, cancellation);
                    else await session.Resources.DeleteAsync(key, cancellationToken: cancellation);
                    deleted.Add(key);
                }
                catch (ResourceException error) when (error.Error == ResourceError.NotFound)
                {
                    if (parsed.GetValue(skip)) continue;
                    failed = true;
                    await session.Error.WriteLineAsync($"Failed to delete '{key.Kind.Kind}' resource: resource does not exist: {GetCommand.Display(key)}");
                }
            }

            if (deleted.Count > 0 || !failed) await session.Output.WriteLineAsync(Summary.Of("deleted", deleted));
            return failed ? 1 : 0;
        }, words, verb.Files, verb.SkipEmpty, verb.Namespace, skip);
    }
}
