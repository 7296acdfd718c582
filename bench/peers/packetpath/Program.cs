// What a ruleset adds to the cost of forwarding one packet of a new flow, next to Calico-style chains, in one run.
// Everything happens in namespaces of its own. Medians of paired differences against a router that only tracks connections: any stateful policy pays for that.
using Calico.Dataplane;
using Calico.PacketPath.Bench;

if (args is ["update", ..])
{
    int number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], System.Globalization.CultureInfo.InvariantCulture) : otherwise;
    await UpdateCost.RunAsync(number(1, 100_000), local: 200, everyone: number(2, 0));
    return;
}

int repetitions = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 15;
int packets = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 20_000;
string name = $"pp{Environment.ProcessId}";
using Topology bare = new(name + "b"), ruled = new(name + "t");
bare.Load("table inet tracking { chain forward { type filter hook forward priority 0; ct state established,related accept; }; }\n");
Dictionary<string, double> added = [];
Console.WriteLine($"{"ruleset",-52} {"added ns",9} {"quartiles",17} {"delivered",9}");

foreach (int n in (int[])[1, 10, 100, 1000])
{
    ruled.Load(Rulesets.CalicoChains(n));
    Measure($"Calico-style chains, {n} policies");
    await Rulesets.ApplyAsync(ruled, Rulesets.Deltas(n), PolicyShape.Auto);
    Measure($"ours, {n} policies");
}

await Rulesets.ApplyAsync(ruled, Rulesets.Deltas(1, endpoints: 10), PolicyShape.Auto);
Measure("ours, 1 policy, 10 endpoints");
await Rulesets.ApplyAsync(ruled, Rulesets.Deltas(1, endpoints: 10_000), PolicyShape.Auto);
Measure("ours, 1 policy, 10000 endpoints");
await Rulesets.ApplyAsync(ruled, Rulesets.Deltas(100, endpoints: 10_000, addresses: 100_000), PolicyShape.Auto);
Measure("ours, 100 policies, 10000 endpoints, 100k addresses");

Console.WriteLine();
Console.WriteLine($"1000 policies / 1 policy, ours:            {added["ours, 1000 policies"] / added["ours, 1 policies"]:f2}   (aim: at most 1.3)");
Console.WriteLine($"Calico-style / ours, 1000 policies:        {added["Calico-style chains, 1000 policies"] / added["ours, 1000 policies"]:f0}   (aim: at least 50)");
Console.WriteLine($"10000 endpoints / 10 endpoints:            {added["ours, 1 policy, 10000 endpoints"] / added["ours, 1 policy, 10 endpoints"]:f2}   (aim: at most 1.5)");
Console.WriteLine($"100k addresses, 10k endpoints, added:      {added["ours, 100 policies, 10000 endpoints, 100k addresses"]:f0} ns (aim: at most 600)");

void Measure(string what)
{
    ruled.Send(packets);
    long before = ruled.Delivered();
    double[] differences = new double[repetitions];
    for (int i = 0; i < repetitions; i++) differences[i] = -bare.Send(packets) + ruled.Send(packets);
    double delivered = (ruled.Delivered() - before) / (double)((packets + 63) / 64 * 64) / repetitions;
    Array.Sort(differences);
    added[what] = differences[repetitions / 2];
    Console.WriteLine($"{what,-52} {added[what],9:f0} {$"{differences[repetitions / 4]:f0}–{differences[repetitions * 3 / 4]:f0}",17} {delivered,9:f3}");
}
