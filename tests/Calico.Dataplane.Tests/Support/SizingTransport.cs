using Calico.Netlink;

namespace Calico.Dataplane.Tests.Support;

/// <summary>Takes everything, acknowledges what asks for it, and counts the bytes.</summary>
internal sealed class SizingTransport : INetlinkTransport
{
    private const int HeaderLength = 16, Acknowledge = 4, ErrorType = 2;
    private readonly Queue<byte[]> _replies = [];

    public long Bytes { get; private set; }

    public uint PortId => 1;

    public int MaximumSendBytes => 1 << 28;

    public int MaximumPendingReplies => 100_000;

    public Errno Send(ReadOnlySpan<byte> messages)
    {
        Bytes += messages.Length;
        while (messages.Length >= HeaderLength)
        {
            int length = (int)BitConverter.ToUInt32(messages);
            if ((BitConverter.ToUInt16(messages[6..]) & Acknowledge) != 0)
            {
                byte[] reply = new byte[HeaderLength + 4 + HeaderLength];
                BitConverter.TryWriteBytes(reply, reply.Length);
                BitConverter.TryWriteBytes(reply.AsSpan(4), (ushort)ErrorType);
                messages.Slice(8, 8).CopyTo(reply.AsSpan(8));
                messages[..HeaderLength].CopyTo(reply.AsSpan(HeaderLength + 4));
                _replies.Enqueue(reply);
            }

            messages = messages[Math.Min(messages.Length, (length + 3) & ~3)..];
        }

        return Errno.None;
    }

    public int TryReceive(Span<byte> buffer)
    {
        if (!_replies.TryDequeue(out byte[]? reply)) return -11; // EAGAIN
        reply.CopyTo(buffer);
        return reply.Length;
    }

    public ValueTask WaitForDataAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public Errno Join(uint group) => Errno.None;

    public void Dispose()
    {
    }
}
