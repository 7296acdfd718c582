namespace Calico.Datastore.Validation;

/// <summary>Calico's Node (libcalico-go <c>apis/internalapi/node.go</c>).</summary>
internal sealed class NodeRule : IResourceRule
{
    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind != ResourceKinds.Node) return;
        FieldReader spec = FieldReader.Spec(resource, problems);
        if (spec.Object("bgp") is { } bgp)
        {
            bgp.AsNumber("asNumber");
            bgp.Cidr("ipv4Address", 4);
            bgp.Cidr("ipv6Address", 6);
            bgp.Address("ipv4IPIPTunnelAddr", 4);
            bgp.Address("routeReflectorClusterID", 4);
        }

        spec.Address("ipv4VXLANTunnelAddr", 4);
        spec.Address("ipv6VXLANTunnelAddr", 6);
        if (spec.Object("wireguard") is { } wireguard)
        {
            wireguard.Address("interfaceIPv4Address", 4);
            wireguard.Address("interfaceIPv6Address", 6);
        }

        foreach (FieldReader address in spec.Objects("addresses"))
        {
            if (!address.Has("address")) address.Add("address", "is missing");
        }
    }
}
