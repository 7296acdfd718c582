using System.Diagnostics.CodeAnalysis;

namespace Calico.Datastore;

/// <summary>What a key of Calico's etcd layout stands for: API objects, IPAM documents, and the internal and status keys (libcalico-go <c>lib/backend/model</c>).</summary>
/// <remarks>Parts are named as Calico's Go types name them. <c>/</c> and <c>%</c> within a part are written <c>%2f</c> and <c>%25</c>.</remarks>
public sealed class CalicoKey
{
    internal CalicoKey(string type, IReadOnlyDictionary<string, string> parts) => (Type, Parts) = (type, parts);

    /// <summary>The Go type's name, for example <c>WorkloadEndpointKey</c>, <c>BlockKey</c>, <c>ResourceKey</c>.</summary>
    public string Type { get; }

    /// <summary>The parts by name, for example <c>Hostname</c>, <c>CIDR</c>, <c>Kind</c>.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; }

    /// <summary>Reads a key; false when it is none of Calico's. Never throws.</summary>
    public static bool TryParse(string path, [NotNullWhen(true)] out CalicoKey? key)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.StartsWith("/calico/resources/", StringComparison.Ordinal)) key = FromResource(path);
        else key = KeyPattern.Match(path) is { } found ? Refine(found) : null;
        return key is not null;
    }

    /// <summary>The internal key of a BGP peer (<c>/calico/bgp/v1/…/peer_v4/…</c>); port 179 is left out.</summary>
    /// <param name="node">The node it is of; null = a global peer.</param>
    /// <param name="address">The peer's address.</param>
    /// <param name="port">Its TCP port.</param>
    public static string BgpPeer(string? node, System.Net.IPAddress address, int port = 179)
    {
        ArgumentNullException.ThrowIfNull(address);
        string family = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "peer_v6" : "peer_v4";
        string where = node is null ? "global" : $"host/{KeyPattern.Escape(node)}";
        return port == 179 ? $"/calico/bgp/v1/{where}/{family}/{address}" : $"/calico/bgp/v1/{where}/{family}/{address}-{port}";
    }

    private static CalicoKey? FromResource(string path)
    {
        if (!ResourceKey.TryParse(path, out ResourceKey? key)) return null;
        Dictionary<string, string> parts = new(StringComparer.Ordinal) { ["Kind"] = key.Kind.Kind, ["Name"] = key.Name };
        if (key.Kind.IsNamespaced) parts["Namespace"] = key.Namespace;
        return new("ResourceKey", parts);
    }

    private static CalicoKey? Refine(CalicoKey found) => found.Type switch
    {
        "LegacyPolicyKey" => LegacyPolicy(found.Parts["Tier"], found.Parts["Name"]),
        "BlockKey" or "BlockAffinityKey" or "VirtualBlockAffinityKey" or "IPPoolKey" => Cidr(found),
        "GlobalBGPPeerKey" or "NodeBGPPeerKey" => Peer(found),
        _ => found,
    };

    /// <summary>Old names carried namespace, kind and tier: <c>ns/knp.default.name</c>, <c>ns/staged:name</c>, <c>kcnp.tier.name</c>.</summary>
    private static CalicoKey LegacyPolicy(string tier, string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string space = slash < 0 ? "" : text[..slash], name = text[(slash + 1)..];
        bool staged = Strip(ref name, "staged:");
        string kind;
        if (Strip(ref name, "knp.default.")) kind = "KubernetesNetworkPolicy";
        else if (Strip(ref name, "kcnp.")) kind = "KubernetesClusterNetworkPolicy";
        else kind = slash < 0 ? "GlobalNetworkPolicy" : "NetworkPolicy";
        Dictionary<string, string> parts = new(StringComparer.Ordinal) { ["Kind"] = staged ? $"Staged{kind}" : kind, ["Name"] = name, ["Tier"] = tier };
        if (space.Length > 0) parts["Namespace"] = space;
        return new("LegacyPolicyKey", parts);
    }

    private static bool Strip(ref string text, string prefix)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal)) return false;
        text = text[prefix.Length..];
        return true;
    }

    private static CalicoKey? Cidr(CalicoKey found)
    {
        string text = found.Parts["CIDR"];
        int dash = text.LastIndexOf('-');
        if (dash < 0 || !Net.IpPrefix.TryParse($"{text[..dash]}/{text[(dash + 1)..]}", out Net.IpPrefix prefix)) return null;
        if (found.Parts.TryGetValue("Version", out string? version) && version != (prefix.IsIPv6 ? "ipv6" : "ipv4")) return null;
        Dictionary<string, string> parts = new(found.Parts, StringComparer.Ordinal) { ["CIDR"] = prefix.ToString() };
        parts.Remove("Version");
        return new(found.Type, parts);
    }

    private static CalicoKey? Peer(CalicoKey found)
    {
        string text = found.Parts["PeerIP"], port = "179";
        int dash = text.LastIndexOf('-');
        if (dash >= 0) (text, port) = (text[..dash], text[(dash + 1)..]);
        if (!Net.IpPrefix.TryParse(text, out Net.IpPrefix address) || !address.IsHost || !ushort.TryParse(port, out _)) return null;
        return new(found.Type, new Dictionary<string, string>(found.Parts, StringComparer.Ordinal) { ["PeerIP"] = text, ["Port"] = port });
    }
}
