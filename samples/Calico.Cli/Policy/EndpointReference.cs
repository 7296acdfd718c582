using System.Net;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Cli.Policy;

/// <summary>One end of a flow as a person names it: <c>ns/pod</c>, an IP address, or <c>node:NAME</c>.</summary>
internal sealed record EndpointReference(string Name, IReadOnlyList<IPAddress> Addresses)
{
    public static EndpointReference? Find(string text, ManifestCluster cluster, out string error)
    {
        error = "";
        string plain = text.StartsWith("ip:", StringComparison.Ordinal) ? text[3..] : text;
        if (IPAddress.TryParse(plain, out IPAddress? address)) return new EndpointReference(plain, [address]);
        if (text.StartsWith("node:", StringComparison.Ordinal))
        {
            if (cluster.State.Nodes.TryGetValue(text["node:".Length..], out NodeModel? node)) return new EndpointReference(text, [.. node.Addresses]);
            error = $"there is no node {text["node:".Length..]} with an address in the manifests";
            return null;
        }

        Pod? pod = cluster.Pods.FirstOrDefault(p => $"{p.Metadata.Namespace}/{p.Metadata.Name}" == text);
        if (pod is not null)
        {
            IPAddress[] addresses = [.. AddressesOf(pod)];
            if (addresses.Length > 0) return new EndpointReference(text, addresses);
            error = $"pod {text} has no address";
            return null;
        }

        string near = string.Join(", ", cluster.Pods.Select(static p => $"{p.Metadata.Namespace}/{p.Metadata.Name}").Where(n => n.EndsWith('/' + text, StringComparison.Ordinal)));
        error = $"'{text}' is no ns/pod of the manifests, IP address or node:NAME{(near.Length > 0 ? $"; did you mean {near}?" : "")}";
        return null;
    }

    public static IEnumerable<IPAddress> AddressesOf(Pod pod) =>
        (pod.Status?.PodIPs.Select(static a => a.Ip) ?? []).Append(pod.Status?.PodIP).Select(static t => IPAddress.TryParse(t, out IPAddress? a) ? a : null).OfType<IPAddress>().Distinct();
}
