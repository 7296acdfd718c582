using System.Globalization;
using System.Numerics;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Yaml;

/// <summary>Plain scalars by YAML 1.1's rules, as Kubernetes' tools read them: <c>yes</c> and <c>on</c> are booleans, <c>010</c> is 8.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class YamlScalars
{
    /// <summary>Null when the value has no JSON form (infinity, not a number, half a surrogate pair).</summary>
    public static DocumentNode? Node(string value, bool isPlain, string? tag, int line, int column)
    {
        if (!IsWellFormed(value)) return null;
        bool resolve = tag switch
        {
            "tag:yaml.org,2002:str" or "!" => false,
            "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null" => true,
            _ => isPlain,
        };
        if (!resolve) return Text();
        switch (value)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new DocumentNode(DocumentNodeKind.Null, line, column);
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return new DocumentNode(DocumentNodeKind.Boolean, line, column, "true");
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return new DocumentNode(DocumentNodeKind.Boolean, line, column, "false");
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN":
                return null;
        }

        return Number(value) is { } number ? new DocumentNode(DocumentNodeKind.Number, line, column, number) : Text();

        DocumentNode Text() => new(DocumentNodeKind.String, line, column, value);
    }

    public static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static string? Number(string value)
    {
        const int LongestNumber = 64;
        if (value.Length > LongestNumber || !(char.IsAsciiDigit(value[0]) || value[0] is '-' or '+' or '.')) return null;
        string plain = value.Replace("_", "", StringComparison.Ordinal);
        bool negative = plain.StartsWith('-');
        string digits = plain.TrimStart('+', '-');
        if (plain.Length - digits.Length > 1 || digits.Length == 0) return null;
        BigInteger? whole =
            digits.StartsWith("0x", StringComparison.Ordinal) ? Radix(digits[2..], 16) :
            digits.StartsWith("0b", StringComparison.Ordinal) ? Radix(digits[2..], 2) :
            digits.StartsWith("0o", StringComparison.Ordinal) ? Radix(digits[2..], 8) :
            digits.Length > 1 && digits[0] == '0' && digits.All(char.IsAsciiDigit) ? Radix(digits, 8) :
            digits.All(char.IsAsciiDigit) ? Radix(digits, 10) : null;
        if (whole is { } number) return (negative ? -number : number).ToString(CultureInfo.InvariantCulture);
        return digits.All(static c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '+' or '-')
            && digits.Any(char.IsAsciiDigit)
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
            ? real.ToString("R", CultureInfo.InvariantCulture)
            : null;
    }

    private static BigInteger? Radix(string digits, int radix)
    {
        if (digits.Length == 0) return null;
        BigInteger value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiHexDigit(c) ? char.ToLowerInvariant(c) - 'a' + 10 : radix;
            if (digit >= radix) return null;
            value = value * radix + digit;
        }

        return value;
    }
}
