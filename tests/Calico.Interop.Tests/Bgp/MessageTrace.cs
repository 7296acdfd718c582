using System.Collections.Concurrent;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>Counts the messages of a speaker and remembers the last ones.</summary>
internal sealed class MessageTrace
{
    private const int Remembered = 12, Width = 300;
    private readonly ConcurrentQueue<string> _last = [];
    private readonly ConcurrentDictionary<(bool Sent, MessageType Type), int> _counts = [];

    public MessageTrace(BgpSpeaker speaker) => speaker.Tracer = (in trace) =>
    {
        foreach (string line in trace.ToString().Split('\n'))
        {
            _last.Enqueue(line.Length > Width ? line[..Width] : line);
            if (_last.Count > Remembered) _last.TryDequeue(out _);
        }

        ReadOnlySpan<byte> messages = trace.Messages;
        while (MessageFrame.TryRead(messages, MessageFrame.ExtendedMaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
        {
            _counts.AddOrUpdate((trace.IsSent, message.Type), 1, static (_, count) => count + 1);
            messages = messages[message.Raw.Length..];
        }
    };

    public int Received(MessageType type) => _counts.GetValueOrDefault((false, type));

    public int Sent(MessageType type) => _counts.GetValueOrDefault((true, type));

    /// <summary>The last messages as text.</summary>
    public override string ToString() => string.Join('\n', _last);
}
