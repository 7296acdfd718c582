using System.CommandLine;
using System.Text.Json.Nodes;
using Calico.Datastore;

namespace Calico.Cli.Resources;

internal static class PatchCommand
{
    public static Command Create()
    {
        ResourceVerb verb = new();
        Argument<string[]> words = new("kind") { Description = "A kind and a name.", Arity = ArgumentArity.OneOrMore };
        Option<string> patch = new("--patch", "-p") { Description = "The patch, JSON or YAML.", Required = true };
        Option<string> type = new("--type", "-t", "--patch-type") { Description = "strategic, merge (RFC 7396) or json (RFC 6902).", DefaultValueFactory = _ => "strategic" };
        return verb.Create("patch", "Changes parts of an object.", async (session, parsed, cancellation) =>
        {
            List<ResourceKey> keys = ResourceNames.Keys(parsed.GetRequiredValue(words), parsed.GetValue(verb.Namespace));
            if (keys.Count == 0) throw new CommandException("No object is named.");
            JsonNode change = YamlInput.Parse(parsed.GetRequiredValue(patch), "--patch");
            foreach (ResourceKey key in keys)
            {
                await session.Resources.ModifyAsync(key, resource =>
                {
                    JsonObject patched = JsonPatch.Apply(resource.Json, change, parsed.GetRequiredValue(type));
                    if (new Resource(patched).Key != key) throw new CommandException($"{key}: a patch cannot rename the object or change its kind.");
                    foreach (string field in resource.Json.Select(p => p.Key).ToList()) resource.Json.Remove(field);
                    foreach ((string field, JsonNode? value) in patched) resource.Json[field] = value?.DeepClone();
                }, cancellation);
            }

            await session.Output.WriteLineAsync($"Successfully patched {keys.Count} '{keys[0].Kind.Kind}' resource{(keys.Count == 1 ? "" : "s")}");
            return 0;
        }, words, patch, type, verb.Namespace);
    }
}
