using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Calico.Dataplane;
using Calico.Netlink;

namespace Calico.Cli.Node;

/// <summary>What the verbs about the node's kernel share: which namespace, which form of output, and how errors look.</summary>
internal static class NodeVerb
{
    public static Option<string?> Namespace() => new("--netns") { Description = "A named network namespace instead of this one." };

    public static Option<string> Output()
    {
        Option<string> output = new("--output", "-o") { Description = "text for people, json for machines.", DefaultValueFactory = static _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        return output;
    }

    public static Command On(this Command command, Terminal terminal, Option<string?> network, Func<NodeKernel, ParseResult, CancellationToken, Task<int>> run)
    {
        command.Options.Add(network);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                using NodeKernel kernel = NodeKernel.Open(parsed.GetValue(network));
                return await run(kernel, parsed, cancellation);
            }
            catch (Exception e) when (e is NodeException or NetlinkException or ArgumentException)
            {
                return terminal.Fail(e.Message);
            }
        });
        return command;
    }
}

[JsonSerializable(typeof(IReadOnlyList<EndpointRules>))]
[JsonSerializable(typeof(NodeExplanation))]
internal sealed partial class NodeJson : JsonSerializerContext
{
    public static NodeJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new AddressText(), new JsonStringEnumConverter<PolicyShape>(JsonNamingPolicy.CamelCase) },
    });
}

internal sealed class AddressText : JsonConverter<System.Net.IPAddress>
{
    public override System.Net.IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => System.Net.IPAddress.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, System.Net.IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
