namespace Calico.Dataplane;

/// <summary>What a workload's packet to its own host gets after its egress policy allowed it.</summary>
public enum EndpointToHostAction
{
    /// <summary>Dropped. Neighbour discovery and replies still pass.</summary>
    Drop,

    /// <summary>Accepted.</summary>
    Accept,

    /// <summary>Carried on to the host's own rules.</summary>
    Return,
}

/// <summary>What the sender of a denied packet sees.</summary>
public enum DenyAction
{
    /// <summary>Nothing.</summary>
    Drop,

    /// <summary>TCP reset, or ICMP administratively prohibited.</summary>
    Reject,
}

/// <summary>Which destinations NAT outgoing leaves alone.</summary>
public enum NatOutgoingExclusions
{
    /// <summary>Addresses of every IP pool.</summary>
    IPPoolsOnly,

    /// <summary>Addresses of every IP pool and of every node.</summary>
    IPPoolsAndHostIPs,
}

/// <summary>How a list of policies is laid out in the kernel. Both shapes give every packet the same verdict.</summary>
public enum PolicyShape
{
    /// <summary>Maps where the number of rules makes them cheaper and the budget allows, chains elsewhere.</summary>
    Auto,

    /// <summary>One kernel rule (or two) per policy rule, in order: a packet pays for each rule it walks past.</summary>
    Chains,

    /// <summary>Address to class, then class, protocol and port to verdict: a packet pays the same however many rules there are.</summary>
    Maps,
}

/// <summary>A rate with its burst.</summary>
/// <param name="Rate">Events per <paramref name="Unit"/>, at least 1.</param>
/// <param name="Unit">One second, minute, hour or day.</param>
/// <param name="Burst">Events that may come at once (LogActionRateLimitBurst, default 5).</param>
public readonly record struct RateLimit(ulong Rate, TimeSpan Unit, uint Burst = 5);
