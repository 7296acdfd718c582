using System.Net;
using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Policy.Testing;

/// <summary>Generators of addresses, prefixes, ports and protocols from a small universe, so that they meet each other.</summary>
public static class NetworkGenerators
{
    /// <summary>Addresses that endpoints get.</summary>
    public static IReadOnlyList<IPAddress> EndpointAddresses { get; } =
        [.. Enumerable.Range(1, 6).Select(i => IPAddress.Parse($"10.0.0.{i}")), .. Enumerable.Range(1, 3).Select(i => IPAddress.Parse($"fd00::{i}"))];

    /// <summary>Addresses of nodes.</summary>
    public static IReadOnlyList<IPAddress> NodeAddresses { get; } = [IPAddress.Parse("172.16.0.1"), IPAddress.Parse("172.16.0.2")];

    /// <summary>Addresses of no endpoint.</summary>
    public static IReadOnlyList<IPAddress> OutsideAddresses { get; } = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("10.0.1.0"), IPAddress.Parse("fd00:1::")];

    /// <summary>Prefixes, nested and touching, of both families.</summary>
    public static IReadOnlyList<IPNetwork> Prefixes { get; } =
    [
        .. new[] { "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.2/32", "192.0.2.0/24", "172.16.0.0/31", "::/0", "fd00::/126", "fd00::2/128" }.Select(IPNetwork.Parse),
    ];

    /// <summary>Numbers at and around the ends of the ranges in <see cref="PortRanges"/>.</summary>
    public static IReadOnlyList<ushort> Ports { get; } = [1, 79, 80, 81, 90, 91, 443, 65535];

    /// <summary>Port ranges whose ends are in <see cref="Ports"/>.</summary>
    public static IReadOnlyList<PortRange> PortRanges { get; } = [new(80), new(443), new(80, 90), new(81, 443), new(1, 79), new(1, 65535)];

    /// <summary>Names that named ports have.</summary>
    public static IReadOnlyList<string> PortNames { get; } = ["http", "dns"];

    /// <summary>Protocols: with ports, ICMP of both families, and one without anything.</summary>
    public static IReadOnlyList<IpProtocol> Protocols { get; } = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp, IpProtocol.Icmp, IpProtocol.IcmpV6, new(47)];

    /// <summary>A port of an endpoint.</summary>
    public static Gen<EndpointPort> EndpointPort { get; } =
        from name in Gen.Elements(PortNames.AsEnumerable())
        from protocol in Gen.Elements(IpProtocol.Tcp, IpProtocol.Udp)
        from port in Gen.Elements(Ports.AsEnumerable())
        select new EndpointPort(name, protocol, port);

    /// <summary>Some elements, none more than once.</summary>
    public static Gen<EquatableArray<T>> Some<T>(IEnumerable<T> choices, int max) =>
        from count in Gen.Choose(0, max)
        from items in Gen.Elements(choices).ArrayOf(count)
        select items.Distinct().ToEquatableArray();
}
