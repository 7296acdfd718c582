namespace Calico.Netlink;

/// <summary>Which routes a <see cref="RouteTable"/> owns and how it writes them.</summary>
public sealed record RouteTableOptions
{
    /// <summary>The kernel's table. Default <see cref="WellKnownRouteTables.Main"/>.</summary>
    public uint Table { get; init; } = WellKnownRouteTables.Main;

    /// <summary>The protocol that marks own routes: every route of it in the table is ours, all others are never touched. Default <see cref="RouteProtocol.Calico"/>.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Calico;

    /// <summary>Routes in one batch, 1 to 65,536. Default 512: more gains nothing.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>How long <see cref="RouteTable.RunAsync"/> gathers changes before it applies them. Default 20 ms.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often <see cref="RouteTable.RunAsync"/> reads the table back even if nothing was reported. Default 90 s; <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>When next hops that many routes share become nexthop objects. Default <see cref="NexthopObjects.Automatic"/>.</summary>
    public NexthopObjects NexthopObjects { get; init; }

    /// <summary>How many routes must be added through the same next hop for an object to pay. Default 256.</summary>
    public int NexthopObjectThreshold { get; init; } = 256;

    /// <summary>The first of the nexthop ids this table uses; it takes the 65,536 from there on. Default 0x43A00000.</summary>
    public uint FirstNexthopId { get; init; } = 0x43A0_0000;
}

/// <summary>When a <see cref="RouteTable"/> uses nexthop objects (kernel 5.3 and later).</summary>
public enum NexthopObjects
{
    /// <summary>For next hops that many new routes share: the kernel then adds routes almost twice as fast.</summary>
    Automatic,

    /// <summary>Never: each route carries its gateway.</summary>
    Never,
}
