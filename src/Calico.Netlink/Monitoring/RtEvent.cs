namespace Calico.Netlink;

/// <summary>Something changed in a network namespace.</summary>
public abstract record RtEvent
{
    private protected RtEvent()
    {
    }

    /// <summary>True when the object is gone.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Port id of the socket whose request caused it; 0 for the kernel itself.</summary>
    public uint Origin { get; init; }
}

/// <summary>An interface came, changed or went.</summary>
/// <param name="Link">The interface as it is now, or was.</param>
public sealed record LinkEvent(Link Link) : RtEvent;

/// <summary>An address came, changed or went.</summary>
/// <param name="Address">The address as it is now, or was.</param>
public sealed record AddressEvent(InterfaceAddress Address) : RtEvent;

/// <summary>A route came, was replaced or went. The kernel is silent about IPv4 routes that go with their link.</summary>
/// <param name="Route">The route as it is now, or was.</param>
public sealed record RouteEvent(Route Route) : RtEvent
{
    /// <summary>True when it took the place of another.</summary>
    public bool IsReplacement { get; init; }
}

/// <summary>A policy rule came or went.</summary>
/// <param name="Rule">The rule.</param>
public sealed record RuleEvent(RoutingRule Rule) : RtEvent;

/// <summary>A neighbour or forwarding entry came, changed or went.</summary>
/// <param name="Neighbour">The entry as it is now, or was.</param>
public sealed record NeighbourEvent(Neighbour Neighbour) : RtEvent;

/// <summary>A nexthop object came, changed or went.</summary>
/// <param name="Nexthop">The object as it is now, or was.</param>
public sealed record NexthopEvent(Nexthop Nexthop) : RtEvent;

/// <summary>The reader was too slow and events were lost: what is known of the namespace is stale, read it back.</summary>
public sealed record EventsLost : RtEvent;
