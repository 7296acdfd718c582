using System.Text;
using System.Text.Json;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Yaml;

/// <summary>Reads strict JSON to a tree with positions.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class JsonDocumentParser
{
    public static bool LooksLikeJson(string text) => text.AsSpan().TrimStart() is ['{' or '[', ..];

    /// <summary>Null when the text is not JSON; it may be YAML in braces then.</summary>
    public static ParsedDocument? TryParse(string text, int firstLine, DocumentLimits limits)
    {
        byte[] utf8;
        try
        {
            utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }

        Positions positions = new(utf8, firstLine);
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = limits.MaxDepth });
        try
        {
            reader.Read();
            DocumentNode root = Value(ref reader, positions);
            if (reader.Read()) return null;
            return root.Size > limits.MaxValues
                ? new ParsedDocument(null, $"the document has more than {limits.MaxValues} values", root.Line, root.Column)
                : new ParsedDocument(root, null, root.Line, root.Column);
        }
        catch (DuplicateKeyException e)
        {
            return new ParsedDocument(null, e.Message, e.Line, e.Column);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static DocumentNode Value(ref Utf8JsonReader reader, Positions positions)
    {
        (int line, int column) = positions.Of(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                DocumentNode map = new(DocumentNodeKind.Object, line, column);
                HashSet<string> keys = new(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    (int keyLine, int keyColumn) = positions.Of(reader.TokenStartIndex);
                    if (!keys.Add(key)) throw new DuplicateKeyException(key, keyLine, keyColumn);
                    reader.Read();
                    map.Add(new DocumentMember(key, keyLine, keyColumn, Value(ref reader, positions)));
                }

                return map;
            case JsonTokenType.StartArray:
                DocumentNode list = new(DocumentNodeKind.List, line, column);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Value(ref reader, positions));
                return list;
            case JsonTokenType.String:
                return new DocumentNode(DocumentNodeKind.String, line, column, reader.GetString()!);
            case JsonTokenType.Number:
                return new DocumentNode(DocumentNodeKind.Number, line, column, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return new DocumentNode(DocumentNodeKind.Boolean, line, column, reader.TokenType == JsonTokenType.True ? "true" : "false");
            default:
                return new DocumentNode(DocumentNodeKind.Null, line, column);
        }
    }

    /// <summary>Byte offsets, which only grow, to lines and columns.</summary>
    private sealed class Positions(byte[] utf8, int firstLine)
    {
        private int _line = firstLine;
        private int _lineStart;
        private int _scanned;

        public (int Line, int Column) Of(long offset)
        {
            int end = (int)offset;
            while (true)
            {
                int newline = utf8.AsSpan(_scanned, end - _scanned).IndexOf((byte)'\n');
                if (newline < 0) break;
                _scanned += newline + 1;
                _lineStart = _scanned;
                _line++;
            }

            _scanned = end;
            return (_line, Encoding.UTF8.GetCharCount(utf8, _lineStart, end - _lineStart) + 1);
        }
    }
}

/// <summary>A key stands twice in one object.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class DuplicateKeyException(string key, int line, int column) : Exception($"the key '{key}' is there twice")
{
    public int Line { get; } = line;
    public int Column { get; } = column;
}
