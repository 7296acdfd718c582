using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Calico.Datastore;
using Calico.Netlink;

namespace Calico.Agent;

/// <summary>Finds the node's own addresses and writes them into its Node object, as calico-node does at start.</summary>
internal static partial class NodeIdentity
{
    public static async Task RegisterAsync(AgentOptions options, ResourceStore store, RtNetlink netlink, CancellationToken cancellation)
    {
        (string? v4, string? v6) = await DetectAsync(options.AddressDetection, netlink, cancellation);
        if (v4 is null && v6 is null)
            throw new InvalidOperationException($"No address found on any interface (detection: {options.AddressDetection}).");
        ResourceKey key = new(ResourceKinds.Node, "", options.Node);
        if (await store.GetAsync(key, cancellation) is null)
        {
            try
            {
                Resource created = new(key);
                created.SetLabel("kubernetes.io/hostname", options.Node);
                SetAddresses(created, v4, v6);
                await store.CreateAsync(created, cancellation);
                return;
            }
            catch (ResourceException)
            {
                // Somebody else made it meanwhile: change what is there.
            }
        }

        await store.ModifyAsync(key, node => SetAddresses(node, v4, v6), cancellation);
    }

    private static void SetAddresses(Resource node, string? v4, string? v6)
    {
        if (node.Spec["bgp"] is not JsonObject bgp) node.Spec["bgp"] = bgp = [];
        if (v4 is not null) bgp["ipv4Address"] = v4;
        if (v6 is not null) bgp["ipv6Address"] = v6;
    }

    private static async Task<(string? V4, string? V6)> DetectAsync(string method, RtNetlink netlink, CancellationToken cancellation)
    {
        IReadOnlyList<Link> links = [.. (await netlink.Links.ListAsync(cancellationToken: cancellation)).Where(l => l.IsUp && !NeverOurs().IsMatch(l.Name)).OrderBy(l => l.Index)];
        IReadOnlyList<InterfaceAddress> addresses = await netlink.Addresses.ListAsync(cancellationToken: cancellation);
        Func<Link, InterfaceAddress, bool> wanted = Criterion(method);
        string? Find(bool v6) => (
            from link in links
            from address in addresses
            where address.InterfaceIndex == link.Index && address.IsIPv6 == v6 && address.Scope == RouteScope.Universe && wanted(link, address)
            select $"{address.Address}/{address.PrefixLength}").FirstOrDefault();
        return (Find(v6: false), Find(v6: true));
    }

    private static Func<Link, InterfaceAddress, bool> Criterion(string method) => method.Split('=', 2) switch
    {
        ["first-found"] => (_, _) => true,
        ["interface", string names] => (link, _) => IsOneOf(link.Name, names),
        ["skip-interface", string names] => (link, _) => !IsOneOf(link.Name, names),
        ["cidr", string ranges] => (_, address) => ranges.Split(',').Any(range => IPNetwork.Parse(range.Trim()).Contains(address.Address)),
        _ => throw new ArgumentException($"'{method}' is no way to find addresses: first-found, interface=REGEX, skip-interface=REGEX or cidr=RANGE."),
    };

    private static bool IsOneOf(string name, string patterns) =>
        patterns.Split(',').Any(p => Regex.IsMatch(name, $"^(?:{p.Trim()})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));

    // What calico-node never takes for the node's own: bridges, workload interfaces and tunnels.
    [GeneratedRegex("^(docker.*|cbr.*|dummy.*|virbr.*|lxcbr.*|veth.*|lo|cali.*|tunl.*|flannel.*|kube-ipvs.*|cni.*|vxlan.*calico|wireguard.cali|wg-v6.cali|nodelocaldns.*|podman.*|bpf.*cali)$")]
    private static partial Regex NeverOurs();
}
