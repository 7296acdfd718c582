using System.Buffers.Binary;
using System.Net;
using Calico.Bgp.Mrt;

namespace Calico.Bgp.Bmp;

/// <summary>Route Monitoring: an UPDATE of a peer's table (RFC 7854 section 4.6).</summary>
public readonly ref struct BmpRouteMonitoring
{
    /// <summary>The peer and table.</summary>
    public BmpPeer Peer { get; init; }

    /// <summary>The UPDATE with its header.</summary>
    public ReadOnlySpan<byte> Update { get; init; }

    /// <summary>Reads the message; what is in the UPDATE is not looked at.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.RouteMonitoring"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpRouteMonitoring message, out BmpError error)
    {
        message = default;
        if (!BmpBody.TryReadPeer(frame, BmpMessageType.RouteMonitoring, out MrtCursor cursor, out BmpPeer peer, out error)) return false;
        if (!BmpBody.TryTakeBgp(ref cursor, MessageType.Update, out ReadOnlySpan<byte> update, out error)) return false;
        if (!BmpBody.IsAtEnd(cursor, out error)) return false;
        message = new BmpRouteMonitoring { Peer = peer, Update = update };
        return true;
    }
}

/// <summary>Peer Up: a session is established (RFC 7854 section 4.10).</summary>
public readonly ref struct BmpPeerUp
{
    /// <summary>The peer.</summary>
    public BmpPeer Peer { get; init; }

    /// <summary>The monitored speaker's address on the session; null for the Loc-RIB.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>The monitored speaker's TCP port.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>The peer's TCP port.</summary>
    public ushort RemotePort { get; init; }

    /// <summary>The OPEN that the monitored speaker sent, with its header.</summary>
    public ReadOnlySpan<byte> SentOpen { get; init; }

    /// <summary>The OPEN that the peer sent, with its header.</summary>
    public ReadOnlySpan<byte> ReceivedOpen { get; init; }

    /// <summary>Information TLVs; walk them with <see cref="BmpTlvReader"/>.</summary>
    public ReadOnlySpan<byte> Information { get; init; }

    /// <summary>Reads the message; what is in the OPENs is not looked at.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.PeerUp"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpPeerUp message, out BmpError error)
    {
        message = default;
        if (!BmpBody.TryReadPeer(frame, BmpMessageType.PeerUp, out MrtCursor cursor, out BmpPeer peer, out error)) return false;
        ReadOnlySpan<byte> local = cursor.Take(16);
        ushort localPort = cursor.U16(), remotePort = cursor.U16();
        if (cursor.IsCut) return BmpBody.Fail("The local address and ports are cut off.", out error);
        if (!BmpBody.TryTakeBgp(ref cursor, MessageType.Open, out ReadOnlySpan<byte> sent, out error)) return false;
        if (!BmpBody.TryTakeBgp(ref cursor, MessageType.Open, out ReadOnlySpan<byte> received, out error)) return false;
        if (!BmpTlvReader.AreWellFormed(cursor.Rest, out _)) return BmpBody.Fail("The information after the OPENs is malformed.", out error);
        bool isIpv6 = (peer.Flags & BmpPeerFlags.Ipv6) != 0;
        message = new BmpPeerUp
        {
            Peer = peer,
            LocalAddress = peer.Type == BmpPeerType.LocRib ? null : new IPAddress(isIpv6 ? local : local[12..]),
            LocalPort = localPort,
            RemotePort = remotePort,
            SentOpen = sent,
            ReceivedOpen = received,
            Information = cursor.Rest,
        };
        return true;
    }
}

/// <summary>Peer Down: a session has ended (RFC 7854 section 4.9).</summary>
public readonly ref struct BmpPeerDown
{
    /// <summary>The peer.</summary>
    public BmpPeer Peer { get; init; }

    /// <summary>Why.</summary>
    public BmpPeerDownReason Reason { get; init; }

    /// <summary>The NOTIFICATION with its header, the event in two octets, TLVs, or nothing, by <see cref="Reason"/>.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>The event that ended the session; null when the reason is another than <see cref="BmpPeerDownReason.LocalNoNotification"/>.</summary>
    public BgpEvent? Event => Reason == BmpPeerDownReason.LocalNoNotification && Data.Length == 2 ? (BgpEvent)BinaryPrimitives.ReadUInt16BigEndian(Data) : null;

    /// <summary>Reads the message.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.PeerDown"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpPeerDown message, out BmpError error)
    {
        message = default;
        if (!BmpBody.TryReadPeer(frame, BmpMessageType.PeerDown, out MrtCursor cursor, out BmpPeer peer, out error)) return false;
        var reason = (BmpPeerDownReason)cursor.U8();
        if (cursor.IsCut) return BmpBody.Fail("There is no reason.", out error);
        ReadOnlySpan<byte> data = cursor.Rest;
        switch (reason)
        {
            case BmpPeerDownReason.LocalNotification or BmpPeerDownReason.RemoteNotification:
                if (!BmpBody.TryTakeBgp(ref cursor, MessageType.Notification, out data, out error) || !BmpBody.IsAtEnd(cursor, out error)) return false;
                break;
            case BmpPeerDownReason.LocalNoNotification when data.Length != 2:
                return BmpBody.Fail($"The event has {data.Length} octets, not 2.", out error);
        }

        message = new BmpPeerDown { Peer = peer, Reason = reason, Data = data };
        return true;
    }
}

