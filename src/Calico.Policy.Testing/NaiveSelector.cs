namespace Calico.Policy.Testing;

/// <summary>The selector language once more, by recursive descent straight from text to answer: shares nothing with <c>Selector</c>.</summary>
internal sealed class NaiveSelector(string text, IReadOnlyDictionary<string, string> labels)
{
    private int _at;

    public static bool Matches(string? text, IReadOnlyDictionary<string, string> labels)
    {
        if (string.IsNullOrWhiteSpace(text)) return true;
        NaiveSelector reader = new(text, labels);
        bool result = reader.Or();
        reader.Blanks();
        return reader._at == text.Length ? result : throw new FormatException($"'{text}' at {reader._at}");
    }

    private bool Or()
    {
        bool result = And();
        while (Take("||")) result |= And();
        return result;
    }

    private bool And()
    {
        bool result = Operation();
        while (Take("&&")) result &= Operation();
        return result;
    }

    private bool Operation()
    {
        if (Take("!")) return !Operation();
        if (Take("("))
        {
            bool inner = Or();
            return Take(")") ? inner : throw new FormatException(text);
        }

        if (Take("all(") || Take("global(")) return Take(")") ? true : throw new FormatException(text);
        if (Take("has("))
        {
            string name = Label();
            return Take(")") ? labels.ContainsKey(name) : throw new FormatException(text);
        }

        string label = Label();
        bool present = labels.TryGetValue(label, out string? value);
        if (Take("==")) return Text() is { } equal && present && value == equal;
        if (Take("!=")) return Text() is { } other && !(present && value == other);
        if (Take("contains")) return Text() is { } part && present && value!.Contains(part, StringComparison.Ordinal);
        if (Take("starts with")) return Text() is { } start && present && value!.StartsWith(start, StringComparison.Ordinal);
        if (Take("ends with")) return Text() is { } end && present && value!.EndsWith(end, StringComparison.Ordinal);
        if (Take("not in")) return Set() is { } outside && !(present && outside.Contains(value!));
        if (Take("in")) return Set() is { } inside && present && inside.Contains(value!);
        throw new FormatException($"'{text}' at {_at}");
    }

    private HashSet<string> Set()
    {
        HashSet<string> values = [];
        if (!Take("{")) throw new FormatException(text);
        while (!Take("}"))
        {
            values.Add(Text());
            Take(",");
        }

        return values;
    }

    private string Text()
    {
        Blanks();
        char quote = text[_at++];
        int end = text.IndexOf(quote, _at);
        string value = text[_at..end];
        _at = end + 1;
        return value;
    }

    private string Label()
    {
        Blanks();
        int from = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '.' or '/' or '-')) _at++;
        return text[from.._at];
    }

    private bool Take(string token)
    {
        Blanks();
        if (string.CompareOrdinal(text, _at, token, 0, token.Length) != 0) return false;
        _at += token.Length;
        return true;
    }

    private void Blanks()
    {
        while (_at < text.Length && (text[_at] == ' ' || text[_at] == '\t')) _at++;
    }
}
