using System.Text.RegularExpressions;

namespace Calico.Packaging.Tests;

/// <summary>What the READMEs show is what compiles: their programs are the sources of samples/Quickstarts.</summary>
public sealed partial class QuickstartTests
{
    public static TheoryData<string> Programs() => [.. Directory.GetDirectories(Path.Combine(SourceTree.Root, "samples", "Quickstarts")).Select(d => Path.GetFileName(d)!).Order()];

    [Theory, MemberData(nameof(Programs))]
    public void The_README_shows_the_quickstart(string name)
    {
        string program = File.ReadAllText(Path.Combine(SourceTree.Root, "samples", "Quickstarts", name, "Program.cs")).Trim();
        string[] shown = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"))).Select(m => m.Groups[1].Value.Trim())];
        Assert.Contains(program, shown);
    }

    [Fact]
    public void The_README_names_the_two_commands()
    {
        string readme = File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"));
        Assert.Contains("dotnet run -c Release --project samples/Calico.Lab", readme, StringComparison.Ordinal);
        Assert.Contains("./eng/test.sh", readme, StringComparison.Ordinal);
        Assert.Contains("./eng/test.sh", File.ReadAllText(Path.Combine(SourceTree.Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
