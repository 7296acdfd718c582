using System.CommandLine;
using Calico.Cli.Policy;

namespace Calico.Cli;

/// <summary>The command line: one group of verbs a folder, each added here by one line.</summary>
internal static class CalicoCommand
{
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        Terminal terminal = new(output, error);
        RootCommand root = new("Network policy, addresses and routes, Calico's way.")
        {
            PolicyCommand.Create(terminal),
        };
        return root.Parse(args).Invoke(new InvocationConfiguration { Output = output, Error = error });
    }
}
