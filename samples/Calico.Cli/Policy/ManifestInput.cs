using System.CommandLine;
using Calico.Policy.Manifests;

namespace Calico.Cli.Policy;

/// <summary>Manifests from files, folders, or stdin as <c>-</c>.</summary>
internal static class ManifestInput
{
    public static Argument<string[]> Argument() => new("manifests")
    {
        Description = "Files, folders (read with all below them), or - for stdin.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static ManifestSet Read(IReadOnlyList<string> paths)
    {
        ManifestReader reader = new();
        List<ManifestObject> objects = [];
        List<Diagnostic> diagnostics = [];
        foreach (string path in paths)
        {
            ManifestSet set = path == "-" ? reader.Read(Console.In.ReadToEnd(), "stdin") : reader.ReadFiles(path);
            objects.AddRange(set.Objects);
            diagnostics.AddRange(set.Diagnostics);
        }

        return new ManifestSet(objects, diagnostics);
    }

    /// <summary>Reads, shows what is wrong, and makes the cluster of the rest.</summary>
    public static (ManifestSet Manifests, ManifestCluster Cluster) ReadCluster(IReadOnlyList<string> paths, Terminal terminal)
    {
        ManifestSet manifests = Read(paths);
        DiagnosticView.Write(terminal.RichError, manifests.Diagnostics.Where(static d => d.Severity != Severity.Info));
        return (manifests, ManifestCluster.From(manifests));
    }
}
