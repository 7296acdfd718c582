using System.Globalization;
using System.Text.Json;
using Calico.Ipam.Blocks;
using Calico.Net;

namespace Calico.Ipam.Documents;

/// <summary>Reads a block and refuses what would make the allocator hand out an address twice or lose one.</summary>
internal ref struct BlockReader
{
    private const int MaxSize = 1 << 16;

    private readonly string _name;
    private IpPrefix? _cidr;
    private string? _affinity, _claimTime, _hostAffinity;
    private readonly List<int> _slots = [];
    private readonly List<int> _queue = [];
    private readonly List<AllocationRecord> _attributes = [];
    private readonly List<(int Ordinal, ulong Number)> _sequences = [];
    private readonly UnknownFields _unknown = [];
    private ulong _sequence;
    private bool _deleted;

    private BlockReader(string name) => _name = name;

    public static IpamBlock Read(ReadOnlySpan<byte> json, string name)
    {
        BlockReader block = new(name);
        try
        {
            Utf8JsonReader reader = new(json);
            block.ReadFields(ref reader);
            return block.Finish();
        }
        catch (JsonException e)
        {
            throw new IpamDataException(name, e.Path ?? "$", e.Message, e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw new IpamDataException(name, "$", e.Message, e);
        }
    }

    private void ReadFields(ref Utf8JsonReader reader)
    {
        reader.ExpectObject();
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("cidr"u8)) ReadCidr(ref reader);
            else if (reader.ValueTextEquals("affinity"u8)) _affinity = reader.NextString();
            else if (reader.ValueTextEquals("affinity_claim_time"u8)) _claimTime = reader.NextString();
            else if (reader.ValueTextEquals("allocations"u8)) ReadInts(ref reader, _slots, nullIs: IpamBlock.Free);
            else if (reader.ValueTextEquals("unallocated"u8)) ReadInts(ref reader, _queue, nullIs: null);
            else if (reader.ValueTextEquals("attributes"u8)) ReadAttributes(ref reader);
            else if (reader.ValueTextEquals("sequenceNumber"u8)) _sequence = reader.NextUInt64();
            else if (reader.ValueTextEquals("sequenceNumberForAllocation"u8)) ReadSequences(ref reader);
            else if (reader.ValueTextEquals("deleted"u8)) _deleted = reader.NextBoolean();
            else if (reader.ValueTextEquals("hostAffinity"u8)) _hostAffinity = reader.NextString();
            else _unknown.ReadNext(ref reader);
        }
    }

    private void ReadCidr(ref Utf8JsonReader reader)
    {
        string? text = reader.NextString();
        if (!IpPrefix.TryParse(text, out IpPrefix cidr)) throw Bad("$.cidr", $"'{text}' is not a prefix");
        _cidr = cidr;
    }

    private readonly void ReadInts(ref Utf8JsonReader reader, List<int> into, int? nullIs)
    {
        if (!reader.NextArray()) return;
        while (reader.NextElement())
        {
            if (into.Count >= MaxSize) throw Bad("$", $"more than {MaxSize} addresses in one block");
            into.Add(reader.TokenType == JsonTokenType.Null && nullIs is { } free ? free : reader.GetInt32());
        }
    }

    private readonly void ReadAttributes(ref Utf8JsonReader reader)
    {
        if (!reader.NextArray()) return;
        while (reader.NextElement()) _attributes.Add(ReadAttribute(ref reader));
    }

    private static AllocationRecord ReadAttribute(ref Utf8JsonReader reader)
    {
        string? handle = null, releasedAt = null;
        Dictionary<string, string>? owner = null, alternate = null;
        UnknownFields unknown = [];
        reader.ExpectObjectHere();
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("handle_id"u8)) handle = reader.NextString();
            else if (reader.ValueTextEquals("secondary"u8)) owner = reader.NextMap();
            else if (reader.ValueTextEquals("alternateOwnerAttrs"u8)) alternate = reader.NextMap();
            else if (reader.ValueTextEquals("releasedAt"u8)) releasedAt = reader.NextString();
            else unknown.ReadNext(ref reader);
        }

        return new AllocationRecord(handle, owner, alternate, releasedAt, unknown);
    }

    private readonly void ReadSequences(ref Utf8JsonReader reader)
    {
        if (!reader.NextObject()) return;
        while (reader.NextProperty())
        {
            string name = reader.GetString()!;
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
                throw Bad("$.sequenceNumberForAllocation", $"'{name}' is not an ordinal");
            _sequences.Add((ordinal, reader.NextUInt64()));
        }
    }

    private readonly IpamBlock Finish()
    {
        if (_cidr is not { } cidr) throw Bad("$.cidr", "is missing");
        int hostBits = cidr.MaxLength - cidr.Length;
        if (hostBits > 16) throw Bad("$.cidr", $"a block holds at most {MaxSize} addresses, {cidr} has more");
        int size = 1 << hostBits;
        if (_slots.Count != size) throw Bad("$.allocations", $"has {_slots.Count} items, {cidr} has {size} addresses");
        for (int ordinal = 0; ordinal < size; ordinal++)
        {
            if (_slots[ordinal] != IpamBlock.Free && (uint)_slots[ordinal] >= (uint)_attributes.Count)
                throw Bad($"$.allocations[{ordinal}]", $"points at attribute {_slots[ordinal]} of {_attributes.Count}");
        }

        CheckQueue(size);
        return new IpamBlock(cidr, [.. _slots], _queue, _attributes, Sequences(size))
        {
            AffinityText = _affinity ?? (_hostAffinity is { Length: > 0 } host ? $"host:{host}" : null),
            ClaimTimeText = _claimTime,
            HostAffinityText = _hostAffinity,
            SequenceNumber = _sequence,
            Deleted = _deleted,
            Unknown = _unknown,
        };
    }

    private readonly SequenceNumbers Sequences(int size)
    {
        SequenceNumbers sequences = new(size);
        foreach ((int ordinal, ulong number) in _sequences)
        {
            if (ordinal >= size) throw Bad("$.sequenceNumberForAllocation", $"ordinal {ordinal} is outside the block");
            sequences[ordinal] = number;
        }

        return sequences;
    }

    private readonly void CheckQueue(int size)
    {
        Span<bool> seen = size <= 512 ? stackalloc bool[size] : new bool[size];
        for (int i = 0; i < _queue.Count; i++)
        {
            int ordinal = _queue[i];
            if ((uint)ordinal >= (uint)size) throw Bad($"$.unallocated[{i}]", $"ordinal {ordinal} is outside the block");
            if (seen[ordinal]) throw Bad($"$.unallocated[{i}]", $"ordinal {ordinal} is in the list twice");
            if (_slots[ordinal] != IpamBlock.Free) throw Bad($"$.unallocated[{i}]", $"ordinal {ordinal} is allocated as well");
            seen[ordinal] = true;
        }
    }

    private readonly IpamDataException Bad(string path, string reason) => new(_name, path, reason);
}
