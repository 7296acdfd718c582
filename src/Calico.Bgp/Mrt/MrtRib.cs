using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>A route of one peer inside a RIB record (RFC 6396 section 4.3.4, RFC 8050 section 4).</summary>
public readonly ref struct MrtRibEntry
{
    /// <summary>Index into the peer index table.</summary>
    public ushort PeerIndex { get; init; }

    /// <summary>When the route came, in seconds since 1970-01-01 UTC.</summary>
    public uint OriginatedTime { get; init; }

    /// <summary>The path identifier; 0 in records without ADD-PATH.</summary>
    public uint PathId { get; init; }

    /// <summary>Path attributes with four-octet AS numbers; MP_REACH_NLRI mostly in the short form: length and next hop.</summary>
    public ReadOnlySpan<byte> Attributes { get; init; }

    /// <summary>Writes the entry as it stands in <see cref="MrtRib.Entries"/>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="addPath">Whether with path identifier.</param>
    /// <exception cref="ArgumentException">The attributes have more than 65,535 octets.</exception>
    public void WriteTo(IBufferWriter<byte> output, bool addPath = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (Attributes.Length > ushort.MaxValue) throw new ArgumentException($"The attributes have {Attributes.Length} octets; an entry holds 65535.", nameof(output));
        int head = addPath ? 12 : 8;
        Span<byte> target = output.GetSpan(head + Attributes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(target, PeerIndex);
        BinaryPrimitives.WriteUInt32BigEndian(target[2..], OriginatedTime);
        if (addPath) BinaryPrimitives.WriteUInt32BigEndian(target[6..], PathId);
        BinaryPrimitives.WriteUInt16BigEndian(target[(head - 2)..], (ushort)Attributes.Length);
        Attributes.CopyTo(target[head..]);
        output.Advance(head + Attributes.Length);
    }
}

/// <summary>A prefix with the routes that the peers have for it: the RIB records of TABLE_DUMP_V2 (RFC 6396 section 4.3, RFC 8050 section 4).</summary>
public readonly ref struct MrtRib
{
    /// <summary>Number of the record, counted from 0.</summary>
    public uint Sequence { get; init; }

    /// <summary>The family.</summary>
    public Family Family { get; init; }

    /// <summary>The NLRI in wire form.</summary>
    public ReadOnlySpan<byte> NlriOctets { get; init; }

    /// <summary>The NLRI.</summary>
    public Nlri Nlri => new(Family, 0, NlriOctets);

    /// <summary>Whether the record is RIB_GENERIC; families without a subtype of their own always are.</summary>
    public bool IsGeneric { get; init; }

    /// <summary>Whether the entries have path identifiers.</summary>
    public bool AddPath { get; init; }

    /// <summary>How many entries there are.</summary>
    public ushort EntryCount { get; init; }

    /// <summary>The entries in wire form; walk them with <see cref="MrtRibEntryReader"/>.</summary>
    public ReadOnlySpan<byte> Entries { get; init; }

    /// <summary>Walks the entries.</summary>
    /// <returns>A reader at the first.</returns>
    public MrtRibEntryReader ReadEntries() => new(Entries, AddPath);

    /// <summary>Reads the record and checks where each entry ends.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.Rib"/>.</param>
    /// <param name="rib">The fields; valid as long as the record is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is no well-formed RIB record.</returns>
    public static bool TryRead(in MrtRecord record, out MrtRib rib, out MrtError error)
    {
        rib = default;
        string? fault = record.Content == MrtContent.Rib ? Read(record, out rib) : "It is not a RIB record.";
        error = fault is null ? default : record.Fault(fault);
        return fault is null;
    }

    private static string? Read(in MrtRecord record, out MrtRib rib)
    {
        rib = default;
        bool addPath = record.Subtype >= 8, generic = record.Subtype is 6 or 12;
        var cursor = new MrtCursor(record.Body);
        uint sequence = cursor.U32();
        Family family = generic ? new Family(cursor.U16(), cursor.U8()) : MrtSubtypes.RibFamily(record.Subtype);
        ReadOnlySpan<byte> rest = cursor.Rest;
        if (cursor.IsCut || !NlriForm.TryNext(family, ref rest, addPath: false, out _, out ReadOnlySpan<byte> nlri)) return $"The NLRI is malformed, or its family {family} unknown.";
        cursor.Take(nlri.Length);
        ushort count = cursor.U16();
        if (cursor.IsCut) return "The record ends before the entry count.";
        rib = new MrtRib { Sequence = sequence, Family = family, NlriOctets = nlri, IsGeneric = generic, AddPath = addPath, EntryCount = count, Entries = cursor.Rest };
        return rib.TryCountEntries(out int found) && found == count ? null : $"The record claims {count} entries, {found} are well-formed.";
    }

    internal bool TryCountEntries(out int count)
    {
        MrtRibEntryReader entries = ReadEntries();
        count = 0;
        while (entries.TryRead(out _)) count++;
        return !entries.IsMalformed;
    }
}

/// <summary>Walks the entries of a RIB record.</summary>
public ref struct MrtRibEntryReader
{
    private readonly bool _addPath;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first entry.</summary>
    /// <param name="entries">The entries in wire form.</param>
    /// <param name="addPath">Whether each has a path identifier.</param>
    public MrtRibEntryReader(ReadOnlySpan<byte> entries, bool addPath)
    {
        _rest = entries;
        _addPath = addPath;
    }

    /// <summary>Whether the walk ended at octets that are no entry.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next entry.</summary>
    /// <param name="entry">The entry; valid as long as the record is.</param>
    /// <returns>False at the end, or when the rest is malformed.</returns>
    public bool TryRead(out MrtRibEntry entry)
    {
        entry = default;
        if (_rest.IsEmpty) return false;
        var cursor = new MrtCursor(_rest);
        entry = new MrtRibEntry { PeerIndex = cursor.U16(), OriginatedTime = cursor.U32(), PathId = _addPath ? cursor.U32() : 0, Attributes = cursor.Take(cursor.U16()) };
        IsMalformed = cursor.IsCut;
        _rest = cursor.Rest;
        return !cursor.IsCut;
    }
}

internal static class MrtSubtypes
{
    private static readonly Family[] Families = [Family.Ipv4Unicast, Family.Ipv4Multicast, Family.Ipv6Unicast, Family.Ipv6Multicast];

    public static Family RibFamily(int subtype) => Families[subtype >= 8 ? subtype - 8 : subtype - 2];

    public static ushort Rib(Family family, bool generic, bool addPath)
    {
        int index = generic ? -1 : Array.IndexOf(Families, family);
        return (ushort)((index < 0 ? 4 : index) + (addPath ? 8 : 2));
    }
}
