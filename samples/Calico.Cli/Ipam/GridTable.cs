using System.Globalization;
using System.Text;

namespace Calico.Cli.Ipam;

/// <summary>Tables as calicoctl draws them: <c>+---+</c> frames, centred headings, numbers to the right.</summary>
internal sealed class GridTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        int[] widths = [.. headings.Select((heading, column) => Math.Max(heading.Length, _rows.Count == 0 ? 0 : _rows.Max(row => row[column].Length)))];
        string line = "+" + string.Concat(widths.Select(width => new string('-', width + 2) + "+"));
        output.WriteLine(line);
        output.WriteLine(Row(headings, widths, Centre));
        output.WriteLine(line);
        foreach (string[] row in _rows) output.WriteLine(Row(row, widths, Cell));
        if (_rows.Count > 0) output.WriteLine(line);
    }

    /// <summary>A count as C's <c>%.5g</c> writes it: large ones in powers of ten.</summary>
    public static string Count(long count)
    {
        if (Math.Abs(count) < 100_000) return count.ToString(CultureInfo.InvariantCulture);
        string scientific = ((double)count).ToString("0.####e+00", CultureInfo.InvariantCulture);
        return scientific;
    }

    /// <summary>A count and its share, such as <c>12 (19%)</c>.</summary>
    public static string Share(long count, long of) =>
        string.Create(CultureInfo.InvariantCulture, $"{Count(count)} ({(of == 0 ? 0 : Math.Round(100.0 * count / of, MidpointRounding.ToEven)):0}%)");

    private static string Row(string[] cells, int[] widths, Func<string, int, string> place)
    {
        StringBuilder row = new("|");
        for (int i = 0; i < cells.Length; i++) row.Append(' ').Append(place(cells[i], widths[i])).Append(" |");
        return row.ToString();
    }

    private static string Centre(string text, int width)
    {
        int left = (width - text.Length) / 2;
        return (new string(' ', left) + text).PadRight(width);
    }

    private static string Cell(string text, int width) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? text.PadLeft(width) : text.PadRight(width);
}
