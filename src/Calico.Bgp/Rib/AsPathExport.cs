using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>AS_PATH, and what goes with it for two-octet neighbours, on the way out.</summary>
internal static class AsPathExport
{
    /// <summary>Writes AS_PATH with its header.</summary>
    public static int Write(Span<byte> destination, ExportProfile profile, PathSource source, ReadOnlySpan<byte> path)
    {
        Span<byte> four = path.Length < 1024 ? stackalloc byte[2048] : new byte[path.Length + 64];
        int length = Edit(profile, path, four);
        if (profile.FourOctetAsn) return AttributeWriter.Write(destination, AttributeFlags.Transitive, AttributeType.AsPath, four[..length]);
        Span<byte> two = length < 1024 ? stackalloc byte[1024] : new byte[length];
        return AttributeWriter.Write(destination, AttributeFlags.Transitive, AttributeType.AsPath, two[..Narrow(four[..length], two)]);
    }

    /// <summary>AS4_PATH and AS4_AGGREGATOR where the two-octet forms lose something (RFC 6793 section 4.2.2).</summary>
    public static int WriteAs4(Span<byte> destination, ExportProfile profile, PathSource source, PathAttributes attributes)
    {
        ReadOnlySpan<byte> path = attributes.AsPathOctets;
        Span<byte> four = path.Length < 1024 ? stackalloc byte[2048] : new byte[path.Length + 64];
        int length = Edit(profile, path, four);
        int at = 0;
        if (HasLarge(four[..length]))
        {
            Span<byte> plain = length < 1024 ? stackalloc byte[1024] : new byte[length];
            int plainLength = AsPathEdit.WithoutConfed(four[..length], plain);
            at += AttributeWriter.Write(destination, AttributeFlags.Optional | AttributeFlags.Transitive, AttributeType.As4Path, plain[..plainLength]);
        }

        if (attributes.TryGet(AttributeType.Aggregator, out _, out ReadOnlySpan<byte> aggregator) && BinaryPrimitives.ReadUInt32BigEndian(aggregator) > ushort.MaxValue)
            at += AttributeWriter.Write(destination[at..], AttributeFlags.Optional | AttributeFlags.Transitive, AttributeType.As4Aggregator, aggregator);
        return at;
    }

    public static int WriteAggregator(Span<byte> destination, in PathAttribute aggregator)
    {
        Span<byte> value = stackalloc byte[6];
        uint asn = BinaryPrimitives.ReadUInt32BigEndian(aggregator.Value);
        BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)(asn <= ushort.MaxValue ? asn : Asn.Trans.Value));
        aggregator.Value.Slice(4, 4).CopyTo(value[2..]);
        return AttributeWriter.Write(destination, aggregator.Flags, AttributeType.Aggregator, value);
    }

    private static int Edit(ExportProfile profile, ReadOnlySpan<byte> path, Span<byte> destination)
    {
        if (profile.Kind is PeerKind.Internal or PeerKind.Client || profile.RouteServer)
        {
            path.CopyTo(destination);
            return path.Length;
        }

        if (profile.Kind == PeerKind.ConfedExternal) return AsPathEdit.Prepend(path, profile.LocalAsn, (byte)AsPathSegmentType.ConfedSequence, destination);
        if (AsPathWire.HasConfedSegment(path))
        {
            var plain = new byte[path.Length];
            path = plain.AsSpan(0, AsPathEdit.WithoutConfed(path, plain));
        }

        if (profile.RemovePrivateAs)
        {
            var kept = new byte[path.Length];
            path = kept.AsSpan(0, AsPathEdit.WithoutPrivate(path, kept));
        }

        int total = AsPathEdit.Prepend(path, profile.ConfederationId ?? profile.LocalAsn, (byte)AsPathSegmentType.Sequence, destination);
        if (profile.AsOverride is uint theirs) AsPathEdit.Replace(destination[..total], theirs, profile.ConfederationId ?? profile.LocalAsn);
        return total;
    }

    private static bool HasLarge(ReadOnlySpan<byte> path)
    {
        while (AsPathWire.TryReadSegment(ref path, out _, out ReadOnlySpan<byte> numbers))
        {
            for (int i = 0; i < numbers.Length; i += 4)
            {
                if (BinaryPrimitives.ReadUInt32BigEndian(numbers[i..]) > ushort.MaxValue) return true;
            }
        }

        return false;
    }

    private static int Narrow(ReadOnlySpan<byte> path, Span<byte> destination)
    {
        int at = 0;
        while (AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers))
        {
            destination[at] = type;
            destination[at + 1] = (byte)(numbers.Length / 4);
            at += 2;
            for (int i = 0; i < numbers.Length; i += 4, at += 2)
            {
                uint asn = BinaryPrimitives.ReadUInt32BigEndian(numbers[i..]);
                BinaryPrimitives.WriteUInt16BigEndian(destination[at..], (ushort)(asn <= ushort.MaxValue ? asn : Asn.Trans.Value));
            }
        }

        return at;
    }
}
