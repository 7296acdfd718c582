using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Calico.Dataplane;

/// <summary>A host port that policy cannot close, so that an operator's mistake does not lock everybody out.</summary>
/// <param name="Protocol">IP protocol number: 6 (TCP) or 17 (UDP).</param>
/// <param name="Port">1–65535.</param>
/// <param name="Net">The far end's network, or null for anyone.</param>
public sealed record FailsafePort(byte Protocol, ushort Port, IPNetwork? Net = null)
{
    /// <summary>Felix's inbound defaults: SSH, DHCP, BGP, etcd, Typha, the Kubernetes API server.</summary>
    public static IReadOnlyList<FailsafePort> DefaultInbound { get; } =
        ParseList("tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667");

    /// <summary>Felix's outbound defaults: DNS, DHCP, BGP, etcd, Typha, the Kubernetes API server.</summary>
    public static IReadOnlyList<FailsafePort> DefaultOutbound { get; } =
        ParseList("udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667");

    /// <summary>Reads Felix's notation: entries <c>tcp|udp[:net]:port</c> or <c>port</c> (TCP), joined by commas; IPv6 nets in square brackets; <c>none</c> is the empty list.</summary>
    /// <exception cref="FormatException">An entry that is none of these; the message quotes it.</exception>
    public static IReadOnlyList<FailsafePort> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Trim().Equals("none", StringComparison.OrdinalIgnoreCase)) return [];
        List<FailsafePort> ports = [];
        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            ports.Add(ParseEntry(entry));
        return ports;
    }

    private static FailsafePort ParseEntry(string entry)
    {
        int last = entry.LastIndexOf(':');
        if (!ushort.TryParse(entry.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            throw new FormatException($"Failsafe port '{entry}': the last part is no port number from 1 to 65535.");
        if (last < 0) return new FailsafePort((byte)ProtocolType.Tcp, port);
        int first = entry.IndexOf(':');
        byte protocol = entry[..first].ToLowerInvariant() switch
        {
            "tcp" => (byte)ProtocolType.Tcp,
            "udp" => (byte)ProtocolType.Udp,
            string other => throw new FormatException($"Failsafe port '{entry}': protocol '{other}' is neither tcp nor udp."),
        };
        if (first == last) return new FailsafePort(protocol, port);
        string net = entry[(first + 1)..last].Trim('[', ']');
        if (!Calico.Net.IpPrefix.TryParse(net, out Calico.Net.IpPrefix prefix))
            throw new FormatException($"Failsafe port '{entry}': '{net}' is not an IP network.");
        return new FailsafePort(protocol, port, prefix.ToIPNetwork());
    }
}
