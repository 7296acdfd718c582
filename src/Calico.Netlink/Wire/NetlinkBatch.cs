using System.Runtime.CompilerServices;

namespace Calico.Netlink;

/// <summary>A growing buffer of requests that are sent together. Reuse one batch by <see cref="Clear"/>: it then allocates nothing. Not thread-safe.</summary>
public sealed class NetlinkBatch
{
    private byte[] _buffer;
    private int[] _offsets = new int[16];
    private int _length;

    /// <summary>An empty batch.</summary>
    /// <param name="capacity">Bytes to start with; the buffer grows as needed up to 2 GiB.</param>
    /// <param name="order">The order of host-order fields; the machine's own unless the bytes are for elsewhere.</param>
    public NetlinkBatch(int capacity = 4096, NetlinkByteOrder order = NetlinkByteOrder.Host)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(capacity, 256));
        Swap = NetlinkWire.MustSwap(order);
    }

    /// <summary>The number of messages.</summary>
    public int Count { get; private set; }

    /// <summary>The size of all messages in bytes.</summary>
    public int Length => _length;

    /// <summary>All messages as they go to the kernel.</summary>
    public ReadOnlySpan<byte> WrittenSpan
    {
        get
        {
            Seal();
            return _buffer.AsSpan(0, _length);
        }
    }

    /// <summary>Message <paramref name="index"/> with its header, in the order it was begun.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            Seal();
            return _buffer.AsSpan(_offsets[index]..OffsetOf(index + 1));
        }
    }

    internal bool Swap { get; }

    /// <summary>Empties the batch and keeps its buffer.</summary>
    public void Clear()
    {
        Count = 0;
        _length = 0;
    }

    /// <summary>Begins a message; it ends where the next one begins. NLM_F_REQUEST is added; sequence and port are filled in when the batch is sent.</summary>
    /// <param name="type">nlmsg_type.</param>
    /// <param name="flags">nlmsg_flags besides NLM_F_REQUEST.</param>
    public NetlinkMessageWriter Begin(ushort type, NetlinkFlags flags = NetlinkFlags.None)
    {
        StartMessage();
        Span<byte> header = Reserve(NetlinkMessage.HeaderLength);
        NetlinkWire.WriteUInt32(header, 0, Swap);
        NetlinkWire.WriteUInt16(header[4..], type, Swap);
        NetlinkWire.WriteUInt16(header[6..], (ushort)(flags | NetlinkFlags.Request), Swap);
        header[8..].Clear();
        return new NetlinkMessageWriter(this);
    }

    /// <summary>Begins a NETLINK_NETFILTER message with its <c>struct nfgenmsg</c>.</summary>
    /// <param name="subsystem">NFNL_SUBSYS_*.</param>
    /// <param name="type">The subsystem's message type.</param>
    /// <param name="flags">nlmsg_flags besides NLM_F_REQUEST.</param>
    /// <param name="family">nfgen_family (NFPROTO_*).</param>
    /// <param name="resourceId">res_id; sent in network order.</param>
    public NetlinkMessageWriter BeginNetfilter(byte subsystem, byte type, NetlinkFlags flags, byte family, ushort resourceId = 0)
    {
        NetlinkMessageWriter message = Begin((ushort)(subsystem << 8 | type), flags);
        message.PutUInt8(family);
        message.PutUInt8(0);
        message.PutUInt16BigEndian(resourceId);
        return message;
    }

    /// <summary>Appends messages that are encoded already, for example recorded ones.</summary>
    /// <exception cref="ArgumentException">The bytes are not a whole number of messages.</exception>
    public void Append(ReadOnlySpan<byte> messages)
    {
        while (!messages.IsEmpty)
        {
            uint length = messages.Length >= NetlinkMessage.HeaderLength ? NetlinkWire.ReadUInt32(messages, Swap) : 0;
            if (length < NetlinkMessage.HeaderLength || length > (uint)messages.Length)
                throw new ArgumentException($"The bytes end inside a message ({messages.Length} bytes left).", nameof(messages));
            StartMessage();
            int padded = NetlinkWire.Align((int)length);
            Span<byte> copy = Reserve(padded);
            messages[..(int)length].CopyTo(copy);
            copy[(int)length..].Clear();
            messages = messages[Math.Min(padded, messages.Length)..];
        }
    }

    /// <summary>Drops the message that was begun last.</summary>
    /// <exception cref="InvalidOperationException">The batch is empty.</exception>
    public void RemoveLast()
    {
        if (Count == 0) throw new InvalidOperationException("The batch is empty.");
        _length = _offsets[--Count];
    }

    internal int OffsetOf(int index) => index == Count ? _length : _offsets[index];

    internal NetlinkFlags FlagsOf(int index) => (NetlinkFlags)NetlinkWire.ReadUInt16(_buffer.AsSpan(_offsets[index] + 6), Swap);

    internal void AddFlags(int index, NetlinkFlags flags) =>
        NetlinkWire.WriteUInt16(_buffer.AsSpan(_offsets[index] + 6), (ushort)(FlagsOf(index) | flags), Swap);

    internal void SetSequence(int index, uint sequence, uint portId)
    {
        Span<byte> at = _buffer.AsSpan(_offsets[index] + 8, 8);
        NetlinkWire.WriteUInt32(at, sequence, Swap);
        NetlinkWire.WriteUInt32(at[4..], portId, Swap);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Reserve(int count)
    {
        int start = _length;
        if (count > _buffer.Length - start) Grow(count);
        _length = start + count;
        return _buffer.AsSpan(start, count);
    }

    internal Span<byte> At(int offset, int count) => _buffer.AsSpan(offset, count);

    private void StartMessage()
    {
        Seal();
        Reserve(NetlinkWire.Align(_length) - _length).Clear();
        if (Count == _offsets.Length) Array.Resize(ref _offsets, _offsets.Length * 2);
        _offsets[Count++] = _length;
    }

    private void Seal()
    {
        if (Count == 0) return;
        int start = _offsets[Count - 1];
        NetlinkWire.WriteUInt32(_buffer.AsSpan(start), (uint)(_length - start), Swap);
    }

    private void Grow(int count)
    {
        long wanted = Math.Max((long)_length + count, Math.Min(2L * _buffer.Length, Array.MaxLength));
        if (wanted > Array.MaxLength) throw new InvalidOperationException($"A batch holds at most {Array.MaxLength} bytes.");
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)wanted);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        _buffer = larger;
    }
}
