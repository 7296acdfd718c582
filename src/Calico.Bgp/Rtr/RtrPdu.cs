using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using Calico.Net;

namespace Calico.Bgp.Rtr;

/// <summary>Types of RTR PDUs (RFC 8210 section 5).</summary>
public enum RtrPduType : byte
{
    /// <summary>The cache has something new.</summary>
    SerialNotify = 0,

    /// <summary>The router asks for what is new since a serial.</summary>
    SerialQuery = 1,

    /// <summary>The router asks for everything.</summary>
    ResetQuery = 2,

    /// <summary>The answer begins.</summary>
    CacheResponse = 3,

    /// <summary>An IPv4 authorization comes or goes.</summary>
    Ipv4Prefix = 4,

    /// <summary>An IPv6 authorization comes or goes.</summary>
    Ipv6Prefix = 6,

    /// <summary>The answer is complete.</summary>
    EndOfData = 7,

    /// <summary>The cache cannot tell differences: ask for everything.</summary>
    CacheReset = 8,

    /// <summary>A router key of BGPsec.</summary>
    RouterKey = 9,

    /// <summary>An error; the session ends, "no data available" excepted.</summary>
    ErrorReport = 10,
}

/// <summary>Error codes of an Error Report (RFC 8210 section 12).</summary>
public enum RtrErrorCode : ushort
{
    /// <summary>Corrupt data.</summary>
    CorruptData = 0,

    /// <summary>Internal error.</summary>
    InternalError = 1,

    /// <summary>The cache has no data yet; the session goes on.</summary>
    NoDataAvailable = 2,

    /// <summary>Invalid request.</summary>
    InvalidRequest = 3,

    /// <summary>Unsupported protocol version.</summary>
    UnsupportedVersion = 4,

    /// <summary>Unsupported PDU type.</summary>
    UnsupportedType = 5,

    /// <summary>Withdrawal of an unknown record.</summary>
    UnknownWithdrawal = 6,

    /// <summary>Announcement of a record that is there.</summary>
    DuplicateAnnouncement = 7,

    /// <summary>Unexpected protocol version.</summary>
    UnexpectedVersion = 8,
}

/// <summary>A validated ROA payload: an AS may announce a prefix, and those inside it up to a length.</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="MaximumLength">The longest prefix that may be announced.</param>
/// <param name="Asn">The AS.</param>
public readonly record struct RtrPrefix(IPNetwork Prefix, byte MaximumLength, Asn Asn);

/// <summary>A whole PDU in place.</summary>
public readonly ref struct RtrPdu
{
    /// <summary>Octets of the header: version, type, session or error code, length.</summary>
    public const int HeaderLength = 8;

    /// <summary>The longest PDU taken: an Error Report with a whole PDU and a text in it.</summary>
    public const int MaximumLength = 65536;

    private RtrPdu(ReadOnlySpan<byte> raw) => Raw = raw;

    /// <summary>Header and body.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Protocol version: 1 (RFC 8210) or 0 (RFC 6810).</summary>
    public byte Version => Raw[0];

    /// <summary>The type; unknown ones are an error of the session.</summary>
    public RtrPduType Type => (RtrPduType)Raw[1];

    /// <summary>The session id, or the code of an Error Report.</summary>
    public ushort Session => BinaryPrimitives.ReadUInt16BigEndian(Raw[2..]);

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body => Raw[HeaderLength..];

    /// <summary>The serial of a Serial Notify, Serial Query or End of Data.</summary>
    public uint Serial => BinaryPrimitives.ReadUInt32BigEndian(Body);

    /// <summary>Whether a prefix is announced; otherwise it is withdrawn.</summary>
    public bool IsAnnouncement => (Body[0] & 1) != 0;

    /// <summary>Looks at the front of received octets; a PDU whose length does not fit its type is invalid.</summary>
    /// <param name="input">Octets in the order received.</param>
    /// <param name="pdu">The PDU, when complete.</param>
    /// <param name="error">What is wrong, when invalid.</param>
    /// <returns>Whether there is a PDU.</returns>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, out RtrPdu pdu, out string? error)
    {
        pdu = default;
        error = null;
        if (input.Length < HeaderLength) return FrameStatus.Incomplete;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(input[4..]);
        var type = (RtrPduType)input[1];
        bool fits = length is >= HeaderLength and <= MaximumLength && type switch
        {
            RtrPduType.SerialNotify or RtrPduType.SerialQuery => length == 12,
            RtrPduType.ResetQuery or RtrPduType.CacheResponse or RtrPduType.CacheReset => length == 8,
            RtrPduType.Ipv4Prefix => length == 20,
            RtrPduType.Ipv6Prefix => length == 32,
            RtrPduType.EndOfData => length == (input[0] == 0 ? 12u : 24u),
            RtrPduType.RouterKey => length >= 32,
            RtrPduType.ErrorReport => length >= 16,
            _ => true,
        };
        if (!fits)
        {
            error = $"a PDU of type {(byte)type} with {length} octets";
            return FrameStatus.Invalid;
        }

        if (input.Length < length) return FrameStatus.Incomplete;
        pdu = new RtrPdu(input[..(int)length]);
        return FrameStatus.Complete;
    }

    /// <summary>The payload of an IPv4 or IPv6 Prefix.</summary>
    /// <param name="prefix">The payload.</param>
    /// <returns>False when the PDU is another, or its lengths make no sense.</returns>
    public bool TryGetPrefix(out RtrPrefix prefix)
    {
        prefix = default;
        if (Type is not (RtrPduType.Ipv4Prefix or RtrPduType.Ipv6Prefix)) return false;
        int octets = Type == RtrPduType.Ipv4Prefix ? 4 : 16;
        byte length = Body[1], maximum = Body[2];
        if (length > 8 * octets || maximum < length || maximum > 8 * octets) return false;
        prefix = new RtrPrefix(IpPrefix.FromNetworkOrder(Body.Slice(4, octets), length).ToIPNetwork(), maximum, BinaryPrimitives.ReadUInt32BigEndian(Body[(4 + octets)..]));
        return true;
    }

    /// <summary>Refresh, retry and expire intervals of an End of Data of version 1, in seconds; the RFC's defaults for version 0.</summary>
    /// <returns>The three intervals.</returns>
    public (uint Refresh, uint Retry, uint Expire) Intervals() => Body.Length < 16
        ? (3600, 600, 7200)
        : (BinaryPrimitives.ReadUInt32BigEndian(Body[4..]), BinaryPrimitives.ReadUInt32BigEndian(Body[8..]), BinaryPrimitives.ReadUInt32BigEndian(Body[12..]));

    /// <summary>The text of an Error Report; empty when there is none, or it is cut off.</summary>
    /// <returns>UTF-8 decoded.</returns>
    public string ErrorText()
    {
        if (Type != RtrPduType.ErrorReport) return "";
        uint inner = BinaryPrimitives.ReadUInt32BigEndian(Body);
        if (inner > Body.Length - 8) return "";
        ReadOnlySpan<byte> rest = Body[(4 + (int)inner)..];
        uint text = BinaryPrimitives.ReadUInt32BigEndian(rest);
        return text > rest.Length - 4 ? "" : Encoding.UTF8.GetString(rest.Slice(4, (int)text));
    }
}

