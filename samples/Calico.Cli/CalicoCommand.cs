using System.CommandLine;
using Calico.Cli.Datastores;
using Calico.Cli.Policy;
using Calico.Cli.Resources;

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
            DatastoreCommand.Create(),
            Ipam.IpamCommand.Create(terminal),
            Node.NodeCommand.Create(terminal),
            Bgp.BgpCommand.Create(terminal),
        };
        foreach (Command verb in ResourceCommands.Create()) root.Subcommands.Add(verb);
        return root.Parse(args).Invoke(new InvocationConfiguration { Output = output, Error = error });
    }
}
