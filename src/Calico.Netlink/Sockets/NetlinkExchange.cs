namespace Calico.Netlink;

/// <summary>One batch on its way: which part was sent, which answers are outstanding, which requests failed.</summary>
internal sealed class NetlinkExchange(NetlinkConnection connection, NetlinkBatch batch, NetlinkReplyHandler? onReply)
{
    private List<NetlinkRequestError>? _errors;
    private int _first;
    private int _next;
    private int _outstanding;
    private uint _firstSequence;
    private bool _interrupted;

    public bool RepliesLost { get; set; }

    public bool IsAnswered => _outstanding <= 0;

    public int PartCount => _next - _first;

    public ReadOnlySpan<byte> Part => batch.WrittenSpan[batch.OffsetOf(_first)..batch.OffsetOf(_next)];

    public NetlinkBatchResult Result => new(_errors, _interrupted, RepliesLost);

    /// <summary>Cuts the next part off the batch and numbers its requests; false when all is sent.</summary>
    public bool Next(NetlinkSend send, int maximumMessages, int maximumBytes)
    {
        if (_next == batch.Count) return false;
        _first = _next;
        _next = send == NetlinkSend.Whole ? batch.Count : EndOfPart(maximumMessages, maximumBytes);
        _firstSequence = connection.TakeSequences(PartCount);
        _outstanding = 0;
        for (int i = _first; i < _next; i++)
        {
            batch.SetSequence(i, _firstSequence + (uint)(i - _first), connection.PortId);
            NetlinkFlags flags = batch.FlagsOf(i);
            if (i == _next - 1 && send == NetlinkSend.InParts && !IsDump(flags))
                batch.AddFlags(i, flags = flags | NetlinkFlags.Ack);
            if (IsAnsweredAlways(flags)) _outstanding++;
        }

        return true;
    }

    public void Take(ReadOnlySpan<byte> datagram)
    {
        NetlinkMessageReader messages = new(datagram);
        while (messages.MoveNext())
        {
            NetlinkMessage message = messages.Current;
            uint request = message.Sequence - _firstSequence;
            if (request >= (uint)PartCount || message.PortId != connection.PortId) continue;
            if ((message.Flags & NetlinkFlags.DumpInterrupted) != 0) _interrupted = true;
            switch (message.Type)
            {
                case NetlinkControl.NoOp: break;
                case NetlinkControl.Overrun: RepliesLost = true; break;
                case NetlinkControl.Error or NetlinkControl.Done: TakeEnd(_first + (int)request, message); break;
                default: onReply?.Invoke(_first + (int)request, message); break;
            }
        }

        RepliesLost |= messages.IsMalformed;
    }

    private void TakeEnd(int index, in NetlinkMessage message)
    {
        bool decoded = NetlinkError.TryDecode(message, out NetlinkError error);
        if (!decoded) RepliesLost = true;
        if (message.Type == NetlinkControl.Done || IsAnsweredAlways(batch.FlagsOf(index))) _outstanding--;
        if (error.Code == Errno.None) return;
        (string operation, string? attribute) = AttributeNames.Locate(connection.Protocol, batch[index], error);
        (_errors ??= []).Add(new NetlinkRequestError(index, operation, error, attribute));
    }

    private int EndOfPart(int maximumMessages, int maximumBytes)
    {
        int end = Math.Min(_first + maximumMessages, batch.Count);
        int start = batch.OffsetOf(_first);
        while (end > _first + 1 && batch.OffsetOf(end) - start > maximumBytes) end--;
        return end;
    }

    private static bool IsAnsweredAlways(NetlinkFlags flags) => (flags & NetlinkFlags.Ack) != 0 || IsDump(flags);

    // In new requests the same bits mean replace and exclusive, which only make sense together with create.
    private static bool IsDump(NetlinkFlags flags) => (flags & (NetlinkFlags.Dump | NetlinkFlags.Create)) == NetlinkFlags.Dump;
}
