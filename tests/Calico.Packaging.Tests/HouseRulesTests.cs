using System.Text.RegularExpressions;

namespace Calico.Packaging.Tests;

public sealed partial class HouseRulesTests
{
    // Tables are lists of facts: the cap is for code that is read from top to bottom.
    private static bool IsTable(string file) => file.EndsWith("Table.cs", StringComparison.Ordinal) || file.Contains("/Tables/", StringComparison.Ordinal);

    [Fact]
    public void Every_source_file_stays_under_600_lines()
    {
        string[] tooLong =
        [
            .. from file in SourceTree.CSharpFiles("src", "samples")
               where !IsTable(file)
               let lines = File.ReadLines(file).Count()
               where lines > 600
               select $"{SourceTree.Relative(file)}: {lines} lines",
        ];
        Assert.Empty(tooLong);
    }

    [Fact]
    public void The_median_source_file_is_short()
    {
        int[] lengths = [.. SourceTree.CSharpFiles("src").Select(f => File.ReadLines(f).Count()).Order()];
        Assert.InRange(lengths[lengths.Length / 2], 1, 120);
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        string[] unfinished =
        [
            .. from file in SourceTree.CSharpFiles("src", "samples")
               from line in File.ReadLines(file).Select((text, index) => (text, number: index + 1))
               where Unfinished().IsMatch(line.text)
               select $"{SourceTree.Relative(file)}:{line.number}: {line.text.Trim()}",
        ];
        Assert.Empty(unfinished);
    }

    [Fact]
    public void No_library_or_agent_starts_a_process()
    {
        string[] starts =
        [
            .. from file in SourceTree.CSharpFiles("src", "samples/Calico.Agent")
               let text = File.ReadAllText(file)
               where text.Contains("Process.Start(", StringComparison.Ordinal) || text.Contains("new ProcessStartInfo", StringComparison.Ordinal)
               select SourceTree.Relative(file),
        ];
        Assert.Empty(starts);
    }

    [Fact]
    public void The_agent_is_thin()
    {
        int lines = SourceTree.CSharpFiles("samples/Calico.Agent").Sum(f => File.ReadLines(f).Count());
        Assert.InRange(lines, 1, 800);
    }

    [Fact]
    public void The_route_server_is_small()
    {
        int lines = SourceTree.CSharpFiles("samples/Calico.RouteServer").Sum(f => File.ReadLines(f).Count());
        Assert.InRange(lines, 1, 250);
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
