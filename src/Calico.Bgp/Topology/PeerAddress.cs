using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>A <c>peerIP</c>: an address, <c>a.b.c.d:port</c> or <c>[v6]:port</c>.</summary>
internal readonly record struct PeerAddress(IPAddress Address, int? Port)
{
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    public static bool TryParse(string? text, out PeerAddress result)
    {
        result = default;
        if (string.IsNullOrEmpty(text)) return false;
        ReadOnlySpan<char> address = text, port = default;
        if (text[0] == '[')
        {
            int close = text.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close + 1 < text.Length && text[close + 1] != ':')) return false;
            address = text.AsSpan(1, close - 1);
            if (close + 1 < text.Length) port = text.AsSpan(close + 2);
            if (close + 1 < text.Length && port.IsEmpty) return false;
        }
        else if (text.Count(c => c == ':') == 1)
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            address = text.AsSpan(0, colon);
            port = text.AsSpan(colon + 1);
            if (port.IsEmpty) return false;
        }

        if (address.Contains('/') || !IpPrefix.TryParse(address, out IpPrefix parsed)) return false;
        int? number = null;
        if (!port.IsEmpty)
        {
            if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value is < 1 or > 65535) return false;
            number = value;
        }

        result = new PeerAddress(parsed.ToAddress(), number);
        return true;
    }
}
