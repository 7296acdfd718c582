using System.Text.RegularExpressions;

namespace Calico.Packaging.Tests;

/// <summary>What the READMEs show is what compiles: their programs stand in samples/Quickstarts.</summary>
public sealed partial class QuickstartTests
{
    public static TheoryData<int> Programs() => [.. Enumerable.Range(0, Blocks().Length)];

    [Theory, MemberData(nameof(Programs))]
    public void A_program_of_the_README_is_compiled(int index)
    {
        string[] shown = Lines(Blocks()[index]);
        IEnumerable<string> sources = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "samples", "Quickstarts"), "*.cs", SearchOption.AllDirectories);
        Assert.True(sources.Any(file => Contains(Lines(File.ReadAllText(file)), shown)), $"Not in samples/Quickstarts: {string.Join('\n', shown)}");
    }

    private static string[] Blocks() => [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"))).Select(m => m.Groups[1].Value)];

    private static string[] Lines(string text) =>
        [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !(l.StartsWith("using ", StringComparison.Ordinal) && l.EndsWith(';') && !l.Contains('=', StringComparison.Ordinal)))];

    private static bool Contains(string[] source, string[] part) =>
        Enumerable.Range(0, Math.Max(0, source.Length - part.Length + 1)).Any(i => source.AsSpan(i, part.Length).SequenceEqual(part));

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
