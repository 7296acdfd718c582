using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Calico.Bgp.Status;

namespace Calico.Cli.Bgp;

/// <summary><c>calico bgp</c>: what a route server, or an agent, on this machine tells over its status socket.</summary>
internal static class BgpCommand
{
    public static Command Create(Terminal terminal) => new("bgp", "Show sessions and routes of a BGP speaker on this machine.")
    {
        StatusCommand.Create(terminal),
        RoutesCommand.Create(terminal),
    };
}

/// <summary>What both verbs share: the socket, the output, and every refusal becomes one line on the error output.</summary>
internal static class BgpVerb
{
    private const string DefaultSocket = "/run/calico/bgp.sock";

    public static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command On(this Command command, Terminal terminal, Func<BgpStatusClient, bool, ParseResult, CancellationToken, Task> run)
    {
        Option<string> socket = new("--socket")
        {
            Description = $"The speaker's status socket. Default: CALICO_BGP_SOCKET, else {DefaultSocket}.",
            DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("CALICO_BGP_SOCKET") ?? DefaultSocket,
        };
        Option<string> output = new("--output", "-o") { Description = "table or json.", DefaultValueFactory = static _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        command.Add(socket);
        command.Add(output);
        command.SetAction(async (parsed, cancel) =>
        {
            try
            {
                await run(new BgpStatusClient(parsed.GetValue(socket)!), parsed.GetValue(output) == "json", parsed, cancel).ConfigureAwait(false);
                return ExitCode.Success;
            }
            catch (BgpStatusException refusal)
            {
                terminal.Fail(refusal.Message);
                return ExitCode.Negative;
            }
        });
        return command;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BgpNeighborReport))]
[JsonSerializable(typeof(BgpRouteReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
