using System.Globalization;
using Calico.Bgp.PeerBench;

// Speakers side by side: --prefixes N --senders S --receivers R --runs K --route-server PATH.dll. Needs root, iproute2 and bird.
int Number(string option, int otherwise) => Array.IndexOf(args, option) is int i and >= 0 && i + 1 < args.Length ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : otherwise;
if (Array.IndexOf(args, "--codec") is int codec and >= 0 && codec + 1 < args.Length)
{
    CodecRun.Run(args[codec + 1], Number("--runs", 7));
    return 0;
}

string? path = Array.IndexOf(args, "--route-server") is int at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
if (path is null || Environment.UserName != "root")
{
    Console.Error.WriteLine("usage (as root): Calico.Bgp.PeerBench --route-server PATH.dll [--prefixes N] [--senders S] [--receivers R] [--runs K]");
    return 2;
}

int senders = Number("--senders", 1), receivers = Number("--receivers", 1), runs = Number("--runs", 3);
var table = new LoadTable(Number("--prefixes", 100_000), senders);
var results = new Dictionary<string, List<Measurement>> { ["bird"] = [], ["calico"] = [] };
for (int run = 0; run < runs; run++)
{
    foreach (string name in new[] { "bird", "calico" })
    {
        Measurement m = await Scenario.RunAsync(name, path, table, senders, receivers);
        results[name].Add(m);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {run} {name,-7} announce {m.Announce:F3} s  dump {m.Dump:F3} s  withdraw {m.Withdraw:F3} s  rss {m.PeakMegabytes:F0} MB"));
    }
}

double Ratio(Func<Measurement, double> of) => Median([.. results["calico"].Zip(results["bird"], (c, b) => of(c) / of(b))]);
static double Median(double[] values)
{
    Array.Sort(values);
    return values[values.Length / 2];
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"calico / bird, median of {runs}: announce {Ratio(m => m.Announce):F2}  dump {Ratio(m => m.Dump):F2}  withdraw {Ratio(m => m.Withdraw):F2}  rss {Ratio(m => m.PeakMegabytes):F2}"));
return 0;
