using System.Globalization;

namespace Calico.Policy.Resources;

/// <summary>A port, a range of ports, or a port's name (Calico <c>numorstring.Port</c>).</summary>
public readonly record struct Port
{
    /// <summary>Longest name.</summary>
    public const int MaxNameLength = 128;

    /// <summary>One port.</summary>
    public Port(ushort port) => (First, Last) = (port, port);

    /// <summary>A range; both ends belong to it.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="last"/> is below <paramref name="first"/>.</exception>
    public Port(ushort first, ushort last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        (First, Last) = (first, last);
    }

    private Port(string name) => Name = name;

    /// <summary>The lowest port; 0 with a name.</summary>
    public ushort First { get; }

    /// <summary>The highest port; 0 with a name.</summary>
    public ushort Last { get; }

    /// <summary>The name, when it is one.</summary>
    public string? Name { get; }

    /// <summary>A port by name.</summary>
    /// <exception cref="FormatException">The name is empty, longer than 128, or has other characters than letters, digits, <c>_ . -</c>.</exception>
    public static Port Named(string name) =>
        IsName(name) ? new Port(name) : throw new FormatException($"'{name}' is not the name of a port: 1–{MaxNameLength} letters, digits, '_', '.', '-'.");

    /// <summary>Reads <c>80</c>, <c>80:90</c> or a name.</summary>
    public static bool TryParse(string? text, out Port port, out string? error)
    {
        port = default;
        error = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "a port is a number, first:last, or a name; this is empty";
            return false;
        }

        if (IsDigits(text)) return TryNumber(text, out port, ref error);
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            if (IsName(text))
            {
                port = new Port(text);
                return true;
            }

            error = $"'{text}' is not a port: a number, first:last, or a name of 1–{MaxNameLength} letters, digits, '_', '.', '-'";
            return false;
        }

        if (!TryNumber(text[..colon], out Port first, ref error) || !TryNumber(text[(colon + 1)..], out Port last, ref error)) return false;
        if (last.First < first.First)
        {
            error = $"the range {text} ends before it begins";
            return false;
        }

        port = new Port(first.First, last.First);
        return true;
    }

    /// <summary><c>80</c>, <c>80:90</c> or the name.</summary>
    public override string ToString() => Name ?? (First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}:{Last}"));

    /// <summary>Whether a text can be the name of a port.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool TryNumber(string text, out Port port, ref string? error)
    {
        bool ok = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        if (!ok) error = $"'{text}' is not a port number, 0–65535";
        port = new Port(number);
        return ok;
    }

    private static bool IsDigits(string text) => text.All(char.IsAsciiDigit);
}
