namespace Calico.Bgp;

/// <summary>NOTIFICATION error codes (RFC 4271 section 4.5 and later).</summary>
public enum BgpErrorCode : byte
{
    /// <summary>Message Header Error: 1 not synchronized, 2 bad length, 3 bad type.</summary>
    MessageHeader = 1,

    /// <summary>OPEN Message Error: 1 version, 2 bad peer AS, 3 bad identifier, 4 optional parameter, 6 hold time, 7 capability, 11 role mismatch.</summary>
    OpenMessage = 2,

    /// <summary>UPDATE Message Error: 1 malformed attribute list … 11 malformed AS_PATH.</summary>
    UpdateMessage = 3,

    /// <summary>Hold Timer Expired.</summary>
    HoldTimerExpired = 4,

    /// <summary>Finite State Machine Error: unexpected message in 1 OpenSent, 2 OpenConfirm, 3 Established (RFC 6608).</summary>
    FiniteStateMachine = 5,

    /// <summary>Cease (RFC 4486).</summary>
    Cease = 6,

    /// <summary>ROUTE-REFRESH Message Error: 1 invalid length (RFC 7313).</summary>
    RouteRefreshMessage = 7,

    /// <summary>Send Hold Timer Expired (RFC 9687).</summary>
    SendHoldTimerExpired = 8,
}

/// <summary>Subcodes of Cease (RFC 4486, 8538).</summary>
public static class CeaseSubcode
{
    /// <summary>Maximum Number of Prefixes Reached.</summary>
    public const byte MaximumPrefixes = 1;

    /// <summary>Administrative Shutdown.</summary>
    public const byte AdministrativeShutdown = 2;

    /// <summary>Peer De-configured.</summary>
    public const byte PeerDeconfigured = 3;

    /// <summary>Administrative Reset.</summary>
    public const byte AdministrativeReset = 4;

    /// <summary>Connection Rejected.</summary>
    public const byte ConnectionRejected = 5;

    /// <summary>Other Configuration Change.</summary>
    public const byte ConfigurationChange = 6;

    /// <summary>Connection Collision Resolution.</summary>
    public const byte CollisionResolution = 7;

    /// <summary>Out of Resources.</summary>
    public const byte OutOfResources = 8;

    /// <summary>Hard Reset (RFC 8538): graceful restart does not apply.</summary>
    public const byte HardReset = 9;
}

/// <summary>An error as a NOTIFICATION carries it.</summary>
/// <param name="Code">What kind.</param>
/// <param name="Subcode">Which one; 0 is unspecific.</param>
/// <param name="Data">Details whose form depends on code and subcode; at most what a message holds.</param>
public readonly record struct BgpError(BgpErrorCode Code, byte Subcode = 0, ReadOnlyMemory<byte> Data = default)
{
    /// <summary>Whether there is an error.</summary>
    public bool IsError => Code != 0;

    internal static BgpError Header(byte subcode, params ReadOnlySpan<byte> data) => new(BgpErrorCode.MessageHeader, subcode, data.ToArray());
    internal static BgpError Open(byte subcode, params ReadOnlySpan<byte> data) => new(BgpErrorCode.OpenMessage, subcode, data.ToArray());
    internal static BgpError Update(byte subcode, params ReadOnlySpan<byte> data) => new(BgpErrorCode.UpdateMessage, subcode, data.ToArray());

    /// <summary>A text for people: code, subcode, and the shutdown message of a Cease (RFC 9003).</summary>
    /// <returns>For example <c>Hold Timer Expired (4/0)</c>.</returns>
    public override string ToString() => BgpErrorText.Format(this);
}
