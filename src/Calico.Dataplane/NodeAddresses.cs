using System.Net;
using System.Text.RegularExpressions;
using Calico.Netlink;

namespace Calico.Dataplane;

/// <summary>Finds the addresses a node is known by, as calico-node does at start (IP_AUTODETECTION_METHOD).</summary>
public static partial class NodeAddresses
{
    /// <summary>The first address of each family that a method accepts, on the interfaces that are up, in the order of their indexes; never on bridges, workload interfaces and tunnels.</summary>
    /// <param name="method"><c>first-found</c>, <c>interface=REGEX[,REGEX…]</c>, <c>skip-interface=REGEX[,REGEX…]</c> or <c>cidr=RANGE[,RANGE…]</c>.</param>
    /// <param name="netlink">The node's interfaces.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The addresses with their prefix lengths, as a Node object has them; null where there is none.</returns>
    /// <exception cref="ArgumentException">It is none of these methods.</exception>
    public static async ValueTask<(string? IPv4, string? IPv6)> DetectAsync(string method, RtNetlink netlink, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(netlink);
        Func<Link, InterfaceAddress, bool> wanted = Criterion(method);
        IReadOnlyList<Link> links = await netlink.Links.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        IReadOnlyList<InterfaceAddress> addresses = await netlink.Addresses.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        string? find(bool v6) => (
            from link in links.Where(l => l.IsUp && !NeverOurs().IsMatch(l.Name)).OrderBy(l => l.Index)
            from address in addresses
            where address.InterfaceIndex == link.Index && address.IsIPv6 == v6 && address.Scope == RouteScope.Universe && wanted(link, address)
            select $"{address.Address}/{address.PrefixLength}").FirstOrDefault();
        return (find(v6: false), find(v6: true));
    }

    private static Func<Link, InterfaceAddress, bool> Criterion(string method) => method.Split('=', 2) switch
    {
        ["first-found"] => static (_, _) => true,
        ["interface", string names] => (link, _) => IsOneOf(link.Name, names),
        ["skip-interface", string names] => (link, _) => !IsOneOf(link.Name, names),
        ["cidr", string ranges] => InRanges([.. ranges.Split(',').Select(range => IPNetwork.TryParse(range.Trim(), out IPNetwork network) ? network : throw new ArgumentException($"'{range}' in '{method}' is no range of addresses."))]),
        _ => throw new ArgumentException($"'{method}' is no way to find addresses: first-found, interface=REGEX, skip-interface=REGEX or cidr=RANGE."),
    };

    private static Func<Link, InterfaceAddress, bool> InRanges(IPNetwork[] ranges) => (_, address) => ranges.Any(range => range.Contains(address.Address));

    private static bool IsOneOf(string name, string patterns) =>
        patterns.Split(',').Any(p => Regex.IsMatch(name, $"^(?:{p.Trim()})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));

    // What calico-node never takes for the node's own: bridges, workload interfaces and tunnels.
    [GeneratedRegex("^(docker.*|cbr.*|dummy.*|virbr.*|lxcbr.*|veth.*|lo|cali.*|tunl.*|flannel.*|kube-ipvs.*|cni.*|vxlan.*calico|wireguard.cali|wg-v6.cali|nodelocaldns.*|podman.*|bpf.*cali)$")]
    private static partial Regex NeverOurs();
}
