using System.Globalization;

namespace Calico.Policy.Resources;

/// <summary>A differentiated-services code point by number or name, as written (Calico <c>numorstring.DSCP</c>; names of RFC 2474, 2597, 3246, 5865).</summary>
public readonly record struct Dscp
{
    private static readonly Dictionary<string, byte> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DF"] = 0, ["BE"] = 0, ["EF"] = 46, ["VA"] = 44, ["LE"] = 1,
        ["CS0"] = 0, ["CS1"] = 8, ["CS2"] = 16, ["CS3"] = 24, ["CS4"] = 32, ["CS5"] = 40, ["CS6"] = 48, ["CS7"] = 56,
        ["AF11"] = 10, ["AF12"] = 12, ["AF13"] = 14, ["AF21"] = 18, ["AF22"] = 20, ["AF23"] = 22,
        ["AF31"] = 26, ["AF32"] = 28, ["AF33"] = 30, ["AF41"] = 34, ["AF42"] = 36, ["AF43"] = 38,
    };

    /// <summary>By number.</summary>
    public Dscp(int number) => Number = number;

    /// <summary>By name; well-known names become upper case, digits become a number.</summary>
    public Dscp(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            Number = number;
        else
            Name = Names.ContainsKey(text) ? text.ToUpperInvariant() : text;
    }

    /// <summary>The number, when written as one.</summary>
    public int? Number { get; }

    /// <summary>The name, when written as one.</summary>
    public string? Name { get; }

    /// <summary>The code point, 0–63; null when the number is out of range or the name unknown.</summary>
    public byte? Resolve() => Number switch
    {
        >= 0 and <= 63 => (byte)Number,
        null when Name is not null && Names.TryGetValue(Name, out byte value) => value,
        _ => null,
    };

    /// <summary>The name, or the number in decimal.</summary>
    public override string ToString() => Name ?? (Number ?? 0).ToString(CultureInfo.InvariantCulture);
}
