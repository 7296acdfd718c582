using System.CommandLine;
using Calico.Cli.Datastores;
using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>What all verbs on objects share: the options, the datastore, errors as one line and exit code 1.</summary>
internal sealed class ResourceVerb
{
    public Option<string[]> Files { get; } = new("--filename", "-f") { Description = "File or folder of YAML or JSON; - is standard input.", AllowMultipleArgumentsPerToken = false };

    public Option<bool> SkipEmpty { get; } = new("--skip-empty") { Description = "Files and folders without any object are no error." };

    private Option<bool> Recursive { get; } = new("--recursive", "-R") { Description = "Accepted for calicoctl's sake: folders are read with all folders in them.", Hidden = true };

    public Option<string?> Namespace { get; } = new("--namespace", "-n") { Description = "The namespace; without it 'default'." };

    public DatastoreSelection Datastore { get; } = new();

    public Command Create(string name, string description, Func<Session, ParseResult, CancellationToken, Task<int>> run, params Symbol[] more)
    {
        Command command = new(name, description);
        Datastore.AddTo(command);
        if (more.Contains(Files)) command.Options.Add(Recursive);
        foreach (Symbol symbol in more)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else if (symbol is Option option) command.Options.Add(option);
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            TextWriter error = parsed.InvocationConfiguration.Error;
            try
            {
                await using IDatastore store = await Datastore.OpenAsync(parsed, cancellation);
                return await run(new(new ResourceStore(store), parsed.InvocationConfiguration.Output, error), parsed, cancellation);
            }
            catch (Exception e) when (e is DatastoreException or ResourceException or ArgumentException or IOException or UnauthorizedAccessException or CommandException)
            {
                await error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }
}

/// <summary>One run of a verb.</summary>
/// <param name="Resources">The objects of the datastore.</param>
/// <param name="Output">For results.</param>
/// <param name="Error">For trouble.</param>
internal sealed record Session(ResourceStore Resources, TextWriter Output, TextWriter Error);

/// <summary>The command cannot be carried out as it was given; the message is for the person who gave it.</summary>
internal sealed class CommandException(string message) : Exception(message);
