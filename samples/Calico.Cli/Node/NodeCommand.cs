using System.CommandLine;

namespace Calico.Cli.Node;

/// <summary><c>calico node …</c>: questions to the kernel of this machine, or of a network namespace. Nothing is written.</summary>
internal static class NodeCommand
{
    public static Command Create(Terminal terminal) => new("node", "Questions to this node's kernel: what is enforced, and what becomes of a packet.")
    {
        ExplainCommand.Create(terminal),
        new Command("policy", "The policies in the kernel.") { PolicyShowCommand.Create(terminal) },
    };
}
