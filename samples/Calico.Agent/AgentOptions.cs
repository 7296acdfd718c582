namespace Calico.Agent;

/// <summary>All that an agent has to be told.</summary>
internal sealed record AgentOptions
{
    /// <summary>The node's name in the datastore.</summary>
    public required string Node { get; init; }

    /// <summary><c>sqlite:///PATH</c> or <c>etcd://HOST:PORT[,HOST:PORT…]</c>.</summary>
    public required string Datastore { get; init; }

    /// <summary>IP autodetection as Calico has it: <c>first-found</c>, <c>interface=REGEX</c>, <c>skip-interface=REGEX</c>, <c>cidr=RANGE</c>.</summary>
    public string AddressDetection { get; init; } = "first-found";

    /// <summary>CALICO_ROUTER_ID.</summary>
    public string? RouterId { get; init; }
}
