#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Calico.Yaml;

/// <summary>Reads one YAML document, event by event, to a tree with positions: anchors, aliases, merge keys, scalars by YAML 1.1's rules as Kubernetes reads them.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class YamlDocumentParser
{
    private readonly IParser _parser;
    private readonly int _lineOffset;
    private readonly DocumentLimits _limits;
    private readonly Dictionary<string, DocumentNode> _anchors = new(StringComparer.Ordinal);
    private long _values;

    private YamlDocumentParser(IParser parser, int lineOffset, DocumentLimits limits)
    {
        _parser = parser;
        _lineOffset = lineOffset;
        _limits = limits;
    }

    private sealed class Refused(string message, int line, int column) : Exception(message)
    {
        public int Line { get; } = line;
        public int Column { get; } = column;
    }

    public static ParsedDocument Parse(string text, int firstLine, DocumentLimits limits)
    {
        using StringReader reader = new(text);
        YamlDocumentParser parser = new(new Parser(reader), firstLine - 1, limits);
        try
        {
            return parser.Document();
        }
        catch (Refused e)
        {
            return new ParsedDocument(null, e.Message, e.Line, e.Column);
        }
        catch (YamlException e)
        {
            // "While scanning …": it began at Start and went wrong at End. Something missing may be noticed only after the last line.
            Mark at = e.Message.StartsWith("While ", StringComparison.Ordinal) ? e.End : e.Start;
            string[] rows = text.TrimEnd('\r', '\n').Split('\n');
            bool pastEnd = at.Line > rows.Length;
            int line = pastEnd ? rows.Length : (int)at.Line, column = pastEnd ? rows[^1].Length + 1 : (int)at.Column;
            // Of a tab the scanner tells only where the mapping around it begins.
            if (e.Message.Contains("invalid tab", StringComparison.Ordinal) && Array.FindIndex(rows, line - 1, IsIndentedByTab) is >= 0 and int tab)
                (line, column) = (tab + 1, rows[tab].IndexOf('\t', StringComparison.Ordinal) + 1);
            return new ParsedDocument(null, Lower(e.Message), line + parser._lineOffset, Math.Max(1, column));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException or NullReferenceException)
        {
            // The scanner's own failures on text that is far from YAML.
            return new ParsedDocument(null, "the text is not YAML", firstLine, 1);
        }
    }

    private static bool IsIndentedByTab(string row) => row.AsSpan(0, row.AsSpan().IndexOfAnyExcept(' ', '\t') is >= 0 and int text ? text : row.Length).Contains('\t');

    private ParsedDocument Document()
    {
        Next<StreamStart>();
        if (_parser.Current is StreamStart) _parser.MoveNext();
        if (_parser.Current is StreamEnd or null) return new ParsedDocument(null, null, _lineOffset + 1, 1);
        Next<DocumentStart>();
        _parser.MoveNext();
        DocumentNode root = Value(1);
        if (_parser.Current is DocumentEnd) _parser.MoveNext();
        if (_parser.Current is not (StreamEnd or null)) throw Refuse("there is more text after the document's end");
        return new ParsedDocument(root, null, root.Line, root.Column);
    }

    private void Next<T>()
        where T : ParsingEvent
    {
        while (_parser.Current is null && _parser.MoveNext())
        {
        }

        if (_parser.Current is not T) throw Refuse("the text is not YAML");
    }

    // Leaves the parser on the event after the value.
    private DocumentNode Value(int depth)
    {
        ParsingEvent current = _parser.Current ?? throw new Refused("the text ends too early", _lineOffset + 1, 1);
        (int line, int column) = At(current);
        if (depth > _limits.MaxDepth) throw Refuse($"values are nested more than {_limits.MaxDepth} deep");
        if (++_values > _limits.MaxValues) throw Refuse($"the document has more than {_limits.MaxValues} values");
        DocumentNode node;
        switch (current)
        {
            case AnchorAlias alias:
                node = _anchors.TryGetValue(alias.Value.Value, out DocumentNode? anchored) ? anchored : throw Refuse($"there is no anchor '{alias.Value.Value}'");
                _parser.MoveNext();
                break;
            case Scalar scalar:
                node = YamlScalars.Node(scalar.Value, scalar.Style is ScalarStyle.Plain, scalar.Tag.IsEmpty ? null : scalar.Tag.Value, line, column)
                    ?? throw Refuse($"'{scalar.Value}' cannot be written as JSON");
                _parser.MoveNext();
                Anchor(scalar.Anchor, node);
                break;
            case SequenceStart sequence:
                node = new DocumentNode(DocumentNodeKind.List, line, column);
                _parser.MoveNext();
                while (_parser.Current is not SequenceEnd) node.Add(Value(depth + 1));
                _parser.MoveNext();
                Anchor(sequence.Anchor, node);
                break;
            case MappingStart mapping:
                node = Mapping(line, column, depth);
                Anchor(mapping.Anchor, node);
                break;
            default:
                throw Refuse("the text is not YAML");
        }

        if (node.Size > _limits.MaxValues) throw new Refused($"aliases make the document larger than {_limits.MaxValues} values", line, column);
        if (node.Height + depth > _limits.MaxDepth + 1) throw new Refused($"values are nested more than {_limits.MaxDepth} deep", line, column);
        return node;
    }

    private DocumentNode Mapping(int line, int column, int depth)
    {
        DocumentNode map = new(DocumentNodeKind.Object, line, column);
        Dictionary<string, bool> keys = new(StringComparer.Ordinal);
        List<DocumentNode> merged = [];
        _parser.MoveNext();
        while (_parser.Current is not MappingEnd)
        {
            if (_parser.Current is not Scalar key) throw Refuse("a key must be text");
            (int keyLine, int keyColumn) = At(key);
            if (!YamlScalars.IsWellFormed(key.Value)) throw Refuse("the key holds half of a surrogate pair");
            bool isMerge = key is { Value: "<<", Style: ScalarStyle.Plain };
            if (!isMerge && !keys.TryAdd(key.Value, true)) throw new Refused($"the key '{key.Value}' is there twice", keyLine, keyColumn);
            _parser.MoveNext();
            DocumentNode value = Value(depth + 1);
            if (isMerge) merged.Add(value);
            else map.Add(new DocumentMember(key.Value, keyLine, keyColumn, value));
        }

        _parser.MoveNext();
        // Own keys win over merged ones, earlier merged maps over later ones.
        foreach (DocumentNode source in merged.SelectMany(static m => m.Kind == DocumentNodeKind.List ? m.Items : [m]))
        {
            if (source.Kind != DocumentNodeKind.Object) throw new Refused("'<<' takes an object or a list of objects", line, column);
            foreach (DocumentMember member in source.Members)
            {
                if (keys.TryAdd(member.Key, true)) map.Add(member);
            }
        }

        return map;
    }

    private void Anchor(AnchorName name, DocumentNode node)
    {
        if (!name.IsEmpty) _anchors[name.Value] = node;
    }

    private (int Line, int Column) At(ParsingEvent e) => ((int)e.Start.Line + _lineOffset, Math.Max(1, (int)e.Start.Column));

    private Refused Refuse(string message)
    {
        (int line, int column) = _parser.Current is { } current ? At(current) : (_lineOffset + 1, 1);
        return new Refused(message, line, column);
    }

    private static string Lower(string message) =>
        message.Length > 1 && char.IsUpper(message[0]) && char.IsLower(message[1]) ? char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.') : message.TrimEnd('.');
}
