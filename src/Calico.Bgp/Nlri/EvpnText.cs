using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>EVPN routes as text, the key in brackets as FRR shows it (with the route distinguisher after the type), then <c>esi</c>, <c>gateway</c> and <c>vni</c>.</summary>
/// <remarks>
/// <c>[1]:[RD]:[ESI]:[TAG] vni N</c>, <c>[2]:[RD]:[TAG]:[48]:[MAC]:[LENGTH]:[ADDRESS] esi ESI vni N[/M]</c>, <c>[3]:[RD]:[TAG]:[LENGTH]:[ADDRESS]</c>,
/// <c>[4]:[RD]:[ESI]:[LENGTH]:[ADDRESS]</c>, <c>[5]:[RD]:[TAG]:[LENGTH]:[PREFIX] esi ESI gateway ADDRESS vni N</c>.
/// </remarks>
public static class EvpnText
{
    internal static string Format(in EvpnNlri route)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{(int)route.Type}]:[{route.Distinguisher}]");
        if (route.Type is EvpnRouteType.EthernetAutoDiscovery or EvpnRouteType.EthernetSegment) text.Append(CultureInfo.InvariantCulture, $":[{route.Segment}]");
        if (route.Type != EvpnRouteType.EthernetSegment) text.Append(CultureInfo.InvariantCulture, $":[{route.EthernetTag}]");
        if (route.Type == EvpnRouteType.MacIp) text.Append(CultureInfo.InvariantCulture, $":[48]:[{route.Mac}]");
        if (route.Type == EvpnRouteType.IpPrefix) text.Append(CultureInfo.InvariantCulture, $":[{route.PrefixLength}]:[{route.Address()}]");
        else if (route.Type != EvpnRouteType.EthernetAutoDiscovery) text.Append(CultureInfo.InvariantCulture, $":[{8 * route.AddressOctets.Length}]:[{route.Address()}]");
        if (route.Type is EvpnRouteType.MacIp or EvpnRouteType.IpPrefix) text.Append(" esi ").Append(route.Segment);
        if (route.Type == EvpnRouteType.IpPrefix) text.Append(" gateway ").Append(route.Gateway());
        if (route.Type is EvpnRouteType.EthernetAutoDiscovery or EvpnRouteType.MacIp or EvpnRouteType.IpPrefix) text.Append(CultureInfo.InvariantCulture, $" vni {route.Vni}");
        if (route.Vni2 is uint second) text.Append(CultureInfo.InvariantCulture, $"/{second}");
        return text.ToString();
    }

    /// <summary>Reads the text form and writes it as NLRI.</summary>
    /// <param name="text">The text.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="FormatException">The text is no route; the message names the field.</exception>
    public static void Parse(string text, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(text);
        int end = text.LastIndexOf(']');
        if (end < 1 || text[0] != '[') throw new FormatException($"'{text}' does not begin with fields in brackets, such as [3]:[65000:1]:[0]:[32]:[10.0.0.1].");
        string[] key = text[1..end].Split("]:["), words = text[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string Field(int index, string what) => index < key.Length ? key[index] : throw new FormatException($"'{text}' ends before its {what}.");
        string? Word(string name) => Array.IndexOf(words, name) is var i and >= 0 && i + 1 < words.Length ? words[i + 1] : null;
        var type = (EvpnRouteType)Number(Field(0, "type"), "type", 5);
        if (!RouteDistinguisher.TryParse(Field(1, "route distinguisher"), null, out RouteDistinguisher rd)) throw new FormatException($"'{key[1]}' is no route distinguisher such as 65000:1.");
        (int fields, int segmentAt, int tagAt, int addressAt) = type switch
        {
            EvpnRouteType.EthernetAutoDiscovery => (4, 2, 3, -1),
            EvpnRouteType.MacIp => (7, -1, 2, 6),
            EvpnRouteType.InclusiveMulticast => (5, -1, 2, 4),
            EvpnRouteType.EthernetSegment => (5, 2, -1, 4),
            EvpnRouteType.IpPrefix => (5, -1, 2, 4),
            _ => throw new FormatException($"Type '{key[0]}' is none of 1 to 5."),
        };
        if (key.Length != fields) throw new FormatException($"'{text}' has {key.Length} fields; a route of type {(int)type} has {fields}.");
        EthernetSegment segment = default;
        string? segmentText = segmentAt > 0 ? key[segmentAt] : Word("esi");
        if (segmentText is not null && !EthernetSegment.TryParse(segmentText, out segment)) throw new FormatException($"'{segmentText}' is no Ethernet segment of 10 octets.");
        MacAddress mac = default;
        if (type == EvpnRouteType.MacIp && (key[3] != "48" || !MacAddress.TryParse(key[4], out mac))) throw new FormatException($"'[{key[3]}]:[{key[4]}]' is no MAC address such as [48]:[00:11:22:33:44:55].");
        byte[] address = addressAt < 0 || key[addressAt].Length == 0 ? [] : Octets(key[addressAt]);
        byte length = addressAt < 0 ? (byte)0 : (byte)Number(key[addressAt - 1], "length", (uint)(8 * address.Length));
        if (type != EvpnRouteType.IpPrefix && length != 8 * address.Length) throw new FormatException($"The length of '{key[addressAt]}' is {8 * address.Length}, not {length}.");
        byte[] gateway = type != EvpnRouteType.IpPrefix ? [] : Word("gateway") is { } given ? Octets(given) : new byte[address.Length];
        string[] labels = (Word("vni") ?? "0").Split('/');
        var route = new EvpnNlri
        {
            Type = type,
            Distinguisher = rd,
            Segment = segment,
            EthernetTag = tagAt < 0 ? 0 : Number(key[tagAt], "Ethernet tag", uint.MaxValue),
            Mac = mac,
            AddressOctets = address,
            PrefixLength = type == EvpnRouteType.IpPrefix ? length : (byte)0,
            GatewayOctets = gateway,
            Vni = Number(labels[0], "VNI", 0xFFFFFF),
            Vni2 = labels.Length > 1 ? Number(labels[1], "VNI", 0xFFFFFF) : null,
        };
        try
        {
            route.WriteTo(output);
        }
        catch (InvalidOperationException error)
        {
            throw new FormatException($"'{text}': {error.Message}", error);
        }
    }

    private static uint Number(string text, string what, uint most) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) && value <= most ? value : throw new FormatException($"'{text}' is no {what} of 0 to {most}.");

    private static byte[] Octets(string text) =>
        IpPrefix.TryParse(text, out IpPrefix host) && host.IsHost ? host.ToAddress().GetAddressBytes() : throw new FormatException($"'{text}' is no address.");
}
