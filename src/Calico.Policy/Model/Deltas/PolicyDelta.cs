namespace Calico.Policy.Model.Deltas;

/// <summary>
/// One change to what is in force. The deltas of a flush, applied in order, lead from one valid state to the next: sets before the rules that use them,
/// policies and profiles before the endpoints that list them, what closes before what opens, removals last. A policy, profile or set may occur twice: on the way and as it is to be.
/// See <c>Engine/PolicyEngine.cs</c> for the guarantee.
/// </summary>
/// <remarks>The derived records are all there are: a switch over them needs no default.</remarks>
public abstract record PolicyDelta
{
    private protected PolicyDelta()
    {
    }
}

/// <summary>A set is new, or its content is given anew as a whole.</summary>
/// <param name="Id">The set's id: <c>s:…</c> selector, <c>n:…</c> named port, <c>svc:…</c>, <c>svcnoport:…</c> service.</param>
/// <param name="Kind">What its members are.</param>
/// <param name="Members">All members, sorted, without duplicates.</param>
public sealed record IpSetUpdate(string Id, IpSetKind Kind, EquatableArray<SetMember> Members) : PolicyDelta
{
    /// <summary>What the set stands for, for people: the canonical selector, <c>port http/TCP of SELECTOR</c>, <c>service ns/name</c>.</summary>
    public string Description { get; init; } = "";
}

/// <summary>Members came or went.</summary>
/// <param name="Id">The set's id; the set exists.</param>
/// <param name="Added">New members, sorted; none of them was in the set.</param>
/// <param name="Removed">Members that left, sorted; all of them were in the set.</param>
public sealed record IpSetDelta(string Id, EquatableArray<SetMember> Added, EquatableArray<SetMember> Removed) : PolicyDelta;

/// <summary>A set is no longer used by any rule.</summary>
/// <param name="Id">The set's id.</param>
public sealed record IpSetRemove(string Id) : PolicyDelta;

/// <summary>A policy is new or has changed.</summary>
/// <param name="Policy">The whole policy.</param>
public sealed record PolicyUpdate(ActivePolicy Policy) : PolicyDelta;

/// <summary>A policy is no longer active; no endpoint lists it.</summary>
/// <param name="Id">The policy.</param>
public sealed record PolicyRemove(PolicyId Id) : PolicyDelta;

/// <summary>A profile is new or has changed.</summary>
/// <param name="Profile">The whole profile.</param>
public sealed record ProfileUpdate(ActiveProfile Profile) : PolicyDelta;

/// <summary>A profile is no longer active; no endpoint lists it.</summary>
/// <param name="Name">The profile.</param>
public sealed record ProfileRemove(string Name) : PolicyDelta;

/// <summary>A workload endpoint is new, has changed, or has another list of policies.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Policies">What applies to it, in order.</param>
public sealed record WorkloadEndpointUpdate(WorkloadEndpointModel Endpoint, EndpointPolicies Policies) : PolicyDelta;

/// <summary>A workload endpoint is gone.</summary>
/// <param name="Id">The endpoint.</param>
public sealed record WorkloadEndpointRemove(WorkloadEndpointId Id) : PolicyDelta;

/// <summary>A host endpoint is new, has changed, or has another list of policies.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Policies">What applies to it, in order.</param>
public sealed record HostEndpointUpdate(HostEndpointModel Endpoint, EndpointPolicies Policies) : PolicyDelta;

/// <summary>A host endpoint is gone.</summary>
/// <param name="Id">The endpoint.</param>
public sealed record HostEndpointRemove(HostEndpointId Id) : PolicyDelta;

/// <summary>The first flush after the datastore was read completely ends with this: everything that should exist has been told.</summary>
public sealed record InSync : PolicyDelta;

/// <summary>What applies to an endpoint, in the order in which it is evaluated (Felix <c>proto.WorkloadEndpoint</c>, <c>proto.HostEndpoint</c>).</summary>
public sealed record EndpointPolicies
{
    /// <summary>Neither policy nor profile: everything is dropped.</summary>
    public static EndpointPolicies None { get; } = new();

    /// <summary>Normal policies. A tier that has none for the endpoint is absent.</summary>
    public EquatableArray<EndpointTier> Tiers { get; init; }

    /// <summary>Host endpoints: doNotTrack policies. The end of a tier always passes.</summary>
    public EquatableArray<EndpointTier> UntrackedTiers { get; init; }

    /// <summary>Host endpoints: preDNAT policies, ingress only. The end of a tier always passes.</summary>
    public EquatableArray<EndpointTier> PreDnatTiers { get; init; }

    /// <summary>Host endpoints: policies for forwarded traffic. No tier in a direction: allow. Profiles are not consulted.</summary>
    public EquatableArray<EndpointTier> ForwardTiers { get; init; }

    /// <summary>Profiles, evaluated in order after <see cref="Tiers"/>; no match drops.</summary>
    public EquatableArray<string> Profiles { get; init; }
}

/// <summary>A tier as one endpoint sees it.</summary>
/// <param name="Name">The tier.</param>
/// <param name="DefaultAction">What happens at its end, if a policy of the direction that is not staged is listed.</param>
/// <param name="Ingress">Policies for traffic to the endpoint, in order; staged ones included, to be counted and not enforced.</param>
/// <param name="Egress">Policies for traffic from the endpoint, in order; staged ones included.</param>
public sealed record EndpointTier(string Name, TierDefaultAction DefaultAction, EquatableArray<PolicyId> Ingress, EquatableArray<PolicyId> Egress);
