using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>The capabilities one side announces in its OPEN.</summary>
public sealed record BgpCapabilities
{
    /// <summary>Families (RFC 4760). A peer that announces none has IPv4 unicast.</summary>
    public IReadOnlyList<Family> Families { get; init; } = [];

    /// <summary>Route refresh (RFC 2918).</summary>
    public bool RouteRefresh { get; init; }

    /// <summary>Enhanced route refresh (RFC 7313).</summary>
    public bool EnhancedRouteRefresh { get; init; }

    /// <summary>Messages up to 65535 octets (RFC 8654).</summary>
    public bool ExtendedMessage { get; init; }

    /// <summary>The AS number in four octets (RFC 6793); null when the peer cannot.</summary>
    public Asn? FourOctetAsn { get; init; }

    /// <summary>ADD-PATH per family (RFC 7911).</summary>
    public IReadOnlyList<AddPathFamily> AddPath { get; init; } = [];

    /// <summary>Families whose IPv4 NLRI may have IPv6 next hops (RFC 8950).</summary>
    public IReadOnlyList<Family> ExtendedNextHop { get; init; } = [];

    /// <summary>Role (RFC 9234).</summary>
    public BgpRole? Role { get; init; }

    /// <summary>Whether several different roles were announced, which is an error.</summary>
    public bool ConflictingRoles { get; init; }

    /// <summary>Graceful restart (RFC 4724); null when not announced.</summary>
    public GracefulRestartCapability? GracefulRestart { get; init; }

    /// <summary>Long-lived graceful restart (RFC 9494).</summary>
    public IReadOnlyList<LongLivedFamily> LongLived { get; init; } = [];

    /// <summary>Collects what an OPEN announces; unknown capabilities are passed over.</summary>
    /// <param name="reader">The capabilities of a checked OPEN.</param>
    /// <returns>The capabilities.</returns>
    public static BgpCapabilities Read(CapabilityReader reader)
    {
        var families = new List<Family>();
        var addPath = new List<AddPathFamily>();
        var nextHops = new List<Family>();
        var longLived = new List<LongLivedFamily>();
        var found = new BgpCapabilities();
        while (reader.TryRead(out CapabilityCode code, out ReadOnlySpan<byte> value))
        {
            switch (code)
            {
                case CapabilityCode.Multiprotocol:
                    var family = new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[3]);
                    if (!families.Contains(family)) families.Add(family);
                    break;
                case CapabilityCode.RouteRefresh:
                    found = found with { RouteRefresh = true };
                    break;
                case CapabilityCode.EnhancedRouteRefresh:
                    found = found with { EnhancedRouteRefresh = true };
                    break;
                case CapabilityCode.ExtendedMessage:
                    found = found with { ExtendedMessage = true };
                    break;
                case CapabilityCode.FourOctetAsn:
                    found = found with { FourOctetAsn = new Asn(BinaryPrimitives.ReadUInt32BigEndian(value)) };
                    break;
                case CapabilityCode.Role:
                    var role = (BgpRole)value[0];
                    found = found with { Role = role, ConflictingRoles = found.ConflictingRoles || (found.Role is { } other && other != role) };
                    break;
                case CapabilityCode.AddPath:
                    for (; value.Length >= 4; value = value[4..])
                    {
                        if (value[3] is >= 1 and <= 3)
                            addPath.Add(new AddPathFamily(new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[2]), (AddPathMode)value[3]));
                    }

                    break;
                case CapabilityCode.ExtendedNextHop:
                    for (; value.Length >= 6; value = value[6..])
                    {
                        if (BinaryPrimitives.ReadUInt16BigEndian(value[4..]) == 2)
                            nextHops.Add(new Family(BinaryPrimitives.ReadUInt16BigEndian(value), (byte)BinaryPrimitives.ReadUInt16BigEndian(value[2..])));
                    }

                    break;
                case CapabilityCode.GracefulRestart:
                    found = found with { GracefulRestart = GracefulRestartCapability.Read(value) };
                    break;
                case CapabilityCode.LongLivedGracefulRestart:
                    for (; value.Length >= 7; value = value[7..])
                    {
                        int seconds = value[4] << 16 | value[5] << 8 | value[6];
                        longLived.Add(new LongLivedFamily(new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[2]), (value[3] & 0x80) != 0, TimeSpan.FromSeconds(seconds)));
                    }

                    break;
            }
        }

        return found with { Families = families, AddPath = addPath, ExtendedNextHop = nextHops, LongLived = longLived };
    }
}

/// <summary>ADD-PATH of one family; the mode is seen from the side that announces it.</summary>
/// <param name="Family">The family.</param>
/// <param name="Mode">Whether that side receives, sends, or both.</param>
public readonly record struct AddPathFamily(Family Family, AddPathMode Mode);

/// <summary>Long-lived graceful restart of one family.</summary>
/// <param name="Family">The family.</param>
/// <param name="ForwardingPreserved">The F bit.</param>
/// <param name="StaleTime">How long stale routes may be kept; up to 2^24-1 s.</param>
public readonly record struct LongLivedFamily(Family Family, bool ForwardingPreserved, TimeSpan StaleTime);

/// <summary>A family in the graceful restart capability.</summary>
/// <param name="Family">The family.</param>
/// <param name="ForwardingPreserved">The F bit: packets were still forwarded while the speaker was gone.</param>
public readonly record struct GracefulRestartFamily(Family Family, bool ForwardingPreserved);

/// <summary>The graceful restart capability (RFC 4724 section 3, RFC 8538).</summary>
/// <param name="Restarting">The R bit: the speaker has restarted.</param>
/// <param name="Notification">The N bit: graceful restart applies after NOTIFICATIONs as well (RFC 8538).</param>
/// <param name="RestartTime">How long the speaker may be gone; up to 4095 s.</param>
/// <param name="Families">Families whose routes it asks to be kept; empty: it only helps others.</param>
public sealed record GracefulRestartCapability(bool Restarting, bool Notification, TimeSpan RestartTime, IReadOnlyList<GracefulRestartFamily> Families)
{
    internal static GracefulRestartCapability Read(ReadOnlySpan<byte> value)
    {
        ushort head = BinaryPrimitives.ReadUInt16BigEndian(value);
        var families = new List<GracefulRestartFamily>();
        for (value = value[2..]; value.Length >= 4; value = value[4..])
            families.Add(new GracefulRestartFamily(new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[2]), (value[3] & 0x80) != 0));
        return new GracefulRestartCapability((head & 0x8000) != 0, (head & 0x4000) != 0, TimeSpan.FromSeconds(head & 0xFFF), families);
    }
}
