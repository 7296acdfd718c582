using System.Buffers;

namespace Calico.Bgp;

/// <summary>Fills shared buffers with messages, cut into runs that go to the same readers.</summary>
internal sealed class OutputWriter : IBufferWriter<byte>
{
    private const int BufferSize = 256 * 1024;
    private OutputBuffer? _buffer;
    private int _start;
    private int _end;

    /// <summary>Octets in the current run.</summary>
    public int RunLength => _end - _start;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_buffer is null || _end + sizeHint > _buffer.Array.Length) throw new InvalidOperationException("The run was not prepared for a message of this size.");
        return _buffer.Array.AsSpan(_end);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _buffer!.Array.AsMemory(_end);

    public void Advance(int count) => _end += count;

    /// <summary>Whether a message of this size fits the buffer; when not, the run has to be taken first.</summary>
    public bool HasRoom(int size) => _buffer is not null && _end + size <= _buffer.Array.Length;

    /// <summary>Makes room for a message; the current run must be empty or have room.</summary>
    public void Prepare(int size)
    {
        if (HasRoom(size)) return;
        _buffer?.Release();
        _buffer = new OutputBuffer(Math.Max(BufferSize, size));
        _start = _end = 0;
    }

    /// <summary>Ends the run; null when it is empty. The caller holds one reference.</summary>
    public OutgoingBytes? TakeRun()
    {
        if (_buffer is null || _start == _end) return null;
        _buffer.AddReference();
        var run = new OutgoingBytes(_buffer, _start, _end - _start);
        _start = _end;
        return run;
    }

    /// <summary>Lets the buffer go, so that an idle speaker holds none.</summary>
    public void Trim()
    {
        _buffer?.Release();
        _buffer = null;
        _start = _end = 0;
    }

    /// <summary>One message on its own.</summary>
    public static OutgoingBytes Single(int size, Action<IBufferWriter<byte>> write)
    {
        var writer = new OutputWriter { _buffer = new OutputBuffer(size) };
        write(writer);
        return new OutgoingBytes(writer._buffer, 0, writer._end);
    }
}
