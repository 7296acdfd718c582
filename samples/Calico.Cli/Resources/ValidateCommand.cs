using System.CommandLine;
using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>Checks manifests without a datastore.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        Option<string[]> files = new("--filename", "-f") { Description = "File or folder of YAML or JSON; - is standard input.", Required = true };
        Command command = new("validate", "Checks manifests; needs no datastore.") { files };
        command.SetAction(parsed =>
        {
            TextWriter error = parsed.InvocationConfiguration.Error;
            try
            {
                ManifestSnapshot read = ResourceInput.Read(parsed.GetRequiredValue(files), null);
                foreach (ManifestProblem problem in read.Problems) error.WriteLine(problem.ToString());
                parsed.InvocationConfiguration.Output.WriteLine($"{read.Objects.Count} valid object(s), {read.Problems.Count} problem(s)");
                return read.Problems.Count > 0 ? 1 : 0;
            }
            catch (Exception e) when (e is CommandException or IOException or UnauthorizedAccessException)
            {
                error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }
}
