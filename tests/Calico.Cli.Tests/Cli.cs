using System.Text;

namespace Calico.Cli.Tests;

/// <summary>Runs the command line in this process on files of its own.</summary>
internal sealed class Cli : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("calico-cli-");

    public string File(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public (int ExitCode, string Out, string Error) Run(params string[] args)
    {
        StringWriter output = new(new StringBuilder()), error = new(new StringBuilder());
        int code = CalicoCommand.Run(args, output, error);
        return (code, Plain(output), Plain(error));
    }

    private string Plain(StringWriter writer) => writer.ToString().Replace(_folder.FullName + "/", "", StringComparison.Ordinal);

    public void Dispose() => _folder.Delete(recursive: true);
}
