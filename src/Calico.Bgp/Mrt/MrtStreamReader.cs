using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>Reads the records of an MRT file from a stream, one at a time; memory is that of the largest record.</summary>
/// <param name="stream">The records, unpacked; stays open.</param>
/// <param name="maximumRecordLength">Records that claim more octets than this end the reading with an error; 16 MiB unless told.</param>
public sealed class MrtStreamReader(Stream stream, int maximumRecordLength = 16 << 20)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start, _end, _recordLength;
    private long _offset;

    /// <summary>Why reading ended before the end of the stream; no error otherwise.</summary>
    public MrtError Error { get; private set; }

    /// <summary>The record that the last read found; valid until the next read.</summary>
    public MrtRecord Current => _recordLength > 0
        ? new MrtRecord(_buffer.AsSpan(_start, _recordLength), _offset)
        : throw new InvalidOperationException("There is no record: the last read returned false, or there was none.");

    /// <summary>Goes to the next record.</summary>
    /// <returns>False at the end, or where no whole record follows: then <see cref="Error"/> says why.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool Read()
    {
        Advance();
        while (true)
        {
            if (Found() is bool found) return found;
            int count = stream.Read(Free());
            if (count == 0) return AtEnd();
            _end += count;
        }
    }

    /// <summary>Goes to the next record.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False at the end, or where no whole record follows: then <see cref="Error"/> says why.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellation = default)
    {
        Advance();
        while (true)
        {
            if (Found() is bool found) return found;
            int count = await stream.ReadAsync(FreeMemory(), cancellation).ConfigureAwait(false);
            if (count == 0) return AtEnd();
            _end += count;
        }
    }

    private void Advance()
    {
        _start += _recordLength;
        _offset += _recordLength;
        _recordLength = 0;
    }

    /// <summary>True or false when that is settled, null when more octets are needed.</summary>
    private bool? Found()
    {
        if (Error.IsError) return false;
        int there = _end - _start;
        if (there < MrtRecord.HeaderLength) return null;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 8));
        if (length > maximumRecordLength)
        {
            Error = new MrtError(_offset, $"The record claims {length} octets, more than the {maximumRecordLength} allowed.");
            return false;
        }

        if (length > there - MrtRecord.HeaderLength) return null;
        _recordLength = MrtRecord.HeaderLength + (int)length;
        return true;
    }

    private bool AtEnd()
    {
        int there = _end - _start;
        if (there == 0) return false;
        Error = there < MrtRecord.HeaderLength
            ? MrtFaults.CutHeader(_offset, there)
            : MrtFaults.CutBody(_offset, BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 8)), there - MrtRecord.HeaderLength);
        return false;
    }

    private Span<byte> Free() => FreeMemory().Span;

    // Grows with what has come, not with what a length field claims.
    private Memory<byte> FreeMemory()
    {
        if (_end == _buffer.Length)
        {
            int there = _end - _start;
            byte[] target = there > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
            _buffer.AsSpan(_start, there).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, there);
        }

        return _buffer.AsMemory(_end);
    }
}
