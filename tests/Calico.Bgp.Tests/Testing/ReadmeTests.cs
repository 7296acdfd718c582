using System.Net;
using Calico.Bgp.Testing;

namespace Calico.Bgp.Tests.Testing;

public class ReadmeTests
{
    [Fact]
    public void The_program_in_the_readme_does_what_it_says()
    {
        var output = new StringWriter();
        Program(output);
        Assert.Equal("65001", output.ToString().Split('\n')[0].Trim());
        Assert.StartsWith("0 routes after 00:01:", output.ToString().Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_in_the_readme_is_the_one_tested()
    {
        string readme = File.ReadAllText(Path.Combine(Root(), "src/Calico.Bgp.Testing/README.md"));
        string[] published = [.. Lines(readme.Split("```csharp")[1].Split("```")[0]).Where(l => !l.StartsWith("using ", StringComparison.Ordinal))];
        string source = File.ReadAllText(Path.Combine(Root(), "tests/Calico.Bgp.Tests/Testing/ReadmeTests.cs"));
        string[] tested = Lines(source.Split("// Program\n")[^2]);
        Assert.Equal(published, tested);
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)];

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Calico.slnx"))) folder = folder.Parent;
        Assert.NotNull(folder);
        return folder.FullName;
    }

    private static void Program(StringWriter Console)
    {
        // Program
        var network = new SimulatedNetwork(seed: 42);
        SimulatedSpeaker left = network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65002), "left");
        SimulatedSpeaker right = network.Add(Speaker("192.0.2.2", 65002, "192.0.2.1", 65001), "right");
        left.Announce("10.0.0.0/8");
        network.Start();
        network.RunUntilQuiet();
        Console.WriteLine(right.BestRoutes()[IPNetwork.Parse("10.0.0.0/8")].Attributes.AsPath);   // 65001

        network.Link(left, right).Cut(silently: true);   // the hold timer has to find out
        network.RunUntilQuiet();
        Console.WriteLine($"{right.BestRoutes().Count} routes after {network.Now}");

        static BgpSpeakerOptions Speaker(string address, uint asn, string neighbor, uint neighborAsn) => new()
        {
            Asn = asn,
            RouterId = IPAddress.Parse(address),
            EbgpRequiresPolicy = false,
            Neighbors = [new NeighborOptions { Address = IPAddress.Parse(neighbor), Asn = neighborAsn, GracefulRestart = GracefulRestartMode.Off }],
        };
        // Program
    }
}
