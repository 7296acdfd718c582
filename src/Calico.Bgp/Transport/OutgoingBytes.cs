using System.Buffers;

namespace Calico.Bgp;

/// <summary>Whole messages ready to be written to a connection; several connections may share them.</summary>
/// <remarks>The transport calls <see cref="Release"/> once for each time it was given the bytes, after they are written or dropped.</remarks>
public sealed class OutgoingBytes
{
    private readonly OutputBuffer _buffer;
    private readonly int _offset;

    internal OutgoingBytes(OutputBuffer buffer, int offset, int length)
    {
        _buffer = buffer;
        _offset = offset;
        Length = length;
    }

    /// <summary>Number of octets.</summary>
    public int Length { get; }

    /// <summary>The messages; valid until released.</summary>
    public ReadOnlyMemory<byte> Memory => new(_buffer.Array, _offset, Length);

    internal ArraySegment<byte> Segment => new(_buffer.Array, _offset, Length);

    internal void AddReference() => _buffer.AddReference();

    /// <summary>Gives the bytes back.</summary>
    public void Release() => _buffer.Release();
}

/// <summary>A pooled array that returns to its pool with its last user.</summary>
internal sealed class OutputBuffer(int size)
{
    private int _references = 1;

    public byte[] Array { get; } = ArrayPool<byte>.Shared.Rent(size);

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0) ArrayPool<byte>.Shared.Return(Array);
    }
}
