using System.CommandLine;
using Calico.Datastore;

namespace Calico.Cli.Resources;

internal static class GetCommand
{
    public static Command Create()
    {
        ResourceVerb verb = new();
        Argument<string[]> words = new("kind") { Description = "A kind and names: ippool, ippool pool-1, ippool/pool-1; several kinds with commas; all.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> format = new("--output", "-o") { Description = "table (ps), wide, yaml, json, name, custom-columns=NAME,..., go-template=, go-template-file=, jsonpath= or jsonpath-file=", DefaultValueFactory = _ => "table" };
        Option<bool> all = new("--all-namespaces", "-A", "-a") { Description = "Of all namespaces." };
        Option<bool> export = new("--export") { Description = "Leaves out what belongs to this datastore alone: uid, creation time, resource version." };
        Option<string?> selector = new("--selector", "-l") { Description = "Only objects whose labels this selector matches, for example \"team == 'a'\"." };
        return verb.Create("get", "Shows objects.", async (session, parsed, cancellation) =>
        {
            ResourcePrinter printer = ResourcePrinter.For(parsed.GetRequiredValue(format));
            string? space = parsed.GetValue(verb.Namespace);
            bool everywhere = parsed.GetValue(all);
            string[] files = parsed.GetValue(verb.Files) ?? [];
            string[] names = parsed.GetValue(words) ?? [];
            List<Resource> found = [];
            bool missing = false;
            IReadOnlyList<ResourceKind> kinds = [];
            if (files.Length > 0)
            {
                foreach (ManifestObject wanted in ResourceInput.Read(files, space).Objects) missing |= !await AddAsync(session, wanted.Resource.Key, found, cancellation);
            }
            else if (names.Length > 1 || (names.Length == 1 && names[0].Contains('/', StringComparison.Ordinal)))
            {
                foreach (ResourceKey key in ResourceNames.Keys(names, space)) missing |= !await AddAsync(session, key, found, cancellation);
            }
            else
            {
                if (names.Length == 0) throw new CommandException("No kind is given: calico get KIND [NAME...], or -f FILE.");
                kinds = [.. ResourceNames.Kinds(names[0])];
                foreach (ResourceKind kind in kinds)
                {
                    ResourceList list = await session.Resources.ListAsync(kind, everywhere ? null : kind.IsNamespaced ? space ?? "default" : null, cancellation);
                    found.AddRange(list.Items);
                    foreach (ResourceException unreadable in list.Unreadable) await session.Error.WriteLineAsync(unreadable.Message);
                }
            }

            if (parsed.GetValue(selector) is { } text)
            {
                if (!Calico.Policy.Selectors.Selector.TryParse(text, out Calico.Policy.Selectors.Selector? match, out Calico.Policy.Selectors.SelectorError error))
                    throw new CommandException($"--selector: {error}");
                found.RemoveAll(r => !match.Matches(r.Labels));
            }

            if (parsed.GetValue(export)) found.ForEach(Bare);
            printer.Print(found, kinds.Count == 1 ? kinds[0] : null, single: names.Length == 2 || (names.Length == 1 && names[0].Contains('/', StringComparison.Ordinal)), everywhere, session.Output);
            return missing ? 1 : 0;
        }, words, verb.Files, verb.Namespace, all, format, export, selector);
    }

    internal static void Bare(Resource resource)
    {
        foreach (string field in (string[])["uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields"]) resource.Metadata.Remove(field);
    }

    private static async Task<bool> AddAsync(Session session, ResourceKey key, List<Resource> found, CancellationToken cancellation)
    {
        if (await session.Resources.GetAsync(key, cancellation) is { } resource)
        {
            found.Add(resource);
            return true;
        }

        await session.Error.WriteLineAsync($"resource does not exist: {Display(key)}");
        return false;
    }

    /// <summary>As calicoctl writes names: <c>NetworkPolicy(ns/name)</c>.</summary>
    internal static string Display(ResourceKey key) => key.Namespace.Length > 0 ? $"{key.Kind.Kind}({key.Namespace}/{key.Name})" : $"{key.Kind.Kind}({key.Name})";
}
