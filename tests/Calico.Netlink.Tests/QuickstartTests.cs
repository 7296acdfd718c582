namespace Calico.Netlink.Tests;

/// <summary>The README's programs compile (they are linked in here), do what they say, and are the ones in the README.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public void The_programs_run_one_after_the_other()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        TextWriter console = Console.Out;
        using StringWriter output = new();
        Console.SetOut(output);
        try
        {
            network.Run(() =>
            {
                Quickstart.MakeTable.RunAsync().GetAwaiter().GetResult();
                Quickstart.ListRoutes.RunAsync().GetAwaiter().GetResult();
            });
            network.Run(() => Quickstart.MakeVethPair.RunAsync().GetAwaiter().GetResult());
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Contains("10.65.0.2/32 dev #", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("tcp dport { 22, 443 } counter packets 0 bytes 0 accept comment \"ssh and web\"", Tools.Run(network, "nft", "list ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ListRoutes.cs")]
    [InlineData("MakeVethPair.cs")]
    [InlineData("MakeTable.cs")]
    public void The_readme_shows_the_program(string file)
    {
        string root = Root();
        string[] readme = [.. File.ReadLines(Path.Combine(root, "src", "Calico.Netlink", "README.md")).Select(l => l.Trim())];
        string[] body = [.. File.ReadLines(Path.Combine(root, "samples", "Quickstarts", "Netlink", file)).SkipWhile(l => !l.Contains("RunAsync", StringComparison.Ordinal)).Skip(2).Select(l => l.Trim()).TakeWhile(l => l.Length > 0).SkipLast(2)];
        Assert.NotEmpty(body);
        Assert.Contains(string.Join('\n', body), string.Join('\n', readme), StringComparison.Ordinal);
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Calico.slnx"))) folder = folder.Parent;
        if (folder is null) Assert.Skip("Not run from the project's tree.");
        return folder.FullName;
    }
}