/// <summary>Writes RTR PDUs, those of a cache too.</summary>
public static class RtrWriter
{
    /// <summary>Writes a PDU of a header alone (Reset Query, Cache Response, Cache Reset).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="type">The type.</param>
    /// <param name="session">The session id; 0 where there is none.</param>
    public static void Write(IBufferWriter<byte> output, byte version, RtrPduType type, ushort session = 0) => Begin(output, version, type, session, 0);

    /// <summary>Writes a Serial Notify or Serial Query.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="type">The type.</param>
    /// <param name="session">The session id.</param>
    /// <param name="serial">The serial.</param>
    public static void WriteSerial(IBufferWriter<byte> output, byte version, RtrPduType type, ushort session, uint serial) =>
        BinaryPrimitives.WriteUInt32BigEndian(Begin(output, version, type, session, 4), serial);

    /// <summary>Writes an IPv4 or IPv6 Prefix.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="prefix">The payload.</param>
    /// <param name="announce">Whether it comes; otherwise it goes.</param>
    public static void WritePrefix(IBufferWriter<byte> output, byte version, in RtrPrefix prefix, bool announce)
    {
        bool v6 = prefix.Prefix.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        int octets = v6 ? 16 : 4;
        Span<byte> body = Begin(output, version, v6 ? RtrPduType.Ipv6Prefix : RtrPduType.Ipv4Prefix, 0, 8 + octets);
        (body[0], body[1], body[2], body[3]) = (announce ? (byte)1 : (byte)0, (byte)prefix.Prefix.PrefixLength, prefix.MaximumLength, 0);
        prefix.Prefix.BaseAddress.TryWriteBytes(body[4..], out _);
        BinaryPrimitives.WriteUInt32BigEndian(body[(4 + octets)..], prefix.Asn.Value);
    }

    /// <summary>Writes an End of Data; the intervals only in version 1.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="session">The session id.</param>
    /// <param name="serial">The serial.</param>
    /// <param name="refresh">Seconds until the next query.</param>
    /// <param name="retry">Seconds until a failed query is repeated.</param>
    /// <param name="expire">Seconds that the data may be used without a cache.</param>
    public static void WriteEndOfData(IBufferWriter<byte> output, byte version, ushort session, uint serial, uint refresh = 3600, uint retry = 600, uint expire = 7200)
    {
        Span<byte> body = Begin(output, version, RtrPduType.EndOfData, session, version == 0 ? 4 : 16);
        BinaryPrimitives.WriteUInt32BigEndian(body, serial);
        if (version == 0) return;
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], refresh);
        BinaryPrimitives.WriteUInt32BigEndian(body[8..], retry);
        BinaryPrimitives.WriteUInt32BigEndian(body[12..], expire);
    }

    /// <summary>Writes an Error Report without a PDU in it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="code">The code.</param>
    /// <param name="text">For people.</param>
    public static void WriteError(IBufferWriter<byte> output, byte version, RtrErrorCode code, string text)
    {
        byte[] octets = Encoding.UTF8.GetBytes(text);
        Span<byte> body = Begin(output, version, RtrPduType.ErrorReport, (ushort)code, 8 + octets.Length);
        BinaryPrimitives.WriteUInt32BigEndian(body, 0);
        BinaryPrimitives.WriteInt32BigEndian(body[4..], octets.Length);
        octets.CopyTo(body[8..]);
    }

    private static Span<byte> Begin(IBufferWriter<byte> output, byte version, RtrPduType type, ushort session, int bodyLength)
    {
        int length = RtrPdu.HeaderLength + bodyLength;
        Span<byte> pdu = output.GetSpan(length)[..length];
        (pdu[0], pdu[1]) = (version, (byte)type);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[2..], session);
        BinaryPrimitives.WriteInt32BigEndian(pdu[4..], length);
        output.Advance(length);
        return pdu[RtrPdu.HeaderLength..];
    }
}
