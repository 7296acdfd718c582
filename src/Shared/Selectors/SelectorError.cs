using System.Globalization;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>Why a text is not a selector.</summary>
/// <param name="Position">The character, 0-based, at which reading stopped; the length of the text when more was expected.</param>
/// <param name="Message">What was expected or found there, as a phrase without the position.</param>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
readonly record struct SelectorError(int Position, string Message)
{
    /// <summary>The message with its 1-based column.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Message} (column {Position + 1})");
}

/// <summary>A text is not a selector.</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
sealed class SelectorFormatException : FormatException
{
    private const int MaxQuoted = 100;

    internal SelectorFormatException(string text, SelectorError error)
        : base($"Selector \"{(text.Length <= MaxQuoted ? text : text[..MaxQuoted] + "…")}\": {error}")
    {
        Text = text;
        Error = error;
    }

    /// <summary>The text that was to be parsed.</summary>
    public string Text { get; }

    /// <summary>What is wrong and where.</summary>
    public SelectorError Error { get; }
}
