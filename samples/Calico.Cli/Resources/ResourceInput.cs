using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>Objects from files, folders and standard input, in order.</summary>
internal static class ResourceInput
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    public static ManifestSnapshot Read(IReadOnlyList<string> paths, string? inNamespace, bool mayBeEmpty = true)
    {
        List<ManifestObject> objects = [];
        List<ManifestProblem> problems = [];
        foreach (string path in paths)
        {
            int before = objects.Count + problems.Count;
            foreach ((string file, string text) in Texts(path))
            {
                ManifestSnapshot read = ManifestReader.Read(text, file, defaultNamespace: inNamespace is { Length: > 0 } ? inNamespace : "default");
                objects.AddRange(read.Objects);
                problems.AddRange(read.Problems);
            }

            if (!mayBeEmpty && objects.Count + problems.Count == before) throw new CommandException($"No object is in {(path == "-" ? "standard input" : path)}; add --skip-empty if that is right.");
        }

        return new(objects, problems);
    }

    private static IEnumerable<(string File, string Text)> Texts(string path)
    {
        if (path == "-")
        {
            yield return ("standard input", Console.In.ReadToEnd());
            yield break;
        }

        if (!Directory.Exists(path))
        {
            if (!File.Exists(path)) throw new CommandException($"There is no file or folder {path}.");
            yield return (path, File.ReadAllText(path));
            yield break;
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal)];
        foreach (string file in files) yield return (file, File.ReadAllText(file));
    }
}
