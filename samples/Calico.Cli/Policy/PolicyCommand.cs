using System.CommandLine;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy …</c></summary>
internal static class PolicyCommand
{
    public static Command Create(Terminal terminal) => new("policy", "Questions to Kubernetes and Calico policy, answered from manifests.")
    {
        ProbeCommand.Create(terminal),
        CheckCommand.Create(terminal),
        ExplainCommand.Create(terminal),
        ReachCommand.Create(terminal),
        DiffCommand.Create(terminal),
        SelectCommand.Create(terminal),
        VerifyCommand.Create(terminal),
    };
}
