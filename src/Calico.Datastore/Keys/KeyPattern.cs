using System.Text;

namespace Calico.Datastore;

/// <summary>The shapes of Calico's keys: fixed segments and named ones. A segment that ends with <c>*</c> takes the rest of the path.</summary>
internal sealed class KeyPattern
{
    private static readonly KeyPattern[] All =
    [
        new("WorkloadEndpointKey", "/calico/v1/host/{Hostname}/workload/{OrchestratorID}/{WorkloadID}/endpoint/{EndpointID}"),
        new("HostEndpointKey", "/calico/v1/host/{Hostname}/endpoint/{EndpointID}"),
        new("HostConfigKey", "/calico/v1/host/{Hostname}/config/{Name*}"),
        new("HostIPKey", "/calico/v1/host/{Hostname}/metadata"),
        new("WireguardKey", "/calico/v1/host/{Hostname}/wireguard"),
        new("GlobalConfigKey", "/calico/v1/config/{Name*}"),
        new("NetworkSetKey", "/calico/v1/netset/{Name}"),
        new("ReadyFlagKey", "/calico/v1/Ready"),
        new("IPPoolKey", "/calico/v1/ipam/v4/pool/{CIDR}"),
        new("IPPoolKey", "/calico/v1/ipam/v6/pool/{CIDR}"),
        new("TierKey", "/calico/v1/policy/tier/{Name}/metadata"),
        new("LegacyPolicyKey", "/calico/v1/policy/tier/{Tier}/policy/{Name}"),
        new("ProfileRulesKey", "/calico/v1/policy/profile/{Name}/rules"),
        new("ProfileLabelsKey", "/calico/v1/policy/profile/{Name}/labels"),
        new("PolicyKey", "/calico/v1/policy/{Kind}/{Namespace?}/{Name}"),
        new("GlobalBGPPeerKey", "/calico/bgp/v1/global/peer_v4/{PeerIP}"),
        new("GlobalBGPPeerKey", "/calico/bgp/v1/global/peer_v6/{PeerIP}"),
        new("NodeBGPPeerKey", "/calico/bgp/v1/host/{Nodename}/peer_v4/{PeerIP}"),
        new("NodeBGPPeerKey", "/calico/bgp/v1/host/{Nodename}/peer_v6/{PeerIP}"),
        new("GlobalBGPConfigKey", "/calico/bgp/v1/global/{Name*}"),
        new("NodeBGPConfigKey", "/calico/bgp/v1/host/{Nodename}/{Name*}"),
        new("BlockKey", "/calico/ipam/v2/assignment/{Version}/block/{CIDR}"),
        new("BlockAffinityKey", "/calico/ipam/v2/host/{Host}/{Version}/block/{CIDR}"),
        new("VirtualBlockAffinityKey", "/calico/ipam/v2/virtual/{Host}/{Version}/block/{CIDR}"),
        new("IPAMHandleKey", "/calico/ipam/v2/handle/{HandleID}"),
        new("IPAMConfigKey", "/calico/ipam/v2/config"),
        new("IPAMHostKey", "/calico/ipam/v2/host/{Host}"),
        new("HostEndpointStatusKey", "/calico/felix/v1/host/{Hostname}/endpoint/{EndpointID}"),
        new("ActiveStatusReportKey", "/calico/felix/v2/{RegionString}/host/{Hostname}/status"),
        new("LastStatusReportKey", "/calico/felix/v2/{RegionString}/host/{Hostname}/last_reported_status"),
        new("WorkloadEndpointStatusKey", "/calico/felix/v2/{RegionString}/host/{Hostname}/workload/{OrchestratorID}/{WorkloadID}/endpoint/{EndpointID}"),
    ];

    private readonly string _type;
    private readonly string[] _segments;

    private KeyPattern(string type, string pattern) => (_type, _segments) = (type, pattern.Split('/'));

    public static CalicoKey? Match(string path)
    {
        string[] segments = path.Split('/');
        foreach (KeyPattern pattern in All)
        {
            if (pattern.TryMatch(segments) is { } parts) return new(pattern._type, parts);
        }

        return null;
    }

    public static string Escape(string part) => part.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2f", StringComparison.Ordinal);

    private static string Unescape(string part)
    {
        if (!part.Contains('%', StringComparison.Ordinal)) return part;
        StringBuilder text = new(part);
        return text.Replace("%2f", "/").Replace("%2F", "/").Replace("%25", "%").ToString();
    }

    private Dictionary<string, string>? TryMatch(string[] path)
    {
        bool open = _segments[^1].EndsWith("*}", StringComparison.Ordinal);
        if (open ? path.Length < _segments.Length : path.Length != _segments.Length) return null;
        Dictionary<string, string> parts = new(StringComparer.Ordinal);
        for (int i = 0; i < _segments.Length; i++)
        {
            string segment = _segments[i];
            if (!segment.StartsWith('{'))
            {
                if (segment != path[i]) return null;
                continue;
            }

            bool rest = open && i == _segments.Length - 1, optional = segment.EndsWith("?}", StringComparison.Ordinal);
            string value = Unescape(rest ? string.Join('/', path[i..]) : path[i]);
            if (value.Length == 0 && !optional) return null;
            if (value.Length > 0) parts[segment.Trim('{', '}', '*', '?')] = value;
        }

        return parts;
    }
}
