using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Datastore.Validation;

/// <summary>BGPConfiguration and BGPPeer (libcalico-go <c>validator/v3</c>, api <c>bgpconfig.go</c>, <c>bgppeer.go</c>).</summary>
internal sealed class BgpRule : IResourceRule
{
    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind == ResourceKinds.BGPConfiguration) Configuration(resource.Name, FieldReader.Spec(resource, problems));
        else if (resource.Kind == ResourceKinds.BGPPeer) Peer(FieldReader.Spec(resource, problems));
    }

    /// <summary><c>a.b.c.d</c>, <c>a.b.c.d:port</c>, <c>x::y</c> or <c>[x::y]:port</c>; null when it is none of them.</summary>
    public static IPAddress? PeerAddress(string text)
    {
        string address = text, port = "179";
        if (text.StartsWith('['))
        {
            int close = text.IndexOf("]:", StringComparison.Ordinal);
            if (close < 0) return null;
            (address, port) = (text[1..close], text[(close + 2)..]);
        }
        else if (text.Count(c => c == ':') == 1)
        {
            (address, port) = (text[..text.IndexOf(':', StringComparison.Ordinal)], text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        }

        bool valid = IpPrefix.TryParse(address, out IpPrefix prefix) && !address.Contains('/', StringComparison.Ordinal)
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0;
        return valid ? prefix.ToAddress() : null;
    }

    /// <summary>A standard community <c>16:16</c> or a large one <c>32:32:32</c>.</summary>
    public static bool IsCommunity(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length switch
        {
            2 => parts.All(p => ushort.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _)),
            3 => parts.All(p => uint.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _)),
            _ => false,
        };
    }

    public static bool IsInterfacePattern(string text) =>
        text.Length is > 0 and <= 15 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '*');

    private static void Configuration(string name, FieldReader spec)
    {
        if (spec.Text("logSeverityScreen") is { } severity && !IsSeverity(severity)) spec.Add("logSeverityScreen", $"'{severity}' is not one of None, Trace, Debug, Info, Warning, Error, Fatal");
        bool? mesh = spec.Flag("nodeToNodeMeshEnabled");
        spec.AsNumber("asNumber");
        if (name != "default")
        {
            foreach (string field in (string[])["nodeToNodeMeshEnabled", "asNumber"])
            {
                if (spec.Has(field)) spec.Add(field, "may only be set in the BGPConfiguration 'default'");
            }
        }

        foreach (string field in (string[])["nodeMeshPassword", "nodeMeshMaxRestartTime"])
        {
            if (mesh == false && spec.Has(field)) spec.Add(field, "may not be set while nodeToNodeMeshEnabled is false");
        }

        foreach (string field in (string[])["serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs"])
        {
            foreach (FieldReader range in spec.Objects(field)) range.Cidr("cidr");
        }

        spec.Number("listenPort", 1, 65535);
        spec.OneOf("bindMode", "None", "NodeIP");
        spec.OneOf("serviceLoadBalancerAggregation", "Enabled", "Disabled");
        foreach ((string pattern, string field) in spec.Texts("ignoredInterfaces"))
        {
            if (!IsInterfacePattern(pattern) || pattern == "*") spec.AddAt(field, $"'{pattern}' is not an interface name with wildcards");
        }

        spec.Address("localWorkloadPeeringIPV4", 4);
        spec.Address("localWorkloadPeeringIPV6", 6);
        Communities(spec);
    }

    private static void Communities(FieldReader spec)
    {
        HashSet<string> named = new(StringComparer.Ordinal);
        foreach (FieldReader community in spec.Objects("communities"))
        {
            if (community.Text("name") is { Length: > 0 } name) named.Add(name);
            else community.Add("name", "is missing");
            string value = community.Text("value") ?? "";
            if (!IsCommunity(value)) community.Add("value", $"'{value}' is not a community aa:nn or aa:nn:mm");
        }

        bool advertised = false;
        foreach (FieldReader advertisement in spec.Objects("prefixAdvertisements"))
        {
            advertised = true;
            advertisement.Cidr("cidr");
            int count = 0;
            foreach ((string text, string field) in advertisement.Texts("communities"))
            {
                count++;
                if (!named.Contains(text) && !IsCommunity(text)) advertisement.AddAt(field, $"'{text}' is neither a community nor the name of one");
            }

            if (count == 0) advertisement.Add("communities", "must name at least one community");
        }

        if (spec.Has("communities") && !advertised) spec.Add("communities", "are of no use without prefixAdvertisements");
    }

    private static void Peer(FieldReader spec)
    {
        IPAddress? peer = null;
        if (spec.Text("peerIP") is { Length: > 0 } text && (peer = PeerAddress(text)) is null)
            spec.Add("peerIP", $"'{text}' is not an address, address:port or [IPv6 address]:port");
        spec.AsNumber("asNumber");
        foreach (string selector in (string[])["nodeSelector", "peerSelector", "localWorkloadSelector"]) spec.Selector(selector);
        Exclusive(spec, "node", "nodeSelector");
        Exclusive(spec, "peerSelector", "peerIP");
        Exclusive(spec, "peerSelector", "asNumber");
        Exclusive(spec, "localWorkloadSelector", "peerIP");
        Exclusive(spec, "localWorkloadSelector", "peerSelector");
        Exclusive(spec, "keepOriginalNextHop", "nextHopMode");
        if (spec.Has("localWorkloadSelector") && !spec.Has("asNumber")) spec.Add("asNumber", "must be set with localWorkloadSelector");
        if (spec.Address("reachableBy") is { } gateway)
        {
            if (!spec.Has("peerIP")) spec.Add("reachableBy", "needs peerIP");
            else if (peer is not null && peer.AddressFamily != gateway.AddressFamily) spec.Add("reachableBy", "must be of the same family as peerIP");
        }

        spec.OneOf("sourceAddress", "UseNodeIP", "None");
        spec.OneOf("nextHopMode", "Auto", "Self", "Keep");
        spec.OneOf("reversePeering", "Auto", "Manual");
        spec.Number("ttlSecurity", 0, 255);
        spec.Number("numAllowedLocalASNumbers", 0, int.MaxValue);
        spec.AsNumber("localASNumber");
    }

    private static void Exclusive(FieldReader spec, string first, string second)
    {
        if (spec.Has(first) && spec.Has(second)) spec.Add(first, $"may not be set together with {second}");
    }

    private static bool IsSeverity(string text) =>
        ((string[])["none", "trace", "debug", "info", "warning", "error", "fatal"]).Contains(text, StringComparer.OrdinalIgnoreCase);
}
