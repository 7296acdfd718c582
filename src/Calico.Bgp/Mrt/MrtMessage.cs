using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>A BGP message of a session: the BGP4MP_MESSAGE subtypes, and those of the deprecated type BGP (RFC 6396 section 4.4, RFC 8050 section 3).</summary>
public readonly ref struct MrtMessage
{
    /// <summary>The session.</summary>
    public MrtSession Session { get; init; }

    /// <summary>Whether the collector sent the message, rather than received it (the LOCAL subtypes).</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether NLRI have path identifiers (the ADDPATH subtypes).</summary>
    public bool AddPath { get; init; }

    /// <summary>The message with its header; empty in the deprecated type BGP, which has none.</summary>
    public ReadOnlySpan<byte> Message { get; init; }

    /// <summary>The kind of the message.</summary>
    public MessageType Type { get; private init; }

    /// <summary>The message after its header.</summary>
    public ReadOnlySpan<byte> Body { get; private init; }

    /// <summary>Reads the record. The message's content is not looked at.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.Message"/>.</param>
    /// <param name="message">The fields; valid as long as the record is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is malformed.</returns>
    public static bool TryRead(in MrtRecord record, out MrtMessage message, out MrtError error)
    {
        message = default;
        string? fault = record.Content != MrtContent.Message ? "It holds no BGP message."
            : record.Type == MrtType.Bgp ? ReadLegacy(record, out message)
            : Read(record, out message);
        error = fault is null ? default : record.Fault(fault);
        return fault is null;
    }

    private static string? Read(in MrtRecord record, out MrtMessage message)
    {
        message = default;
        var cursor = new MrtCursor(record.Body);
        MrtSession session = MrtSession.Read(ref cursor, record.Subtype is 4 or 7 or 9 or 11, out string? fault);
        if (fault is not null) return fault;
        ReadOnlySpan<byte> raw = cursor.Rest;
        if (raw.Length < MessageFrame.HeaderLength) return $"The BGP message has {raw.Length} octets, less than a header.";
        int length = BinaryPrimitives.ReadUInt16BigEndian(raw[16..]);
        if (length < MessageFrame.HeaderLength || length > raw.Length) return $"The BGP message claims {length} octets, {raw.Length} are there.";
        message = new MrtMessage
        {
            Session = session,
            IsLocal = record.Subtype is 6 or 7 or 10 or 11,
            AddPath = record.Subtype >= 8,
            Message = raw,
            Type = (MessageType)raw[18],
            Body = raw[MessageFrame.HeaderLength..length],
        };
        return null;
    }

    private static string? ReadLegacy(in MrtRecord record, out MrtMessage message)
    {
        var cursor = new MrtCursor(record.Body);
        MrtSession session = MrtSession.ReadLegacyPeer(ref cursor) with { LocalAsn = cursor.U16(), LocalAddress = cursor.Address(v6: false) };
        message = new MrtMessage
        {
            Session = session,
            Type = record.Subtype switch { 1 => MessageType.Update, 5 => MessageType.Open, 6 => MessageType.Notification, _ => MessageType.Keepalive },
            Body = cursor.Rest,
        };
        return cursor.IsCut ? "The session header is cut off." : null;
    }

    /// <summary>Whether an NLRI field of the message has path identifiers: <see cref="AddPath"/> says so, or the octets make no sense without and are well-formed with them.</summary>
    /// <param name="family">The field's family.</param>
    /// <param name="nlri">The NLRI, or withdrawn, field.</param>
    /// <returns>What to give to <see cref="NlriReader"/>.</returns>
    /// <remarks>Writers older than RFC 8050 record ADD-PATH sessions under the plain subtypes. Without path identifiers such fields are malformed, or begin with 0.0.0.0/0 twice.</remarks>
    public bool HasPathIds(Family family, ReadOnlySpan<byte> nlri) =>
        AddPath || ((nlri is [0, 0, ..] || !NlriForm.IsWellFormed(family, nlri, addPath: false)) && NlriForm.IsWellFormed(family, nlri, addPath: true));

    internal ushort Subtype => (Session.FourOctetAsn, IsLocal, AddPath) switch
    {
        (false, false, false) => 1,
        (true, false, false) => 4,
        (false, true, false) => 6,
        (true, true, false) => 7,
        (false, false, true) => 8,
        (true, false, true) => 9,
        (false, true, true) => 10,
        (true, true, true) => 11,
    };
}
