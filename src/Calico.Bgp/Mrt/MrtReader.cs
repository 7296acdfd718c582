using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>Walks the records of an MRT file in memory (RFC 6396); never throws on what the file holds.</summary>
public ref struct MrtReader
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly long _start;
    private int _at;

    /// <summary>Starts at the first record.</summary>
    /// <param name="file">The records, unpacked.</param>
    /// <param name="offset">Where in its file the span starts; <see cref="MrtRecord.Offset"/> counts from there.</param>
    public MrtReader(ReadOnlySpan<byte> file, long offset = 0)
    {
        _file = file;
        _start = offset;
    }

    /// <summary>Why the walk ended before the end of the file; no error otherwise.</summary>
    public MrtError Error { get; private set; }

    /// <summary>Takes the next record.</summary>
    /// <param name="record">The record; valid as long as the file's memory is.</param>
    /// <returns>False at the end, or where the rest is no whole record: then <see cref="Error"/> says why.</returns>
    public bool TryRead(out MrtRecord record)
    {
        record = default;
        ReadOnlySpan<byte> rest = _file[_at..];
        if (rest.IsEmpty || Error.IsError) return false;
        if (rest.Length < MrtRecord.HeaderLength)
        {
            Error = MrtFaults.CutHeader(_start + _at, rest.Length);
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest[8..]);
        if (length > rest.Length - MrtRecord.HeaderLength)
        {
            Error = MrtFaults.CutBody(_start + _at, length, rest.Length - MrtRecord.HeaderLength);
            return false;
        }

        record = new MrtRecord(rest[..(MrtRecord.HeaderLength + (int)length)], _start + _at);
        _at += record.Raw.Length;
        return true;
    }
}

internal static class MrtFaults
{
    public static MrtError CutHeader(long offset, int there) => new(offset, $"The header has {MrtRecord.HeaderLength} octets, {there} are there.");

    public static MrtError CutBody(long offset, uint length, int there) => new(offset, $"The record claims {length} octets, {there} are there.");
}
