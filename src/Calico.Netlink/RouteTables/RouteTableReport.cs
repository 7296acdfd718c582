namespace Calico.Netlink;

/// <summary>A wanted route whose place is taken by a route that is not ours. It is left alone and tried again at the next apply.</summary>
/// <param name="Wanted">The route that is not in the kernel.</param>
/// <param name="Existing">The route in its way.</param>
public sealed record RouteConflict(Route Wanted, Route Existing)
{
    /// <summary>Both routes and the protocol that holds the place, by name.</summary>
    public override string ToString() =>
        $"{new RouteKey(Wanted)}: held by a route of protocol {RouteProtocols.NameOf(Existing.Protocol)} ({(int)Existing.Protocol}): {Existing}";
}

/// <summary>A wanted route that the kernel refused. It is tried again at the next apply.</summary>
/// <param name="Route">The route.</param>
/// <param name="Error">What the kernel said.</param>
public sealed record RouteFailure(Route Route, NetlinkRequestError Error)
{
    /// <summary>The route and the kernel's answer.</summary>
    public override string ToString() => $"{Route}: {Error.ToException().Message}";
}

/// <summary>What one apply did.</summary>
public sealed record RouteTableReport
{
    /// <summary>Routes added.</summary>
    public int Added { get; init; }

    /// <summary>Routes replaced in place.</summary>
    public int Replaced { get; init; }

    /// <summary>Routes deleted.</summary>
    public int Deleted { get; init; }

    /// <summary>True when the kernel's table was read back first.</summary>
    public bool Resynced { get; init; }

    /// <summary>Wanted routes whose place is taken.</summary>
    public IReadOnlyList<RouteConflict> Conflicts { get; init; } = [];

    /// <summary>Wanted routes the kernel refused.</summary>
    public IReadOnlyList<RouteFailure> Failures { get; init; } = [];

    /// <summary>True when the kernel now has exactly the wanted routes.</summary>
    public bool IsInSync => Conflicts.Count == 0 && Failures.Count == 0;
}

/// <summary>Names of route protocols (/etc/iproute2/rt_protos).</summary>
internal static class RouteProtocols
{
    public static string NameOf(RouteProtocol protocol) => (int)protocol switch
    {
        0 => "unspec", 1 => "redirect", 2 => "kernel", 3 => "boot", 4 => "static", 8 => "gated", 9 => "ra", 10 => "mrt", 11 => "zebra", 12 => "bird",
        13 => "dnrouted", 14 => "xorp", 15 => "ntk", 16 => "dhcp", 18 => "keepalived", 42 => "babel", 80 => "calico", 186 => "bgp", 187 => "isis", 188 => "ospf",
        189 => "rip", 192 => "eigrp", int other => AttributeNames.Numbered("number", other),
    };
}
