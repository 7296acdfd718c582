using System.Globalization;
using Calico.Net;
using Calico.Policy.Resources;
using Calico.Policy.Selectors;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>Collects what is wrong, at a path. The small checks that many fields share are here.</summary>
internal sealed class Checks
{
    public const int LongestSelector = 1_024;

    private readonly List<ValidationError> _errors = [];

    public IReadOnlyList<ValidationError> Errors => _errors;

    public void Add(string path, string message) => _errors.Add(new ValidationError(path, message));

    public void Require(bool holds, string path, string message)
    {
        if (!holds) Add(path, message);
    }

    public void OneOf(string? value, string path, params ReadOnlySpan<string> allowed)
    {
        if (value is not null && allowed.Contains(value)) return;
        Add(path, $"{Shown(value)} is not {string.Join(", ", allowed[..^1])} or {allowed[^1]}");
    }

    public void AtMost(int count, int most, string path) =>
        Require(count <= most, path, string.Create(CultureInfo.InvariantCulture, $"has {count} entries, at most {most} are allowed"));

    public void Range(long? value, long min, long max, string path)
    {
        if (value < min || value > max) Add(path, string.Create(CultureInfo.InvariantCulture, $"{value} is not within {min}–{max}"));
    }

    public void Unique(IEnumerable<string> values, string path)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        int i = 0;
        foreach (string value in values)
        {
            if (!seen.Add(value)) Add(DocumentPath.Join(path, i), $"'{value}' is there twice");
            i++;
        }
    }

    /// <summary>A selector that parses and is not too long; <c>global()</c> has a place of its own.</summary>
    public void Selector(string? text, string path, bool globalAllowed = false)
    {
        if (string.IsNullOrEmpty(text)) return;
        Require(text.Length <= LongestSelector, path, string.Create(CultureInfo.InvariantCulture, $"the selector has {text.Length} characters, at most {LongestSelector} are allowed"));
        if (!Selectors.Selector.TryParse(text, out Selector? selector, out SelectorError error)) Add(path, $"the selector {Shown(text)} is not valid: {error}");
        else if (!globalAllowed) Require(!selector.MentionsGlobal, path, "global() can only be used in the namespaceSelector of a rule's source or destination");
        else Require(!selector.MentionsGlobal || selector.IsGlobal, path, "global() cannot be combined with other terms");
    }

    /// <summary>A CIDR or an address; null when it is neither, which is reported.</summary>
    public IpPrefix? Cidr(string? text, string path, bool addressAllowed = true)
    {
        if (text is not null && (addressAllowed || text.Contains('/')) && IpPrefix.TryParse(text, out IpPrefix prefix)) return prefix;
        Add(path, $"{Shown(text)} is not a CIDR{(addressAllowed ? " or an IP address" : "")}");
        return null;
    }

    /// <summary>A CIDR whose host bits are zero.</summary>
    public IpPrefix? Network(string? text, string path)
    {
        if (Cidr(text, path, addressAllowed: false) is not { } prefix) return null;
        string address = text!.Split('/')[0];
        if (IpPrefix.TryParse(address, out IpPrefix host) && host.ToAddress().Equals(prefix.ToAddress())) return prefix;
        Add(path, $"{Shown(text)} has bits set after its prefix; {prefix} would be right");
        return null;
    }

    public IpPrefix? Address(string? text, string path)
    {
        if (text is not null && !text.Contains('/') && IpPrefix.TryParse(text, out IpPrefix prefix)) return prefix;
        Add(path, $"{Shown(text)} is not an IP address");
        return null;
    }

    public void Protocol(Protocol? protocol, string path)
    {
        if (protocol is not { } given) return;
        Require(given.Resolve() is { Number: > 0 }, path, $"{Shown(given.ToString())} is not a protocol: TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or 1–255");
    }

    public static string Shown(string? text) => text is null ? "nothing" : text.Length <= 100 ? $"'{text}'" : $"'{text[..100]}…'";
}
