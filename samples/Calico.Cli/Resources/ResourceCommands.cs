using System.CommandLine;

namespace Calico.Cli.Resources;

/// <summary><c>calico get|create|apply|replace|delete|patch|label|validate</c>, as an operator of calicoctl knows them.</summary>
internal static class ResourceCommands
{
    public static IEnumerable<Command> Create() =>
    [
        GetCommand.Create(),
        WriteCommand.Create("create", "created", "Creates objects; one that exists is an error."),
        WriteCommand.Create("apply", "applied", "Makes objects be as given, new or not."),
        WriteCommand.Create("replace", "replaced", "Replaces objects; one that does not exist is an error."),
        DeleteCommand.Create(),
        PatchCommand.Create(),
        LabelCommand.Create(),
        ValidateCommand.Create(),
    ];
}
