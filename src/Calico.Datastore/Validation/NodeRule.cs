using System.Text.Json.Nodes;

namespace Calico.Datastore.Validation;

/// <summary>Calico's Node (libcalico-go <c>apis/internalapi/node.go</c>).</summary>
internal sealed class NodeRule : IResourceRule
{
    private const int KeyOctets = 32;

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind != ResourceKinds.Node) return;
        FieldReader spec = FieldReader.Spec(resource, problems);
        if (spec.Object("bgp") is { } bgp)
        {
            if (bgp.Count == 0) spec.Add("bgp", "is empty: leave it out");
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

        if (resource.Json["status"] is not JsonObject json) return;
        FieldReader status = new(json, "status", problems);
        foreach (string field in (string[])["wireguardPublicKey", "wireguardPublicKeyV6"])
        {
            if (status.Text(field) is { Length: > 0 } key && !IsKey(key)) status.Add(field, "must be a WireGuard public key: 32 octets in base64");
        }
    }

    private static bool IsKey(string text)
    {
        Span<byte> key = stackalloc byte[KeyOctets + 1];
        return Convert.TryFromBase64String(text, key, out int octets) && octets == KeyOctets;
    }
}
