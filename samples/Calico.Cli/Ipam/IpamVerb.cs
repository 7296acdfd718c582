using System.CommandLine;
using Calico.Cli.Datastores;
using Calico.Cli.Resources;
using Calico.Datastore;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary>What all verbs share: the datastore is opened, the work done, and every refusal becomes one line on the error output.</summary>
internal static class IpamVerb
{
    public static Command On(this Command command, Terminal terminal, Func<IpamSession, ParseResult, CancellationToken, Task<int>> run)
    {
        DatastoreSelection datastore = new();
        datastore.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(terminal, parsed, datastore, run, cancel));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, ParseResult parsed, DatastoreSelection datastore, Func<IpamSession, ParseResult, CancellationToken, Task<int>> run, CancellationToken cancel)
    {
        try
        {
            await using IDatastore store = await datastore.OpenAsync(parsed, cancel);
            return await run(new IpamSession(terminal, store), parsed, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ArgumentException or CommandException)
        {
            return terminal.Fail(e.Message);
        }
        catch (Exception e) when (e is IpamException or IpamDataException or DatastoreException or IOException or UnauthorizedAccessException)
        {
            terminal.Fail(e.Message);
            return ExitCode.Negative;
        }
    }
}

/// <summary>A verb's surroundings.</summary>
internal sealed class IpamSession(Terminal terminal, IDatastore store)
{
    public Terminal Terminal => terminal;

    public TextWriter Out => terminal.Out;

    public IDatastore Store => store;

    public IpamClient Client { get; } = new(new DatastoreIpamStore(store));
}
