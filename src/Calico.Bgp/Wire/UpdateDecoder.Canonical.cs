using System.Buffers.Binary;

namespace Calico.Bgp;

// From what an UPDATE holds to the canonical octets of PathAttributes: two-octet AS numbers widened,
// AS4_PATH and AS4_AGGREGATOR merged (RFC 6793 section 4.2.3).
public sealed partial class UpdateDecoder
{
    private const int NextHopRoom = 48;
    private int _canonicalLength;

    private void Canonicalize(ReadOnlySpan<byte> attributes, ref DecodedUpdate result)
    {
        int need = attributes.Length * 2 + 64 + NextHopRoom;
        if (_canonical.Length < need) _canonical = new byte[need * 2];
        if (!_options.FourOctetAsn) Widen(attributes, ref result);
        Span<byte> destination = _canonical;
        int at = 0;
        for (int i = 0; i < _slotCount; i++)
        {
            ref AttributeSlot slot = ref _slots[i];
            ReadOnlySpan<byte> value = (slot.Source == ValueSource.Path ? _path : attributes).Slice(slot.At, slot.Length);
            at += AttributeWriter.Write(destination[at..], slot.Flags, slot.Type, value);
        }

        _canonicalLength = at;
    }

    /// <summary>Canonical octets with a next hop, as PathAttributes holds them; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Octets(ReadOnlySpan<byte> nextHop, out int attributesLength)
    {
        attributesLength = _canonicalLength;
        nextHop.CopyTo(_canonical.AsSpan(_canonicalLength));
        return _canonical.AsSpan(0, _canonicalLength + nextHop.Length);
    }

    private void Widen(ReadOnlySpan<byte> attributes, ref DecodedUpdate result)
    {
        int path = Find(AttributeType.AsPath), path4 = Find(AttributeType.As4Path);
        int aggregator = Find(AttributeType.Aggregator), aggregator4 = Find(AttributeType.As4Aggregator);
        if (_path.Length < attributes.Length * 4 + 32) _path = new byte[attributes.Length * 4 + 256];
        bool useNew = true;
        int used = 0;
        if (aggregator >= 0)
        {
            ReadOnlySpan<byte> value = attributes.Slice(_slots[aggregator].At, 6);
            bool isTrans = BinaryPrimitives.ReadUInt16BigEndian(value) == Asn.Trans.Value;
            if (aggregator4 >= 0 && !isTrans) useNew = false;
            if (aggregator4 >= 0 && isTrans)
            {
                attributes.Slice(_slots[aggregator4].At, 8).CopyTo(_path);
            }
            else
            {
                BinaryPrimitives.WriteUInt32BigEndian(_path, BinaryPrimitives.ReadUInt16BigEndian(value));
                value[2..].CopyTo(_path.AsSpan(4));
            }

            _slots[aggregator] = _slots[aggregator] with { Source = ValueSource.Path, At = 0, Length = 8 };
            used = 8;
        }

        if (path >= 0)
        {
            ReadOnlySpan<byte> new4 = path4 >= 0 && useNew ? attributes.Slice(_slots[path4].At, _slots[path4].Length) : default;
            int length = As4Merge.Merge(attributes.Slice(_slots[path].At, _slots[path].Length), new4, _path.AsSpan(used));
            _slots[path] = _slots[path] with { Source = ValueSource.Path, At = used, Length = length };
        }

        Drop(AttributeType.As4Path);
        Drop(AttributeType.As4Aggregator);
    }

    private int Find(AttributeType type)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].Type == type) return i;
        }

        return -1;
    }

    private void Drop(AttributeType type)
    {
        int i = Find(type);
        if (i < 0) return;
        _slots.AsSpan(i + 1, _slotCount - i - 1).CopyTo(_slots.AsSpan(i));
        _slotCount--;
    }
}
