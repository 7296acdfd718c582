using System.CommandLine;
using Calico.Datastore;

namespace Calico.Cli.Resources;

internal static class LabelCommand
{
    public static Command Create()
    {
        ResourceVerb verb = new();
        Argument<string> kind = new("kind") { Description = "The kind." };
        Argument<string> name = new("name") { Description = "The object's name." };
        Argument<string[]> labels = new("labels") { Description = "KEY=VALUE to set; KEY or KEY- to remove.", Arity = ArgumentArity.OneOrMore };
        Option<bool> overwrite = new("--overwrite") { Description = "Changes labels that have another value." };
        Option<bool> remove = new("--remove") { Description = "Removes the labels named." };
        return verb.Create("label", "Sets and removes labels.", async (session, parsed, cancellation) =>
        {
            ResourceKey key = ResourceNames.Key(ResourceNames.Kind(parsed.GetRequiredValue(kind)), parsed.GetRequiredValue(name), parsed.GetValue(verb.Namespace));
            List<string> said = [];
            await session.Resources.ModifyAsync(key, resource =>
            {
                said.Clear();
                foreach (string label in parsed.GetRequiredValue(labels)) Change(resource, label, parsed.GetValue(remove), parsed.GetValue(overwrite), said);
            }, cancellation);
            foreach (string line in said) await session.Output.WriteLineAsync(line);
            return 0;
        }, kind, name, labels, overwrite, remove, verb.Namespace);
    }

    private static void Change(Resource resource, string label, bool remove, bool overwrite, List<string> said)
    {
        string what = $"{resource.Kind.Plural} {resource.Name}";
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        if (remove || (equals < 0 && label.EndsWith('-')))
        {
            string gone = equals >= 0 ? label[..equals] : label.TrimEnd('-');
            if (!resource.Labels.ContainsKey(gone)) throw new CommandException($"can not remove label, {what} does not have the label {gone}");
            resource.SetLabel(gone, null);
            said.Add($"Successfully removed label {gone} from {what}.");
            return;
        }

        if (equals <= 0) throw new CommandException($"'{label}' is not KEY=VALUE.");
        (string key, string value) = (label[..equals], label[(equals + 1)..]);
        if (resource.Labels.TryGetValue(key, out string? old) && old != value && !overwrite)
            throw new CommandException($"failed to set label on {what}: the label {key} is {old} already; use --overwrite to change it");
        resource.SetLabel(key, value);
        said.Add($"Successfully {(old is null ? "set" : "updated")} label {key} on {what}");
    }
}
