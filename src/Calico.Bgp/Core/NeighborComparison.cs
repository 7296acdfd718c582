namespace Calico.Bgp;

/// <summary>What a difference between two configurations of a neighbour means for its session.</summary>
internal static class NeighborComparison
{
    /// <summary>Whether nothing differs.</summary>
    public static bool Same(NeighborOptions a, NeighborOptions b) => a.Families.SequenceEqual(b.Families) && a with { Families = b.Families } == b;

    public static bool SameImport(NeighborOptions a, NeighborOptions b) =>
        Equals(a.Import, b.Import) && a.AcceptCommunities == b.AcceptCommunities && a.AllowOwnAs == b.AllowOwnAs;

    public static bool SameExport(NeighborOptions a, NeighborOptions b) => Equals(a.Export, b.Export) && a.NextHop == b.NextHop
        && Equals(a.LocalNextHopIPv4, b.LocalNextHopIPv4) && Equals(a.LocalNextHopIPv6, b.LocalNextHopIPv6)
        && a.SendCommunities == b.SendCommunities && a.RemovePrivateAs == b.RemovePrivateAs && a.AsOverride == b.AsOverride && a.AddPathLimit == b.AddPathLimit;

    /// <summary>Whether the session can stay up: only policy, limits, names and timers of the next session differ.</summary>
    public static bool SameSession(NeighborOptions a, NeighborOptions b) => Same(Bare(a), Bare(b));

    private static NeighborOptions Bare(NeighborOptions options) => options with
    {
        Name = null,
        Import = null,
        Export = null,
        NextHop = NextHopMode.Auto,
        LocalNextHopIPv4 = null,
        LocalNextHopIPv6 = null,
        SendCommunities = CommunityKinds.All,
        AcceptCommunities = CommunityKinds.All,
        RemovePrivateAs = false,
        AsOverride = false,
        AllowOwnAs = 0,
        AddPathLimit = 0,
        MaxPrefixes = null,
        MaxPrefixRestart = null,
        KeepaliveTime = null,
        ConnectRetryTime = null,
        StaleRoutesTime = TimeSpan.Zero,
        SoftReconfiguration = false,
        Passive = false,
        Shutdown = false,
        ShutdownMessage = null,
    };
}