/// <summary>Statistics Report: counters of a peer (RFC 7854 section 4.8).</summary>
public readonly ref struct BmpStatisticsReport
{
    /// <summary>The peer.</summary>
    public BmpPeer Peer { get; init; }

    /// <summary>The statistics, of types <see cref="BmpStatistic"/>; walk them with <see cref="BmpTlvReader"/>.</summary>
    public ReadOnlySpan<byte> Statistics { get; init; }

    /// <summary>Reads the message.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.StatisticsReport"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpStatisticsReport message, out BmpError error)
    {
        message = default;
        if (!BmpBody.TryReadPeer(frame, BmpMessageType.StatisticsReport, out MrtCursor cursor, out BmpPeer peer, out error)) return false;
        uint count = cursor.U32();
        if (cursor.IsCut) return BmpBody.Fail("There is no count of statistics.", out error);
        if (!BmpTlvReader.AreWellFormed(cursor.Rest, out int found) || found != count) return BmpBody.Fail($"The report claims {count} statistics, {found} are well-formed.", out error);
        message = new BmpStatisticsReport { Peer = peer, Statistics = cursor.Rest };
        return true;
    }
}

/// <summary>Initiation and Termination: who speaks, and why it ends (RFC 7854 sections 4.3 and 4.5).</summary>
public readonly ref struct BmpInformation
{
    /// <summary>The TLVs, of types <see cref="BmpInformationType"/> or <see cref="BmpTerminationType"/>; walk them with <see cref="BmpTlvReader"/>.</summary>
    public ReadOnlySpan<byte> Items { get; init; }

    /// <summary>Reads the message.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.Initiation"/> or <see cref="BmpMessageType.Termination"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpInformation message, out BmpError error)
    {
        message = default;
        error = default;
        if (frame.Type is not (BmpMessageType.Initiation or BmpMessageType.Termination)) return BmpBody.Fail($"It is {frame.Type}, neither Initiation nor Termination.", out error);
        if (!BmpTlvReader.AreWellFormed(frame.Body, out _)) return BmpBody.Fail("The information is malformed.", out error);
        message = new BmpInformation { Items = frame.Body };
        return true;
    }
}

/// <summary>Route Mirroring: messages verbatim (RFC 7854 section 4.7).</summary>
public readonly ref struct BmpRouteMirroring
{
    /// <summary>The peer.</summary>
    public BmpPeer Peer { get; init; }

    /// <summary>TLVs: type 0 a BGP message, type 1 information (0 errored message, 1 messages lost); walk them with <see cref="BmpTlvReader"/>.</summary>
    public ReadOnlySpan<byte> Items { get; init; }

    /// <summary>Reads the message.</summary>
    /// <param name="frame">A message of type <see cref="BmpMessageType.RouteMirroring"/>.</param>
    /// <param name="message">The fields; valid as long as the frame is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(in BmpFrame frame, out BmpRouteMirroring message, out BmpError error)
    {
        message = default;
        if (!BmpBody.TryReadPeer(frame, BmpMessageType.RouteMirroring, out MrtCursor cursor, out BmpPeer peer, out error)) return false;
        if (!BmpTlvReader.AreWellFormed(cursor.Rest, out _)) return BmpBody.Fail("The mirrored items are malformed.", out error);
        message = new BmpRouteMirroring { Peer = peer, Items = cursor.Rest };
        return true;
    }
}

/// <summary>What the bodies have in common.</summary>
internal static class BmpBody
{
    public static bool TryReadPeer(in BmpFrame frame, BmpMessageType type, out MrtCursor cursor, out BmpPeer peer, out BmpError error)
    {
        cursor = new MrtCursor(frame.Body);
        peer = default;
        error = default;
        if (frame.Type != type) return Fail($"It is {frame.Type}, not {type}.", out error);
        peer = BmpPeer.Read(ref cursor);
        return !cursor.IsCut || Fail("The peer header is cut off.", out error);
    }

    public static bool TryTakeBgp(scoped ref MrtCursor cursor, MessageType type, out ReadOnlySpan<byte> message, out BmpError error)
    {
        message = default;
        error = default;
        int length = cursor.Rest.Length >= MessageFrame.HeaderLength ? BinaryPrimitives.ReadUInt16BigEndian(cursor.Rest[16..]) : 0;
        if (length < MessageFrame.HeaderLength || length > cursor.Rest.Length) return Fail($"The {type} is cut off.", out error);
        message = cursor.Take(length);
        return message[18] == (byte)type || Fail($"There is a BGP message of type {message[18]} in the place of an {type}.", out error);
    }

    public static bool IsAtEnd(in MrtCursor cursor, out BmpError error)
    {
        error = default;
        return cursor.Rest.IsEmpty || Fail($"{cursor.Rest.Length} octets follow the BGP message.", out error);
    }

    public static bool Fail(string message, out BmpError error)
    {
        error = new BmpError(message);
        return false;
    }
}
