using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>A NOTIFICATION in place (RFC 4271 section 4.5).</summary>
public readonly ref struct NotificationReader
{
    private readonly ReadOnlySpan<byte> _body;

    /// <summary>Reads a NOTIFICATION.</summary>
    /// <param name="body">The message after its header, at least 2 octets.</param>
    public NotificationReader(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>The code.</summary>
    public BgpErrorCode Code => (BgpErrorCode)_body[0];

    /// <summary>The subcode.</summary>
    public byte Subcode => _body[1];

    /// <summary>The data.</summary>
    public ReadOnlySpan<byte> Data => _body[2..];

    /// <summary>The text of an administrative shutdown or reset (RFC 9003); null when there is none.</summary>
    public string? ShutdownCommunication =>
        Code == BgpErrorCode.Cease && Subcode is CeaseSubcode.AdministrativeShutdown or CeaseSubcode.AdministrativeReset ? BgpErrorText.Communication(Data) : null;

    /// <summary>A copy that outlives the message.</summary>
    /// <returns>The error.</returns>
    public BgpError ToError() => new(Code, Subcode, Data.ToArray());
}

/// <summary>A ROUTE-REFRESH in place (RFC 2918, 7313).</summary>
public readonly ref struct RouteRefreshReader
{
    private RouteRefreshReader(ReadOnlySpan<byte> body)
    {
        Family = new Family(BinaryPrimitives.ReadUInt16BigEndian(body), body[3]);
        Subtype = (RouteRefreshSubtype)body[2];
    }

    /// <summary>The family.</summary>
    public Family Family { get; }

    /// <summary>Request, begin or end; other values are to be ignored.</summary>
    public RouteRefreshSubtype Subtype { get; }

    /// <summary>Reads a ROUTE-REFRESH.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="enhanced">Whether both sides have enhanced route refresh.</param>
    /// <param name="refresh">The message.</param>
    /// <param name="error">Bad Message Length, or ROUTE-REFRESH Message Error with the message as data (RFC 7313 section 5).</param>
    /// <returns>False when its length is wrong.</returns>
    public static bool TryRead(in MessageFrame message, bool enhanced, out RouteRefreshReader refresh, out BgpError error)
    {
        refresh = default;
        error = default;
        ReadOnlySpan<byte> body = message.Body;
        if (body.Length == 4)
        {
            refresh = new RouteRefreshReader(body);
            return true;
        }

        error = enhanced && body.Length >= 3 && body[2] is 1 or 2
            ? new BgpError(BgpErrorCode.RouteRefreshMessage, 1, message.Raw.ToArray())
            : BgpError.Header(2, message.Raw.Slice(16, 2));
        return false;
    }
}
