using System.Globalization;
using System.Text.Json;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Yaml;

#if !CALICO_POLICY
[Embedded]
#endif
internal enum DocumentNodeKind : byte
{
    Null, Boolean, Number, String, List, Object,
}

/// <summary>A value of a YAML or JSON document and where it stands. Lines and columns count from 1.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class DocumentNode(DocumentNodeKind kind, int line, int column, string text = "")
{
    public DocumentNodeKind Kind { get; } = kind;
    public int Line { get; } = line;
    public int Column { get; } = column;

    /// <summary>The text of a string; the JSON form of a number or boolean.</summary>
    public string Text { get; } = text;

    public List<DocumentNode> Items { get; } = [];
    public List<DocumentMember> Members { get; } = [];

    /// <summary>How many values writing this one writes: aliases count each time they are used.</summary>
    public long Size { get; private set; } = 1;

    public int Height { get; private set; } = 1;

    public void Add(DocumentNode item)
    {
        Items.Add(item);
        Grow(item);
    }

    public void Add(DocumentMember member)
    {
        Members.Add(member);
        Grow(member.Value);
    }

    private void Grow(DocumentNode child)
    {
        Size = Math.Min(long.MaxValue / 2, Size + child.Size);
        Height = Math.Max(Height, child.Height + 1);
    }

    public DocumentNode? this[string key]
    {
        get
        {
            foreach (DocumentMember member in Members)
            {
                if (member.Key == key) return member.Value;
            }

            return null;
        }
    }

    /// <summary>The text of a member that is a string.</summary>
    public string? TextOf(string key) => this[key] is { Kind: DocumentNodeKind.String } node ? node.Text : null;

    /// <summary>The position of what a path such as <c>spec.ingress[0].ports</c> or <c>metadata.labels["a.b/c"]</c> names; where it ends too early, the position of the last step there is.</summary>
    public (int Line, int Column) Locate(string path)
    {
        DocumentNode node = this;
        (int, int) position = (node.Line, node.Column);
        foreach (string step in DocumentPath.Steps(path))
        {
            if (node.Kind == DocumentNodeKind.Object && node.Members.Find(m => m.Key == step) is { } member)
            {
                node = member.Value;
                position = node.Kind is DocumentNodeKind.List or DocumentNodeKind.Object or DocumentNodeKind.Null ? (member.Line, member.Column) : (node.Line, node.Column);
            }
            else if (node.Kind == DocumentNodeKind.List && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < node.Items.Count)
            {
                node = node.Items[index];
                position = (node.Line, node.Column);
            }
            else break;
        }

        return position;
    }

    /// <summary>Writes the value; <paramref name="onValue"/> sees each node just before it is written.</summary>
    public void WriteJson(Utf8JsonWriter writer, Action<DocumentNode>? onValue = null)
    {
        onValue?.Invoke(this);
        switch (Kind)
        {
            case DocumentNodeKind.Object:
                writer.WriteStartObject();
                foreach (DocumentMember member in Members)
                {
                    writer.WritePropertyName(member.Key);
                    member.Value.WriteJson(writer, onValue);
                }

                writer.WriteEndObject();
                break;
            case DocumentNodeKind.List:
                writer.WriteStartArray();
                foreach (DocumentNode item in Items) item.WriteJson(writer, onValue);
                writer.WriteEndArray();
                break;
            case DocumentNodeKind.String:
                writer.WriteStringValue(Text);
                break;
            case DocumentNodeKind.Null:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteRawValue(Text, skipInputValidation: true);
                break;
        }
    }
}

/// <summary>A key, where it stands, and its value.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed record DocumentMember(string Key, int Line, int Column, DocumentNode Value);
