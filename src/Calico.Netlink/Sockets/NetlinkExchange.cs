namespace Calico.Netlink;

/// <summary>One batch on its way: which part was sent, which answers are outstanding, which requests failed.</summary>
internal sealed class NetlinkExchange(NetlinkConnection connection)
{
    private NetlinkBatch _batch = null!;
    private NetlinkReplyHandler? _onReply;
    private List<NetlinkRequestError>? _errors;
    private int _first;
    private int _next;
    private int _outstanding;
    private uint _firstSequence;
    private bool _interrupted;

    public bool RepliesLost { get; set; }

    /// <summary>Begins anew: a connection has one exchange at a time, so one object serves them all.</summary>
    public void Begin(NetlinkBatch batch, NetlinkReplyHandler? onReply)
    {
        (_batch, _onReply, _errors) = (batch, onReply, null);
        (_first, _next, _outstanding) = (0, 0, 0);
        (_interrupted, RepliesLost) = (false, false);
    }

    /// <summary>Lets go of the caller's objects.</summary>
    public void End() => (_batch, _onReply, _errors) = (null!, null, null);

    public bool IsAnswered => _outstanding <= 0;

    public int PartCount => _next - _first;

    public ReadOnlySpan<byte> Part => _batch.WrittenSpan[_batch.OffsetOf(_first).._batch.OffsetOf(_next)];

    public NetlinkBatchResult Result => new(_errors, _interrupted, RepliesLost);

    /// <summary>Cuts the next part off the _batch and numbers its requests; false when all is sent.</summary>
    public bool Next(NetlinkSend send, int maximumMessages, int maximumBytes)
    {
        if (_next == _batch.Count) return false;
        _first = _next;
        _next = send == NetlinkSend.Whole ? _batch.Count : EndOfPart(maximumMessages, maximumBytes);
        _firstSequence = connection.TakeSequences(PartCount);
        _outstanding = 0;
        for (int i = _first; i < _next; i++)
        {
            _batch.SetSequence(i, _firstSequence + (uint)(i - _first), connection.PortId);
            NetlinkFlags flags = _batch.FlagsOf(i);
            if (i == _next - 1 && send == NetlinkSend.InParts && !IsDump(flags))
                _batch.AddFlags(i, flags = flags | NetlinkFlags.Ack);
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
                default: _onReply?.Invoke(_first + (int)request, message); break;
            }
        }

        RepliesLost |= messages.IsMalformed;
    }

    private void TakeEnd(int index, in NetlinkMessage message)
    {
        bool decoded = NetlinkError.TryDecode(message, out NetlinkError error);
        if (!decoded) RepliesLost = true;
        if (message.Type == NetlinkControl.Done || IsAnsweredAlways(_batch.FlagsOf(index))) _outstanding--;
        if (error.Code == Errno.None) return;
        (string operation, string? attribute) = AttributeNames.Locate(connection.Protocol, _batch[index], error);
        (_errors ??= []).Add(new NetlinkRequestError(index, operation, error, attribute));
    }

    private int EndOfPart(int maximumMessages, int maximumBytes)
    {
        int end = Math.Min(_first + maximumMessages, _batch.Count);
        int start = _batch.OffsetOf(_first);
        while (end > _first + 1 && _batch.OffsetOf(end) - start > maximumBytes) end--;
        return end;
    }

    private static bool IsAnsweredAlways(NetlinkFlags flags) => (flags & NetlinkFlags.Ack) != 0 || IsDump(flags);

    // In new requests the same bits mean replace and exclusive, which only make sense together with create.
    private static bool IsDump(NetlinkFlags flags) => (flags & (NetlinkFlags.Dump | NetlinkFlags.Create)) == NetlinkFlags.Dump;
}
