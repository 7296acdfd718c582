using System.Collections;
using System.Text.Json;

namespace Calico.Ipam.Documents;

/// <summary>Fields of a document that this version does not know: kept as they were written and put back on every write.</summary>
internal sealed class UnknownFields : IEnumerable<UnknownField>, IEquatable<UnknownFields>
{
    private List<UnknownField>? _fields;

    public int Count => _fields?.Count ?? 0;

    /// <summary>Takes over the value that the reader stands on, by its raw bytes: numbers keep every digit.</summary>
    public void Read(ref Utf8JsonReader reader, string name)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        Add(new UnknownField(name, document.RootElement.GetRawText()));
    }

    public void Add(UnknownField field) => (_fields ??= []).Add(field);

    public void Write(Utf8JsonWriter writer)
    {
        if (_fields is null) return;
        foreach (UnknownField field in _fields)
        {
            writer.WritePropertyName(field.Name);
            writer.WriteRawValue(field.Json);
        }
    }

    public bool Equals(UnknownFields? other) =>
        other is not null && Count == other.Count && (_fields is null || _fields.SequenceEqual(other._fields!));

    public override bool Equals(object? obj) => Equals(obj as UnknownFields);

    public override int GetHashCode() => Count;

    public IEnumerator<UnknownField> GetEnumerator() => (_fields ?? []).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

internal readonly record struct UnknownField(string Name, string Json);
