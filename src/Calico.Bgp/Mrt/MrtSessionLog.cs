using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>Turns what happens on sessions into BGP4MP records.</summary>
internal sealed class MrtSessionLog(BgpCore core, bool includeSent, Action<DateTimeOffset, byte[]> take) : ISessionMonitor
{
    private readonly ArrayBufferWriter<byte> _record = new();

    public void Up(Session session)
    {
    }

    public void Down(Session session, BgpEvent cause, BgpError error)
    {
    }

    public void Flushed()
    {
    }

    public void StateChanged(Session session, BgpState before, BgpState after)
    {
        DateTimeOffset now = Begin(out MrtWriter writer, out MrtTimestamp timestamp);
        writer.Write(timestamp, new MrtStateChange { Session = SessionOf(session, fourOctets: true), OldState = Number(before), NewState = Number(after) });
        take(now, _record.WrittenSpan.ToArray());
    }

    public void Received(Session session, ReadOnlySpan<byte> message) => Write(session, message, isLocal: false);

    public void Sent(Session session, ReadOnlySpan<byte> messages)
    {
        while (includeSent && MessageFrame.TryRead(messages, MessageFrame.ExtendedMaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
        {
            Write(session, message.Raw, isLocal: true);
            messages = messages[message.Raw.Length..];
        }
    }

    private void Write(Session session, ReadOnlySpan<byte> message, bool isLocal)
    {
        bool isUpdate = message[18] == (byte)MessageType.Update;
        DateTimeOffset now = Begin(out MrtWriter writer, out MrtTimestamp timestamp);
        writer.Write(timestamp, new MrtMessage
        {
            // Before it is settled, and in messages without an AS path, the wide form loses nothing.
            Session = SessionOf(session, fourOctets: !isUpdate || session.FourOctetAsn),
            IsLocal = isLocal,
            AddPath = isUpdate && FamilyOf(message[MessageFrame.HeaderLength..]) is { } family && (isLocal ? session.SendsPaths(family) : session.ReceivesPaths(family)),
            Message = message,
        });
        take(now, _record.WrittenSpan.ToArray());
    }

    private DateTimeOffset Begin(out MrtWriter writer, out MrtTimestamp timestamp)
    {
        DateTimeOffset now = core.Timers.Time.GetUtcNow();
        timestamp = MrtTimestamp.From(now, extended: true);
        _record.ResetWrittenCount();
        writer = new MrtWriter(_record);
        return now;
    }

    private MrtSession SessionOf(Session session, bool fourOctets)
    {
        Neighbor neighbor = session.Neighbor;
        Asn peer = session.RemoteAsn.Value != 0 ? session.RemoteAsn : neighbor.Options.Asn ?? new Asn(0), local = core.LocalAsnFor(neighbor);
        return new MrtSession
        {
            PeerAsn = fourOctets || peer.Is2Octet ? peer : Asn.Trans,
            LocalAsn = fourOctets || local.Is2Octet ? local : Asn.Trans,
            PeerAddress = neighbor.Address,
            LocalAddress = BgpCore.Normalize(session.Connection.LocalEndPoint.Address),
            FourOctetAsn = fourOctets,
        };
    }

    /// <summary>RFC 6396 section 4.4.1 counts from 1.</summary>
    private static ushort Number(BgpState state) => (ushort)(state + 1);

    private static Family? FamilyOf(ReadOnlySpan<byte> body)
    {
        if (!UpdateReader.TryRead(body, out UpdateReader update, out _)) return null;
        if (!update.Nlri.IsEmpty || !update.Withdrawn.IsEmpty) return Family.Ipv4Unicast;
        var attributes = new AttributeReader(update.Attributes);
        while (attributes.TryRead(out PathAttribute attribute))
        {
            if (attribute.Type is AttributeType.MpReachNlri or AttributeType.MpUnreachNlri && attribute.Value.Length >= 3)
                return new Family(BinaryPrimitives.ReadUInt16BigEndian(attribute.Value), attribute.Value[2]);
        }

        return null;
    }
}
