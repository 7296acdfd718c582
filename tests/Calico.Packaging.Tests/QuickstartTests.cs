using System.Text.RegularExpressions;

namespace Calico.Packaging.Tests;

/// <summary>What the READMEs show is what compiles and runs: their programs stand in samples/Quickstarts, or in a test where they are about testing.</summary>
public sealed partial class QuickstartTests
{
    private static readonly string[][] Sources = [.. SourceTree.CSharpFiles("samples/Quickstarts", "tests").Select(file => Lines(File.ReadAllText(file)))];

    public static TheoryData<string, int> Programs()
    {
        TheoryData<string, int> programs = [];
        foreach (string readme in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "README.md", SearchOption.AllDirectories).Prepend(Path.Combine(SourceTree.Root, "README.md")))
        {
            for (int i = 0; i < Blocks(readme).Length; i++) programs.Add(SourceTree.Relative(readme), i);
        }

        return programs;
    }

    [Theory, MemberData(nameof(Programs))]
    public void A_program_of_a_README_is_compiled(string readme, int index)
    {
        string[] shown = Lines(Blocks(Path.Combine(SourceTree.Root, readme))[index]);
        Assert.True(Sources.Any(source => Contains(source, shown)), $"{readme} shows what is not in samples/Quickstarts nor in a test:\n{string.Join('\n', shown)}");
    }

    private static string[] Blocks(string readme) => [.. CodeBlock().Matches(File.ReadAllText(readme)).Select(m => m.Groups[1].Value)];

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
