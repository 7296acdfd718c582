using Calico.Policy.Model;

namespace Calico.Dataplane;

/// <summary>How far a workload endpoint has come.</summary>
public enum EndpointState
{
    /// <summary>Its policy is not in force yet, or its interface is not there yet.</summary>
    Pending,

    /// <summary>Policy is in force, then its routes were made: packets may flow.</summary>
    Realised,

    /// <summary>Policy is in force; the endpoint is administratively down and has no routes.</summary>
    Down,

    /// <summary>The kernel refused something of it: it is closed until that is repaired.</summary>
    Failed,
}

/// <summary>The state of an endpoint at a generation of its policy.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Generation">How many times the endpoint or its list of policies was given so far: the status is about that version.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Reason">Why it is not further, for people; empty when realised.</param>
public sealed record EndpointStatus(WorkloadEndpointId Endpoint, long Generation, EndpointState State, string Reason = "");
