namespace Calico.Policy.Evaluation;

/// <summary>Domain names in rules: <c>example.com</c> itself, or <c>*.example.com</c> for every name below it.</summary>
public static class DomainPattern
{
    /// <summary>Whether a name is what the pattern means; case and a trailing dot do not count.</summary>
    public static bool Matches(string pattern, string name)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(name);
        ReadOnlySpan<char> wanted = pattern.AsSpan().TrimEnd('.'), actual = name.AsSpan().TrimEnd('.');
        if (!wanted.StartsWith("*.")) return wanted.Equals(actual, StringComparison.OrdinalIgnoreCase);
        ReadOnlySpan<char> suffix = wanted[1..];
        return actual.Length > suffix.Length && actual.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
    }
}
