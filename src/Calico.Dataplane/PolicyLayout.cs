namespace Calico.Dataplane;

/// <summary>How one list of policies is laid out in the kernel. Endpoints with the same list share it.</summary>
/// <param name="Chain">The chain the walk begins at.</param>
/// <param name="Policies">Tiers with their policies, then the profiles, in order.</param>
/// <param name="Shape">Chains or maps.</param>
/// <param name="Reason">Why that shape: the number that decided, and the option it was held against.</param>
/// <param name="Rules">Rules that the list makes when it is not laid out in maps.</param>
/// <param name="Elements">Elements of its maps; 0 for chains.</param>
public sealed record PolicyLayout(string Chain, string Policies, PolicyShape Shape, string Reason, int Rules, int Elements);

/// <summary>How the policies of one workload endpoint are laid out.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Interface">Its interface on the host.</param>
/// <param name="Egress">For what it sends.</param>
/// <param name="Ingress">For what it is sent.</param>
public sealed record EndpointLayout(Policy.Model.WorkloadEndpointId Endpoint, string Interface, PolicyLayout Egress, PolicyLayout Ingress);
