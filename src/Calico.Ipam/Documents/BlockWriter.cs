using System.Buffers.Text;
using System.Text.Json;

namespace Calico.Ipam.Documents;

internal static class BlockWriter
{
    public static void Write(Utf8JsonWriter json, IpamBlock block)
    {
        json.WriteStartObject();
        json.WriteString("cidr"u8, block.Range.ToString());
        json.WriteString("affinity"u8, block.AffinityText);
        if (block.ClaimTimeText is { Length: > 0 } claimed) json.WriteString("affinity_claim_time"u8, claimed);
        json.WriteStartArray("allocations"u8);
        foreach (int index in block.Slots)
        {
            if (index < 0) json.WriteNullValue();
            else json.WriteNumberValue(index);
        }

        json.WriteEndArray();
        json.WriteStartArray("unallocated"u8);
        foreach (int ordinal in block.Queue) json.WriteNumberValue(ordinal);
        json.WriteEndArray();
        json.WriteStartArray("attributes"u8);
        foreach (AllocationRecord attribute in block.AttributeList) WriteAttribute(json, attribute);
        json.WriteEndArray();
        json.WriteNumber("sequenceNumber"u8, block.SequenceNumber);
        WriteSequences(json, block);
        json.WriteBoolean("deleted"u8, block.Deleted);
        if (block.HostAffinityText is { Length: > 0 } host) json.WriteString("hostAffinity"u8, host);
        block.Unknown.Write(json);
        json.WriteEndObject();
    }

    private static void WriteAttribute(Utf8JsonWriter json, AllocationRecord attribute)
    {
        json.WriteStartObject();
        if (attribute.HandleId is not null) json.WriteString("handle_id"u8, attribute.HandleId);
        WriteMap(json, "secondary"u8, attribute.Owner);
        WriteMap(json, "alternateOwnerAttrs"u8, attribute.AlternateOwner);
        if (attribute.ReleasedAtText is not null) json.WriteString("releasedAt"u8, attribute.ReleasedAtText);
        attribute.Unknown.Write(json);
        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0) return;
        json.WriteStartObject(name);
        foreach ((string key, string value) in map) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteSequences(Utf8JsonWriter json, IpamBlock block)
    {
        json.WriteStartObject("sequenceNumberForAllocation"u8);
        Span<byte> name = stackalloc byte[11];
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            if (!block.Sequences.TryGetValue(ordinal, out ulong number)) continue;
            Utf8Formatter.TryFormat(ordinal, name, out int length);
            json.WriteNumber(name[..length], number);
        }

        json.WriteEndObject();
    }
}
