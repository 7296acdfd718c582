using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Ipam;
using Calico.Ipam.Planning;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam forecast --history FILE</c>: when each pool runs full. Every run adds what it sees to the file, so a daily run is all there is to do.</summary>
internal static class ForecastCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> history = new("--history") { Description = "The file of earlier looks, one JSON object a line; it is made when it is not there.", Required = true };
        Option<bool> dryRun = new("--dry-run") { Description = "Do not add to the file." };
        Option<string> output = new("--output", "-o") { Description = "text or json.", DefaultValueFactory = static _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        Command command = new("forecast", "Say when pools run full, by how they grew.") { history, dryRun, output };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            string file = parsed.GetValue(history)!;
            IReadOnlyList<PoolUtilization> pools = [.. (await session.Client.GetUtilizationAsync(cancellationToken: cancel)).Where(pool => pool.Cidr is not null)];
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            List<Sample> samples = File.Exists(file) ? Read(await File.ReadAllLinesAsync(file, cancel), file) : [];
            List<Sample> seen = [.. pools.Select(pool => new Sample(now, pool.Name, pool.InUse))];
            if (!parsed.GetValue(dryRun)) await File.AppendAllLinesAsync(file, seen.Select(Line), cancel);
            ILookup<string, Sample> byPool = samples.Concat(seen).ToLookup(sample => sample.Pool);
            (PoolUtilization Pool, PoolForecast? Forecast)[] forecasts = [.. pools.Select(pool => (pool, PoolForecast.Of([.. byPool[pool.Name].Select(sample => (sample.At, sample.InUse))], pool.Available)))];
            if (parsed.GetValue(output) == "json") await session.Out.WriteLineAsync(Json(forecasts));
            else Table(forecasts).Write(session.Out);
            return ExitCode.Success;
        });
    }

    private static GridTable Table((PoolUtilization Pool, PoolForecast? Forecast)[] forecasts)
    {
        GridTable table = new("POOL", "CIDR", "IPS IN USE", "IPS FREE", "GROWTH PER DAY", "FULL AT");
        foreach ((PoolUtilization pool, PoolForecast? forecast) in forecasts)
        {
            string growth = forecast is null ? "not known yet" : forecast.GrowthPerDay.ToString("+0.#;-0.#;0", CultureInfo.InvariantCulture);
            string full = forecast is null ? "" : forecast.FullAt?.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? "not in sight";
            table.Add(pool.Name, pool.Cidr.ToString()!, GridTable.Count(pool.InUse), GridTable.Count(pool.Available), growth, full);
        }

        return table;
    }

    private static string Json((PoolUtilization Pool, PoolForecast? Forecast)[] forecasts) => new JsonArray([.. forecasts.Select(one => (JsonNode)new JsonObject
    {
        ["pool"] = one.Pool.Name,
        ["cidr"] = one.Pool.Cidr.ToString(),
        ["inUse"] = one.Pool.InUse,
        ["free"] = one.Pool.Available,
        ["growthPerDay"] = one.Forecast?.GrowthPerDay,
        ["fullAt"] = one.Forecast?.FullAt?.ToString("O", CultureInfo.InvariantCulture),
    })]).ToJsonString(new() { WriteIndented = true });

    private static string Line(Sample sample) =>
        new JsonObject { ["at"] = sample.At.ToString("O", CultureInfo.InvariantCulture), ["pool"] = sample.Pool, ["inUse"] = sample.InUse }.ToJsonString();

    private static List<Sample> Read(string[] lines, string file)
    {
        List<Sample> samples = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            try
            {
                JsonNode sample = JsonNode.Parse(lines[i])!;
                samples.Add(new(DateTimeOffset.Parse(sample["at"]!.GetValue<string>(), CultureInfo.InvariantCulture), sample["pool"]!.GetValue<string>(), sample["inUse"]!.GetValue<long>()));
            }
            catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or NullReferenceException)
            {
                throw new ArgumentException($"{file}, line {i + 1} is no look of 'ipam forecast': {error.Message}");
            }
        }

        return samples;
    }

    private sealed record Sample(DateTimeOffset At, string Pool, long InUse);
}
