using System.Globalization;

namespace Calico.Policy.Manifests;

/// <summary>How bad something is.</summary>
public enum Severity : byte
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Probably not what was meant; the object is used as it stands.</summary>
    Warning,

    /// <summary>Wrong; the object, or the part named, fails closed.</summary>
    Error,
}

/// <summary>Something found in a manifest, with all that a person needs to find it.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Source">The file, or what the caller named the text.</param>
/// <param name="Line">The line, from 1; 0 when no place is known.</param>
/// <param name="Column">The column, from 1, in UTF-16 units.</param>
/// <param name="Object">The object, <c>Kind namespace/name</c>; empty when it could not be read that far.</param>
/// <param name="Path">Where in the object, for example <c>spec.ingress[0].ports[1]</c>; empty for the whole.</param>
/// <param name="Message">What is wrong.</param>
public sealed record Diagnostic(Severity Severity, string Source, int Line, int Column, string Object, string Path, string Message)
{
    /// <summary>The line of the source that <see cref="Line"/> names, for showing it under a caret.</summary>
    public string SourceLine { get; init; } = "";

    /// <summary><c>file:line:column: error: Kind namespace/name: path: message</c>, as compilers write it.</summary>
    public override string ToString()
    {
        string place = Line == 0 ? Source : string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}:{Column}");
        string word = Severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "info",
        };
        return string.Join(": ", new[] { place, word, Object, Path, Message }.Where(static part => part.Length > 0));
    }
}
