using System.Text.Json;

namespace Calico.Ipam.Documents;

internal delegate void FieldReader(ref Utf8JsonReader reader);

/// <summary>The outer loop over a document's fields; whatever goes wrong inside names the document.</summary>
internal static class DocumentReader
{
    public static void Read(string name, ReadOnlySpan<byte> json, FieldReader field)
    {
        Utf8JsonReader reader = new(json);
        try
        {
            reader.ExpectObject();
            while (reader.NextProperty()) field(ref reader);
        }
        catch (JsonException e)
        {
            throw new IpamDataException(name, "$", $"{e.Message} (byte {reader.BytesConsumed})", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw new IpamDataException(name, "$", $"{e.Message} (byte {reader.BytesConsumed})", e);
        }
    }
}
