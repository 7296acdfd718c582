namespace Calico.Dataplane.Routes;

/// <summary>Kernel parameters of a workload's host-side interface and of the host, as Calico sets them (felix/dataplane/linux/endpoint_mgr.go).</summary>
internal static class InterfaceSettings
{
    /// <summary>The interface answers for the workload's gateway, forwards, and lets packets from 127.0.0.0/8 through to redirected ports.</summary>
    public static (string Name, string Value)[] Workload(string name, bool ipv6, bool spoofing)
    {
        List<(string, string)> settings =
        [
            ($"net/ipv4/conf/{name}/route_localnet", "1"),
            ($"net/ipv4/neigh/{name}/proxy_delay", "0"),
            ($"net/ipv4/conf/{name}/proxy_arp", "1"),
            ($"net/ipv4/conf/{name}/forwarding", "1"),
        ];
        if (spoofing) settings.Add(($"net/ipv4/conf/{name}/rp_filter", "0"));
        if (ipv6)
        {
            settings.Add(($"net/ipv6/conf/{name}/disable_ipv6", "0"));
            settings.Add(($"net/ipv6/conf/{name}/accept_dad", "0"));
            settings.Add(($"net/ipv6/conf/{name}/accept_ra", "0"));
            settings.Add(($"net/ipv6/conf/{name}/proxy_ndp", "1"));
            settings.Add(($"net/ipv6/conf/{name}/forwarding", "1"));
        }

        return [.. settings];
    }

    /// <summary>Forwarding; and, for flow logs, what connections carry is counted.</summary>
    public static IEnumerable<(string Name, string Value)> Host(DataplaneOptions options)
    {
        if (options.IpForwarding) yield return ("net/ipv4/ip_forward", "1");
        if (options.IpForwarding && options.Ipv6Support) yield return ("net/ipv6/conf/all/forwarding", "1");
        if (options.FlowLogs) yield return ("net/netfilter/nf_conntrack_acct", "1");
    }
}
