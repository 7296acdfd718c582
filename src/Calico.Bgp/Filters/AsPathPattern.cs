using System.Text.RegularExpressions;

namespace Calico.Bgp;

/// <summary>A regular expression over the text of an AS path; <c>_</c> stands for a border between numbers, as routers have it.</summary>
/// <remarks><c>^65000_</c> begins with AS 65000, <c>_64512$</c> was originated by it, <c>^$</c> is empty. Matching takes time linear in the path.</remarks>
public sealed class AsPathPattern
{
    private readonly Regex _regex;

    /// <summary>A pattern.</summary>
    /// <param name="pattern">The expression.</param>
    /// <exception cref="FormatException">It is malformed.</exception>
    public AsPathPattern(string pattern)
    {
        Pattern = pattern;
        try
        {
            _regex = new Regex(pattern.Replace("_", @"(?:^|$|[ {}()\[\]])", StringComparison.Ordinal), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"'{pattern}' is not an AS path pattern: {error.Message}");
        }
    }

    /// <summary>The expression.</summary>
    public string Pattern { get; }

    /// <summary>Whether a path fits.</summary>
    /// <param name="path">The path.</param>
    public bool IsMatch(AsPath path) => _regex.IsMatch(path.ToString());

    /// <summary>The expression.</summary>
    /// <returns>As given.</returns>
    public override string ToString() => Pattern;
}
