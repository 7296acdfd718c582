using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Calico.Bgp;
using Calico.Bgp.Status;

namespace Calico.Cli.Bgp;

/// <summary><c>calico bgp routes [PREFIX]</c>: the table, one prefix of it, what a neighbour gave, or what it was sent.</summary>
internal static class RoutesCommand
{
    private static readonly CompositeFormat s_row = CompositeFormat.Parse("{0,-3} {1,-18} {2,-15} {3,-15} {4,5} {5,5}  {6}");

    public static Command Create(Terminal terminal)
    {
        Argument<string?> prefix = new("prefix") { Description = "A prefix, or an address: then the route that leads there.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> longest = new("--longest") { Description = "The longest prefix that contains PREFIX." }, longer = new("--longer") { Description = "PREFIX and all inside it." };
        Option<string?> neighbor = new("--neighbor") { Description = "Only routes received from this neighbour (name or address), after import policy." };
        Option<bool> advertised = new("--advertised") { Description = "With --neighbor: the routes sent to it, as they were sent." };
        Option<bool> all = new("--all") { Description = "All paths, not the best of each prefix alone." };
        Option<string?> family = new("--family") { Description = "ipv4-unicast, ipv6-unicast, … Default: that of PREFIX, else ipv4-unicast." };
        Option<int?> limit = new("--limit") { Description = "At most so many routes." };
        limit.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1) result.AddError("--limit has to be at least 1.");
        });
        Command command = new("routes", "Show routes of the table.") { prefix, longest, longer, neighbor, advertised, all, family, limit };
        command.Validators.Add(result => Check(result, result.GetValue(prefix), result.GetValue(longest), result.GetValue(longer), result.GetValue(neighbor), result.GetValue(advertised)));
        return command.On(terminal, async (client, json, parsed, cancel) =>
        {
            string? text = parsed.GetValue(prefix);
            BgpRoutesQuery query = new()
            {
                Prefix = text,
                Match = parsed.GetValue(longer) ? RibMatch.Longer : parsed.GetValue(longest) || text?.Contains('/') == false ? RibMatch.Longest : RibMatch.Exact,
                Neighbor = parsed.GetValue(neighbor),
                Advertised = parsed.GetValue(advertised),
                AllPaths = parsed.GetValue(all),
                Family = parsed.GetValue(family),
                Limit = parsed.GetValue(limit),
            };
            IAsyncEnumerable<BgpRouteReport> routes = client.GetRoutesAsync(query, cancel);
            await (json ? WriteJsonAsync(routes, terminal.Out) : WriteTableAsync(routes, terminal.Out));
        });
    }

    private static void Check(CommandResult result, string? prefix, bool longest, bool longer, string? neighbor, bool advertised)
    {
        if (longest && longer) result.AddError("--longest and --longer exclude each other.");
        if ((longest || longer) && prefix is null) result.AddError("--longest and --longer need a PREFIX.");
        if (advertised && neighbor is null) result.AddError("--advertised needs --neighbor: routes are sent to somebody.");
    }

    private static async Task WriteTableAsync(IAsyncEnumerable<BgpRouteReport> routes, TextWriter output)
    {
        await output.WriteLineAsync(Line("", "PREFIX", "NEXT HOP", "FROM", "PREF", "MED", "AS PATH, ORIGIN, COMMUNITIES"));
        await foreach (BgpRouteReport route in routes)
        {
            string path = string.Join(' ', ((string[])[route.AsPath, route.Origin switch { RouteOrigin.Igp => "i", RouteOrigin.Egp => "e", _ => "?" }, .. route.Communities]).Where(part => part.Length > 0));
            await output.WriteLineAsync(Line($"{(route.IsBest ? "*" : " ")}{(route.IsStale ? "S" : "")}", route.Prefix, route.NextHop ?? "", route.Neighbor ?? "local", Number(route.LocalPreference), Number(route.MultiExitDiscriminator), path));
        }
    }

    private static string Line(params object[] cells) => string.Format(CultureInfo.InvariantCulture, s_row, cells).TrimEnd();

    private static string Number(uint? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    /// <summary>One route a line inside the brackets, so that a table of any size goes through.</summary>
    private static async Task WriteJsonAsync(IAsyncEnumerable<BgpRouteReport> routes, TextWriter output)
    {
        string before = "[\n";
        await foreach (BgpRouteReport route in routes)
        {
            await output.WriteAsync(before + JsonSerializer.Serialize(route, ReportJson.Default.BgpRouteReport));
            before = ",\n";
        }

        await output.WriteLineAsync(before == "[\n" ? "[]" : "\n]");
    }
}
