using System.Buffers;
using System.Net;

namespace Calico.Bgp.Tests.Nlris;

/// <summary>Random NLRI of the families that are no plain prefixes.</summary>
internal static class NlriSamples
{
    public static byte[] Labelled(Random random, Family family)
    {
        var output = new ArrayBufferWriter<byte>();
        int most = family.Afi == 2 && family.Safi == 128 ? 2 : 3;
        MplsLabel[] labels = [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(i => new MplsLabel((uint)random.Next(16, 1 << 20)))];
        IPNetwork prefix = Prefix(random, family.Afi == 2, family.Afi == 2 ? 128 : 32);
        LabelledNlri.Write(output, prefix, labels, family.Safi == 128 ? Distinguisher(random) : null);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] FlowSpec(Random random, Family family)
    {
        var builder = new FlowSpecBuilder(family);
        bool v6 = family.Afi == 2;
        foreach (FlowSpecType type in Enum.GetValues<FlowSpecType>())
        {
            if (random.Next(2) == 0 || (type == FlowSpecType.FlowLabel && !v6)) continue;
            if (type is FlowSpecType.Destination or FlowSpecType.Source)
            {
                IPNetwork prefix = Prefix(random, v6, v6 ? 128 : 32);
                int offset = v6 && prefix.PrefixLength > 0 ? random.Next(prefix.PrefixLength) : 0;
                builder.Add(type, offset == 0 ? prefix : Net.IpPrefix.From(Without(prefix, offset), prefix.PrefixLength).ToIPNetwork(), offset);
                continue;
            }

            bool bits = type is FlowSpecType.TcpFlags or FlowSpecType.Fragment;
            FlowSpecComparison[] comparisons = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new FlowSpecComparison(
                (FlowSpecOperator)random.Next(bits ? 4 : 8) | (i > 0 && random.Next(2) == 0 ? FlowSpecOperator.And : 0),
                bits ? (ulong)random.Next(16) : (ulong)random.NextInt64() >> random.Next(1, 60)))];
            builder.Add(type, comparisons);
        }

        var output = new ArrayBufferWriter<byte>();
        builder.WriteTo(output);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Evpn(Random random)
    {
        var type = (EvpnRouteType)random.Next(1, 6);
        int size = random.Next(2) == 0 ? 4 : 16;
        byte[] address = type switch
        {
            EvpnRouteType.EthernetAutoDiscovery => [],
            EvpnRouteType.MacIp when random.Next(3) == 0 => [],
            _ => Octets(random, size),
        };
        bool hasSegment = type != EvpnRouteType.InclusiveMulticast, hasLabel = type is EvpnRouteType.EthernetAutoDiscovery or EvpnRouteType.MacIp or EvpnRouteType.IpPrefix;
        var output = new ArrayBufferWriter<byte>();
        new EvpnNlri
        {
            Type = type,
            Distinguisher = Distinguisher(random),
            Segment = hasSegment ? new EthernetSegment((ulong)random.NextInt64(), (ushort)random.Next(65536)) : default,
            EthernetTag = type == EvpnRouteType.EthernetSegment ? 0 : (uint)random.NextInt64(1L << 32),
            Mac = type == EvpnRouteType.MacIp ? new MacAddress((ulong)random.NextInt64(1L << 48)) : default,
            AddressOctets = address,
            PrefixLength = type == EvpnRouteType.IpPrefix ? (byte)random.Next(8 * size + 1) : (byte)0,
            GatewayOctets = type == EvpnRouteType.IpPrefix ? Octets(random, size) : [],
            Vni = hasLabel ? (uint)random.Next(1 << 24) : 0,
            Vni2 = type == EvpnRouteType.MacIp && random.Next(2) == 0 ? (uint)random.Next(1 << 24) : null,
        }.WriteTo(output);
        return output.WrittenSpan.ToArray();
    }

    public static RouteDistinguisher Distinguisher(Random random) => random.Next(3) switch
    {
        0 => RouteDistinguisher.Parse($"{random.Next(65536)}:{(uint)random.NextInt64(1L << 32)}"),
        1 => RouteDistinguisher.Parse($"10.{random.Next(256)}.0.1:{random.Next(65536)}"),
        _ => RouteDistinguisher.Parse($"{random.NextInt64(65536, 1L << 32)}:{random.Next(65536)}"),
    };

    private static IPNetwork Prefix(Random random, bool v6, int longest) => Net.IpPrefix.From(new IPAddress(Octets(random, v6 ? 16 : 4)), random.Next(longest + 1)).ToIPNetwork();

    private static IPAddress Without(IPNetwork prefix, int bits)
    {
        byte[] octets = prefix.BaseAddress.GetAddressBytes();
        for (int i = 0; i < bits; i++) octets[i / 8] &= (byte)~(0x80 >> (i % 8));
        return new IPAddress(octets);
    }

    private static byte[] Octets(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
