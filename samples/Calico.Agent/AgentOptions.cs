using Calico.Datastore;

namespace Calico.Agent;

/// <summary>All that an agent has to be told.</summary>
internal sealed record AgentOptions
{
    /// <summary>The node's name in the datastore.</summary>
    public required string Node { get; init; }

    /// <summary>Where the datastore is: SQLite or etcd.</summary>
    public required DatastoreAddress Datastore { get; init; }

    /// <summary>IP autodetection as Calico has it: <c>first-found</c>, <c>interface=REGEX</c>, <c>skip-interface=REGEX</c>, <c>cidr=RANGE</c>.</summary>
    public string AddressDetection { get; init; } = "first-found";

    /// <summary>CALICO_ROUTER_ID.</summary>
    public string? RouterId { get; init; }

    /// <summary>A file that flow records are appended to as lines of JSON; null for none.</summary>
    public string? FlowLog { get; init; }

    /// <summary>Where <c>calico bgp</c> asks; null: nowhere.</summary>
    public string? BgpSocket { get; init; }
}
