using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>Types of MRT records (RFC 6396 section 4); others are kept as raw.</summary>
public enum MrtType : ushort
{
    /// <summary>BGP: deprecated, messages without header (RFC 6396 appendix B.2).</summary>
    Bgp = 5,

    /// <summary>TABLE_DUMP: one route of one peer, two-octet AS numbers.</summary>
    TableDump = 12,

    /// <summary>TABLE_DUMP_V2: a peer index table and a record for each prefix.</summary>
    TableDumpV2 = 13,

    /// <summary>BGP4MP: messages and state changes.</summary>
    Bgp4mp = 16,

    /// <summary>BGP4MP_ET: the same with microseconds.</summary>
    Bgp4mpEt = 17,
}

/// <summary>The time of a record.</summary>
/// <param name="Seconds">Seconds since 1970-01-01 UTC.</param>
/// <param name="Microseconds">Microseconds on top in the records with extended timestamp; null in the others.</param>
public readonly record struct MrtTimestamp(uint Seconds, uint? Microseconds = null)
{
    /// <summary>The same instant.</summary>
    /// <returns>In UTC.</returns>
    public DateTimeOffset ToDateTimeOffset() =>
        DateTimeOffset.UnixEpoch.AddTicks(Seconds * TimeSpan.TicksPerSecond + (Microseconds ?? 0) * TimeSpan.TicksPerMicrosecond);

    /// <summary>The time of a record to be written.</summary>
    /// <param name="time">From 1970 to 2106.</param>
    /// <param name="extended">Whether to keep the microseconds (BGP4MP_ET).</param>
    /// <returns>The timestamp.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The seconds do not fit in 32 bits.</exception>
    public static MrtTimestamp From(DateTimeOffset time, bool extended = false)
    {
        long seconds = time.ToUnixTimeSeconds();
        if (seconds is < 0 or > uint.MaxValue) throw new ArgumentOutOfRangeException(nameof(time), time, "MRT counts seconds from 1970 in 32 bits.");
        return new MrtTimestamp((uint)seconds, extended ? (uint)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond) : null);
    }
}

/// <summary>What is wrong with a file, and where.</summary>
/// <param name="Offset">Where the record starts, in octets from the start of the file.</param>
/// <param name="Message">What is wrong.</param>
public readonly record struct MrtError(long Offset, string Message)
{
    /// <summary>Whether there is an error.</summary>
    public bool IsError => Message is not null;

    /// <summary>Place and reason.</summary>
    /// <returns>For example <c>MRT record at 1024: …</c>.</returns>
    public override string ToString() => IsError ? $"MRT record at {Offset}: {Message}" : "no error";
}

/// <summary>One record in place: the common header (RFC 6396 section 2) and the octets after it.</summary>
public readonly ref struct MrtRecord
{
    /// <summary>Octets of the common header.</summary>
    public const int HeaderLength = 12;

    internal MrtRecord(ReadOnlySpan<byte> raw, long offset)
    {
        Raw = raw;
        Offset = offset;
        Type = (MrtType)BinaryPrimitives.ReadUInt16BigEndian(raw[4..]);
        Subtype = BinaryPrimitives.ReadUInt16BigEndian(raw[6..]);
        uint seconds = BinaryPrimitives.ReadUInt32BigEndian(raw);
        bool extended = Type == MrtType.Bgp4mpEt && raw.Length >= HeaderLength + 4;
        Timestamp = new MrtTimestamp(seconds, extended ? BinaryPrimitives.ReadUInt32BigEndian(raw[HeaderLength..]) : null);
        Body = raw[(extended ? HeaderLength + 4 : HeaderLength)..];
    }

    /// <summary>Where the record starts, in octets from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>The time.</summary>
    public MrtTimestamp Timestamp { get; }

    /// <summary>The type.</summary>
    public MrtType Type { get; }

    /// <summary>The subtype, whose meaning depends on the type.</summary>
    public ushort Subtype { get; }

    /// <summary>What follows the header and the microseconds.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Header and body.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>What the record holds, so which of the decoders reads it.</summary>
    public MrtContent Content => (Type, Subtype) switch
    {
        (MrtType.TableDump, 1 or 2) => MrtContent.TableDump,
        (MrtType.TableDumpV2, 1) => MrtContent.PeerIndexTable,
        (MrtType.TableDumpV2, >= 2 and <= 6) or (MrtType.TableDumpV2, >= 8 and <= 12) => MrtContent.Rib,
        (MrtType.Bgp4mp or MrtType.Bgp4mpEt, 0 or 5) or (MrtType.Bgp, 3) => MrtContent.StateChange,
        (MrtType.Bgp4mp or MrtType.Bgp4mpEt, 2) => MrtContent.RouteEntry,
        (MrtType.Bgp4mp or MrtType.Bgp4mpEt, 1 or 4 or (>= 6 and <= 11)) or (MrtType.Bgp, 1 or 5 or 6 or 7) => MrtContent.Message,
        _ => MrtContent.Other,
    };

    internal MrtError Fault(string message) => new(Offset, message);
}

/// <summary>What a record holds.</summary>
public enum MrtContent
{
    /// <summary>Something else (OSPF, IS-IS, unknown subtypes): <see cref="MrtRecord.Body"/> has its octets.</summary>
    Other,

    /// <summary>The peers of the RIB records that follow: <see cref="MrtPeerIndexTable"/>.</summary>
    PeerIndexTable,

    /// <summary>A prefix with the routes of each peer: <see cref="MrtRib"/>.</summary>
    Rib,

    /// <summary>A route of one peer: <see cref="MrtTableDump"/>.</summary>
    TableDump,

    /// <summary>A route of one peer in the deprecated BGP4MP_ENTRY form: <see cref="MrtRouteEntry"/>.</summary>
    RouteEntry,

    /// <summary>A BGP message: <see cref="MrtMessage"/>.</summary>
    Message,

    /// <summary>A change of a session's state: <see cref="MrtStateChange"/>.</summary>
    StateChange,
}
