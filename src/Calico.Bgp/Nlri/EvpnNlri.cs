using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp;

/// <summary>An EVPN route of types 1 to 5, read in place (RFC 7432 section 7, RFC 9136). What a type does not have is zero, empty or null.</summary>
public readonly ref struct EvpnNlri
{
    /// <summary>The type.</summary>
    public EvpnRouteType Type { get; init; }

    /// <summary>The route distinguisher.</summary>
    public RouteDistinguisher Distinguisher { get; init; }

    /// <summary>The Ethernet segment (types 1, 2, 4, 5).</summary>
    public EthernetSegment Segment { get; init; }

    /// <summary>The Ethernet tag (types 1, 2, 3, 5); 4294967295 stands for all.</summary>
    public uint EthernetTag { get; init; }

    /// <summary>The MAC address (type 2).</summary>
    public MacAddress Mac { get; init; }

    /// <summary>The host (type 2, may be empty), originating router (3, 4) or prefix (5): 0, 4 or 16 octets.</summary>
    public ReadOnlySpan<byte> AddressOctets { get; init; }

    /// <summary>Length of the prefix in bits (type 5).</summary>
    public byte PrefixLength { get; init; }

    /// <summary>The gateway (type 5): as many octets as the prefix's address, zero for none.</summary>
    public ReadOnlySpan<byte> GatewayOctets { get; init; }

    /// <summary>The label field (types 1, 2, 5), 24 bits: a VNI with VXLAN (RFC 8365 section 5.1.3), an MPLS label and 4 more bits otherwise.</summary>
    public uint Vni { get; init; }

    /// <summary>The second label field (type 2), that of layer 3; null when absent.</summary>
    public uint? Vni2 { get; init; }

    /// <summary>The address of <see cref="AddressOctets"/>; null when there is none.</summary>
    /// <returns>A new object.</returns>
    public IPAddress? Address() => AddressOctets.IsEmpty ? null : new IPAddress(AddressOctets);

    /// <summary>The address of <see cref="GatewayOctets"/>; null when there is none.</summary>
    /// <returns>A new object.</returns>
    public IPAddress? Gateway() => GatewayOctets.IsEmpty ? null : new IPAddress(GatewayOctets);

    /// <summary>Takes an NLRI apart.</summary>
    /// <param name="nlri">An NLRI of the family EVPN.</param>
    /// <param name="route">The fields; valid as long as the NLRI is.</param>
    /// <returns>False when the family or the type is another, or the octets are malformed.</returns>
    public static bool TryRead(in Nlri nlri, out EvpnNlri route)
    {
        route = default;
        if (nlri.Family != Family.Evpn || nlri.Octets.Length < 2 || nlri.Octets[1] != nlri.Octets.Length - 2) return false;
        ReadOnlySpan<byte> body = nlri.Octets[2..];
        if (body.Length < 8) return false;
        var distinguisher = new RouteDistinguisher(BinaryPrimitives.ReadUInt64BigEndian(body));
        body = body[8..];
        var type = (EvpnRouteType)nlri.Octets[0];
        switch (type)
        {
            case EvpnRouteType.EthernetAutoDiscovery when body.Length == 17:
                route = new EvpnNlri { Type = type, Distinguisher = distinguisher, Segment = EthernetSegment.Read(body), EthernetTag = BinaryPrimitives.ReadUInt32BigEndian(body[10..]), Vni = U24(body[14..]) };
                return true;
            case EvpnRouteType.MacIp:
                return TryReadMacIp(body, distinguisher, out route);
            case EvpnRouteType.InclusiveMulticast when body.Length is 9 or 21 && body[4] == 8 * (body.Length - 5):
                route = new EvpnNlri { Type = type, Distinguisher = distinguisher, EthernetTag = BinaryPrimitives.ReadUInt32BigEndian(body), AddressOctets = body[5..] };
                return true;
            case EvpnRouteType.EthernetSegment when body.Length is 15 or 27 && body[10] == 8 * (body.Length - 11):
                route = new EvpnNlri { Type = type, Distinguisher = distinguisher, Segment = EthernetSegment.Read(body), AddressOctets = body[11..] };
                return true;
            case EvpnRouteType.IpPrefix when body.Length is 26 or 50:
                int size = body.Length == 26 ? 4 : 16;
                if (body[14] > 8 * size) return false;
                route = new EvpnNlri
                {
                    Type = type,
                    Distinguisher = distinguisher,
                    Segment = EthernetSegment.Read(body),
                    EthernetTag = BinaryPrimitives.ReadUInt32BigEndian(body[10..]),
                    PrefixLength = body[14],
                    AddressOctets = body.Slice(15, size),
                    GatewayOctets = body.Slice(15 + size, size),
                    Vni = U24(body[(15 + 2 * size)..]),
                };
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadMacIp(ReadOnlySpan<byte> body, RouteDistinguisher distinguisher, out EvpnNlri route)
    {
        route = default;
        if (body.Length < 22 || body[14] != 48 || body[21] is not (0 or 32 or 128)) return false;
        int size = body[21] / 8, labels = body.Length - 22 - size;
        if (labels is not (3 or 6)) return false;
        route = new EvpnNlri
        {
            Type = EvpnRouteType.MacIp,
            Distinguisher = distinguisher,
            Segment = EthernetSegment.Read(body),
            EthernetTag = BinaryPrimitives.ReadUInt32BigEndian(body[10..]),
            Mac = MacAddress.Read(body[15..]),
            AddressOctets = body.Slice(22, size),
            Vni = U24(body[(22 + size)..]),
            Vni2 = labels == 6 ? U24(body[(25 + size)..]) : null,
        };
        return true;
    }

    private static uint U24(ReadOnlySpan<byte> octets) => (uint)(octets[0] << 16 | octets[1] << 8 | octets[2]);

    /// <summary>Writes the NLRI.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="pathId">The path identifier on an ADD-PATH session (RFC 7911); null without.</param>
    /// <exception cref="InvalidOperationException">A field does not fit the type; the message names it.</exception>
    public void WriteTo(IBufferWriter<byte> output, uint? pathId = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        Check();
        Span<byte> span = output.GetSpan(4 + 2 + 64);
        int at = 0;
        if (pathId is uint id)
        {
            BinaryPrimitives.WriteUInt32BigEndian(span, id);
            at = 4;
        }

        Span<byte> body = span[(at + 2)..];
        BinaryPrimitives.WriteUInt64BigEndian(body, Distinguisher.Value);
        int n = 8;
        if (Type != EvpnRouteType.InclusiveMulticast)
        {
            Segment.Write(body[n..]);
            n += EthernetSegment.Length;
        }

        if (Type != EvpnRouteType.EthernetSegment)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[n..], EthernetTag);
            n += 4;
        }

        if (Type == EvpnRouteType.MacIp)
        {
            body[n++] = 48;
            Mac.Write(body[n..]);
            n += MacAddress.Length;
        }

        if (Type != EvpnRouteType.EthernetAutoDiscovery)
        {
            body[n++] = Type == EvpnRouteType.IpPrefix ? PrefixLength : (byte)(8 * AddressOctets.Length);
            AddressOctets.CopyTo(body[n..]);
            GatewayOctets.CopyTo(body[(n + AddressOctets.Length)..]);
            n += AddressOctets.Length + GatewayOctets.Length;
        }

        if (Type is EvpnRouteType.EthernetAutoDiscovery or EvpnRouteType.MacIp or EvpnRouteType.IpPrefix) WriteU24(body, ref n, Vni);
        if (Vni2 is uint second) WriteU24(body, ref n, second);
        span[at] = (byte)Type;
        span[at + 1] = (byte)n;
        output.Advance(at + 2 + n);
    }

    private void Check()
    {
        if (Type is < EvpnRouteType.EthernetAutoDiscovery or > EvpnRouteType.IpPrefix) throw new InvalidOperationException($"Type {Type} is none of 1 to 5.");
        bool fits = Type switch
        {
            EvpnRouteType.EthernetAutoDiscovery => AddressOctets.IsEmpty,
            EvpnRouteType.MacIp => AddressOctets.Length is 0 or 4 or 16,
            _ => AddressOctets.Length is 4 or 16,
        };
        if (!fits) throw new InvalidOperationException($"The address of a route of type {Type} has {AddressOctets.Length} octets.");
        if (GatewayOctets.Length != (Type == EvpnRouteType.IpPrefix ? AddressOctets.Length : 0)) throw new InvalidOperationException($"The gateway has {GatewayOctets.Length} octets; only type 5 has one, as long as its prefix's address.");
        if (PrefixLength > 8 * AddressOctets.Length) throw new InvalidOperationException($"The prefix length is {PrefixLength}, the address has {AddressOctets.Length} octets.");
        if (Vni > 0xFFFFFF || Vni2 > 0xFFFFFF) throw new InvalidOperationException("A label field has 24 bits.");
        if (Vni2 is not null && Type != EvpnRouteType.MacIp) throw new InvalidOperationException("Only type 2 has a second label field.");
    }

    private static void WriteU24(Span<byte> body, ref int at, uint value)
    {
        (body[at], body[at + 1], body[at + 2]) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
        at += 3;
    }

    /// <summary>The text form: fields in brackets that name the route, then those that describe it.</summary>
    /// <returns>For example <c>[2]:[65000:1]:[0]:[48]:[00:11:22:33:44:55]:[32]:[10.0.0.1] esi 00:… vni 100</c>.</returns>
    public override string ToString() => EvpnText.Format(this);
}
