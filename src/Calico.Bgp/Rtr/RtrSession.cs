using System.Buffers;

namespace Calico.Bgp.Rtr;

/// <summary>The router's side of RTR without socket or clock (RFC 8210 section 8): octets in, queries out, a set of payloads that is replaced when an answer is complete.</summary>
public sealed class RtrSession
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private HashSet<RtrPrefix> _current = [];
    private HashSet<RtrPrefix>? _next;
    private ushort? _session;
    private bool _announcedVersion;

    /// <summary>The version spoken: 1, or 0 when the cache knows no other.</summary>
    public byte Version { get; private set; } = 1;

    /// <summary>The serial of the payloads; null while there are none.</summary>
    public uint? Serial { get; private set; }

    /// <summary>The payloads of the last complete answer.</summary>
    public IReadOnlyCollection<RtrPrefix> Prefixes => _current;

    /// <summary>Seconds until the next query, until one that failed is repeated, and that payloads may be used without a cache; from the last answer.</summary>
    public (uint Refresh, uint Retry, uint Expire) Intervals { get; private set; } = (3600, 600, 7200);

    /// <summary>Why the session has ended; null while it goes on.</summary>
    public string? Error { get; private set; }

    /// <summary>How many answers have come completely.</summary>
    public int Answers { get; private set; }

    /// <summary>How often a complete answer has changed the payloads.</summary>
    public int Changes { get; private set; }

    /// <summary>Begins on a new connection: what is known is kept and asked on from its serial.</summary>
    public void Connected()
    {
        _output.ResetWrittenCount();
        _next = null;
        Error = null;
        _announcedVersion = false;
        Query();
    }

    /// <summary>Asks whether there is something new; for the refresh timer.</summary>
    public void Query()
    {
        if (Serial is uint serial && _session is ushort session) RtrWriter.WriteSerial(_output, Version, RtrPduType.SerialQuery, session, serial);
        else RtrWriter.Write(_output, Version, RtrPduType.ResetQuery);
    }

    /// <summary>Forgets the payloads: they are older than the expire interval.</summary>
    public void Expire()
    {
        if (_current.Count > 0) Changes++;
        (_current, _next, Serial, _session) = ([], null, null, null);
    }

    /// <summary>Takes what is to be sent.</summary>
    /// <returns>Whole PDUs; empty when there is nothing.</returns>
    public byte[] TakeOutput()
    {
        byte[] output = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        return output;
    }

    /// <summary>Takes whole PDUs off the front.</summary>
    /// <param name="input">Octets in the order received, those not used before first.</param>
    /// <returns>The octets used.</returns>
    public int Receive(ReadOnlySpan<byte> input)
    {
        int used = 0;
        while (Error is null)
        {
            FrameStatus status = RtrPdu.TryRead(input[used..], out RtrPdu pdu, out string? fault);
            if (status == FrameStatus.Incomplete) break;
            if (status == FrameStatus.Invalid)
            {
                End(RtrErrorCode.CorruptData, fault!);
                return input.Length;
            }

            used += pdu.Raw.Length;
            Take(pdu);
        }

        return Error is null ? used : input.Length;
    }

    private void Take(in RtrPdu pdu)
    {
        if (!VersionIsRight(pdu)) return;
        switch (pdu.Type)
        {
            case RtrPduType.SerialNotify:
                // Unasked for while an answer is under way: the answer brings it, or the next query.
                if (_next is null && (_session != pdu.Session || Serial != pdu.Serial)) Query();
                break;
            case RtrPduType.CacheResponse:
                Begin(pdu.Session);
                break;
            case RtrPduType.Ipv4Prefix or RtrPduType.Ipv6Prefix:
                TakePrefix(pdu);
                break;
            case RtrPduType.EndOfData:
                Complete(pdu);
                break;
            case RtrPduType.CacheReset:
                (Serial, _session, _next) = (null, null, null);
                RtrWriter.Write(_output, Version, RtrPduType.ResetQuery);
                break;
            case RtrPduType.RouterKey:
                break;
            case RtrPduType.ErrorReport:
                if ((RtrErrorCode)pdu.Session == RtrErrorCode.NoDataAvailable) break;
                if ((RtrErrorCode)pdu.Session == RtrErrorCode.UnsupportedVersion && Version == 1) Version = 0;
                Error = $"the cache reports {(RtrErrorCode)pdu.Session}: {pdu.ErrorText()}".TrimEnd(' ', ':');
                break;
            default:
                End(RtrErrorCode.UnsupportedType, $"a PDU of type {(byte)pdu.Type}");
                break;
        }
    }

    /// <summary>The first answer settles the version (RFC 8210 section 7); an older cache answers in its own.</summary>
    private bool VersionIsRight(in RtrPdu pdu)
    {
        if (pdu.Version == Version)
        {
            _announcedVersion |= pdu.Type != RtrPduType.SerialNotify;
            return true;
        }

        if (pdu.Type == RtrPduType.SerialNotify && !_announcedVersion) return false;
        if (pdu.Version == 0 && Version == 1 && !_announcedVersion)
        {
            Version = 0;
            _announcedVersion = true;
            return true;
        }

        if (pdu.Type == RtrPduType.ErrorReport) Error = $"the cache reports {(RtrErrorCode)pdu.Session}";
        else End(RtrErrorCode.UnexpectedVersion, $"version {pdu.Version} on a session of version {Version}");
        return false;
    }

    private void Begin(ushort session)
    {
        if (_session is ushort known && known != session)
        {
            // Another incarnation of the cache: its differences are not to our data.
            (Serial, _session, _next) = (null, null, null);
            End(RtrErrorCode.CorruptData, $"session {session} instead of {known}");
            return;
        }

        _session = session;
        _next = Serial is null ? [] : [.. _current];
    }

    private void TakePrefix(in RtrPdu pdu)
    {
        if (_next is null) End(RtrErrorCode.CorruptData, "a prefix outside an answer");
        else if (!pdu.TryGetPrefix(out RtrPrefix prefix)) End(RtrErrorCode.CorruptData, "a prefix with impossible lengths");
        else if (pdu.IsAnnouncement && !_next.Add(prefix)) End(RtrErrorCode.DuplicateAnnouncement, $"{prefix}");
        else if (!pdu.IsAnnouncement && !_next.Remove(prefix)) End(RtrErrorCode.UnknownWithdrawal, $"{prefix}");
    }

    private void Complete(in RtrPdu pdu)
    {
        if (_next is null || _session != pdu.Session)
        {
            End(RtrErrorCode.CorruptData, "the end of an answer that has not begun");
            return;
        }

        Answers++;
        if (!_next.SetEquals(_current)) Changes++;
        (_current, _next, Serial, Intervals) = (_next, null, pdu.Serial, pdu.Intervals());
    }

    private void End(RtrErrorCode code, string text)
    {
        Error = $"{code}: {text}";
        RtrWriter.WriteError(_output, Version, code, text);
    }
}
