using System.Diagnostics.CodeAnalysis;
using System.Net;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>Where IPAM's documents live: Calico's own etcd keys (libcalico-go <c>lib/backend/model</c>).</summary>
public static class IpamKeys
{
    private const string Root = "/calico/ipam/v2/";
    private const string Resources = "/calico/resources/v3/projectcalico.org/";

    /// <summary>The cluster-wide settings (IPAMConfig).</summary>
    public const string Config = Root + "config";

    /// <summary>Prefix of all handles.</summary>
    public const string Handles = Root + "handle/";

    /// <summary>Prefix of all affinities of hosts.</summary>
    public const string HostAffinities = Root + "host/";

    /// <summary>Prefix of all virtual affinities (load balancer).</summary>
    public const string VirtualAffinities = Root + "virtual/";

    /// <summary>Prefix of the IPPool resources.</summary>
    public const string Pools = Resources + "ippools/";

    /// <summary>Prefix of the IPReservation resources.</summary>
    public const string Reservations = Resources + "ipreservations/";

    /// <summary>Prefix of the Node resources.</summary>
    public const string Nodes = Resources + "nodes/";

    /// <summary>Prefix of all blocks of a family.</summary>
    /// <param name="ipVersion">4 or 6.</param>
    public static string Blocks(int ipVersion) => $"{Root}assignment/ipv{ipVersion}/block/";

    /// <summary>A block.</summary>
    /// <param name="cidr">Its range.</param>
    public static string Block(IPNetwork cidr) => Block(IpPrefix.From(cidr));

    /// <summary>A handle.</summary>
    /// <param name="id">The handle's id, see <see cref="IpamHandle.Sanitize"/>.</param>
    public static string Handle(string id) => Handles + id;

    /// <summary>Prefix of the affinities of one owner in one family.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="ipVersion">4 or 6.</param>
    public static string Affinities(AffinityOwner owner, int ipVersion) => $"{Root}{owner.Type}/{owner.Name}/ipv{ipVersion}/block/";

    /// <summary>The affinity of one owner to one block.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="cidr">The block.</param>
    public static string Affinity(AffinityOwner owner, IPNetwork cidr) => Affinity(owner, IpPrefix.From(cidr));

    /// <summary>The old per-host record that nothing writes any more; removing a host removes it.</summary>
    /// <param name="host">The host's name.</param>
    public static string Host(string host) => HostAffinities + host;

    /// <summary>An IPPool resource.</summary>
    /// <param name="name">Its name.</param>
    public static string Pool(string name) => Pools + name;

    /// <summary>An IPReservation resource.</summary>
    /// <param name="name">Its name.</param>
    public static string Reservation(string name) => Reservations + name;

    /// <summary>A Node resource.</summary>
    /// <param name="name">Its name.</param>
    public static string Node(string name) => Nodes + name;

    /// <summary>Reads the range out of a block's key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cidr">The block's range.</param>
    /// <returns>False when it is no block key.</returns>
    public static bool TryParseBlock(string key, out IPNetwork cidr)
    {
        bool parsed = TryParseBlock(key, out IpPrefix prefix);
        cidr = parsed ? prefix.ToIPNetwork() : default;
        return parsed;
    }

    /// <summary>Reads owner and block out of an affinity's key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cidr">The block's range.</param>
    /// <returns>False when it is no affinity key.</returns>
    public static bool TryParseAffinity(string key, [NotNullWhen(true)] out AffinityOwner? owner, out IPNetwork cidr)
    {
        owner = null;
        cidr = default;
        string type;
        if (key.StartsWith(HostAffinities, StringComparison.Ordinal)) type = AffinityOwner.HostType;
        else if (key.StartsWith(VirtualAffinities, StringComparison.Ordinal)) type = AffinityOwner.VirtualType;
        else return false;
        ReadOnlySpan<char> rest = key.AsSpan(Root.Length + type.Length + 1);
        int family = rest.LastIndexOf("/ipv");
        if (family <= 0 || !TryParseFamilyAndBlock(rest[(family + 1)..], out IpPrefix prefix)) return false;
        owner = new AffinityOwner(type, rest[..family].ToString());
        cidr = prefix.ToIPNetwork();
        return true;
    }

    internal static string Block(in IpPrefix cidr) => string.Concat(Blocks(Version(cidr)), Dashed(cidr));

    internal static string Affinity(AffinityOwner owner, in IpPrefix cidr) => string.Concat(Affinities(owner, Version(cidr)), Dashed(cidr));

    internal static bool TryParseBlock(string key, out IpPrefix cidr)
    {
        const string Assignment = Root + "assignment/";
        cidr = default;
        return key.StartsWith(Assignment, StringComparison.Ordinal) && TryParseFamilyAndBlock(key.AsSpan(Assignment.Length), out cidr);
    }

    // "ipv4/block/10.0.0.0-26"
    private static bool TryParseFamilyAndBlock(ReadOnlySpan<char> text, out IpPrefix cidr)
    {
        cidr = default;
        bool v6 = text.StartsWith("ipv6/block/");
        if (!v6 && !text.StartsWith("ipv4/block/")) return false;
        ReadOnlySpan<char> dashed = text["ipv4/block/".Length..];
        int dash = dashed.LastIndexOf('-');
        return dash > 0 && IpPrefix.TryParse($"{dashed[..dash]}/{dashed[(dash + 1)..]}", out cidr) && cidr.IsIPv6 == v6;
    }

    private static int Version(in IpPrefix cidr) => cidr.IsIPv6 ? 6 : 4;

    private static string Dashed(in IpPrefix cidr) => $"{cidr.ToAddress()}-{cidr.Length}";
}
