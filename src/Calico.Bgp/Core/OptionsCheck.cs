using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp;

internal static class OptionsCheck
{
    public static void ThrowIfInvalid(BgpSpeakerOptions options)
    {
        if (Find(options) is { } problem) throw new ArgumentException(problem, nameof(options));
    }

    /// <summary>The first contradiction, as a sentence that names the option; null when there is none.</summary>
    public static string? Find(BgpSpeakerOptions options)
    {
        if (options.Asn.IsReserved || options.Asn == Asn.Trans) return $"Asn: {options.Asn} cannot be a speaker's own AS number.";
        if (options.RouterId.AddressFamily != AddressFamily.InterNetwork || options.RouterId.Equals(IPAddress.Any)) return $"RouterId: '{options.RouterId}' is not a non-zero IPv4 address.";
        if (options.ClusterId is { } cluster && cluster.AddressFamily != AddressFamily.InterNetwork) return $"ClusterId: '{cluster}' is not an IPv4 address.";
        if (HoldProblem(options.HoldTime) is { } hold) return $"HoldTime: {hold}";
        if (options.BestPath.MaximumPaths is < 1 or > 255) return $"BestPath.MaximumPaths: {options.BestPath.MaximumPaths} is not 1 to 255.";
        if (options.ConnectRetryTime <= TimeSpan.Zero) return "ConnectRetryTime: must be positive.";
        var seen = new HashSet<object>();
        foreach (NeighborOptions neighbor in options.Neighbors)
        {
            if (Find(neighbor) is { } problem) return $"Neighbor {neighbor.DisplayName}: {problem}";
            object key = neighbor.Address is { } address ? address : neighbor.Range!.Value;
            if (!seen.Add(key)) return $"Neighbor {neighbor.DisplayName}: '{key}' is there twice.";
        }

        return null;
    }

    private static string? Find(NeighborOptions neighbor)
    {
        if ((neighbor.Address is null) == (neighbor.Range is null)) return "set either Address or Range.";
        if (neighbor.Asn is { } asn && asn.Value == 0) return "Asn: 0 is reserved (RFC 7607).";
        if (neighbor.Port is < 1 or > 65535) return $"Port: {neighbor.Port} is not 1 to 65535.";
        if (neighbor.Families.Count == 0) return "Families: at least one is needed.";
        foreach (Family family in neighbor.Families)
        {
            if (!family.IsPrefix) return $"Families: {family} can be decoded but has no table in this speaker.";
        }

        if (neighbor.HoldTime is { } hold && HoldProblem(hold) is { } problem) return $"HoldTime: {problem}";
        if (neighbor.Md5Password is { } key && System.Text.Encoding.UTF8.GetByteCount(key) is 0 or > 80) return "Md5Password: must have 1 to 80 octets.";
        if (neighbor.Address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: true, ScopeId: 0 } && neighbor.Interface is null)
            return "Address: a link-local address needs a scope id or Interface.";
        if (neighbor.LocalAddress is { } local && neighbor.Address is { } remote && local.AddressFamily != remote.AddressFamily)
            return $"LocalAddress: '{local}' is of another family than '{remote}'.";
        if (neighbor.LocalNextHopIPv4 is { AddressFamily: not AddressFamily.InterNetwork } v4) return $"LocalNextHopIPv4: '{v4}' is not an IPv4 address.";
        if (neighbor.LocalNextHopIPv6 is { AddressFamily: not AddressFamily.InterNetworkV6 } v6) return $"LocalNextHopIPv6: '{v6}' is not an IPv6 address.";
        return neighbor.TtlSecurity is 0 or 255 ? $"TtlSecurity: {neighbor.TtlSecurity} is not 1 to 254 hops." : null;
    }

    private static string? HoldProblem(TimeSpan hold) =>
        hold == TimeSpan.Zero || (hold >= TimeSpan.FromSeconds(3) && hold <= TimeSpan.FromSeconds(65535)) ? null : $"{hold.TotalSeconds} s is neither 0 nor 3 to 65535 s.";
}
