using System.Net;
using Calico.Net;

namespace Calico.Policy.Analysis;

/// <summary>A run of addresses, both ends included.</summary>
/// <param name="First">The lowest address.</param>
/// <param name="Last">The highest address.</param>
public sealed record AddressRange(IPAddress First, IPAddress Last)
{
    /// <summary><c>10.0.0.1</c> or <c>10.0.0.0-10.0.0.7</c>.</summary>
    public override string ToString() => First.Equals(Last) ? First.ToString() : $"{First}-{Last}";
}

/// <summary>Addresses that no rule tells apart, as sender or as receiver. The classes of a family are disjoint and together hold every address.</summary>
public sealed class AddressClass
{
    internal AddressClass(int index, bool v6, IReadOnlyList<AddressRange> ranges, IReadOnlyList<string> endpoints, string? node)
    {
        (Index, IsIPv6, Ranges, Endpoints, Node) = (index, v6, ranges, endpoints, node);
        Address = IpPrefix.From(ranges[0].First);
    }

    /// <summary>The class's number within its family.</summary>
    public int Index { get; }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 { get; }

    /// <summary>The addresses.</summary>
    public IReadOnlyList<AddressRange> Ranges { get; }

    /// <summary>The workloads, as <c>namespace/pod</c> where they are pods, or <c>node NAME</c>; empty for addresses of neither.</summary>
    public IReadOnlyList<string> Endpoints { get; }

    /// <summary>The node all of them are on or are; null for addresses outside the cluster.</summary>
    public string? Node { get; }

    /// <summary>An address of the class.</summary>
    public IPAddress Example => Ranges[0].First;

    internal IpPrefix Address { get; }

    /// <summary>The endpoints, else the ranges.</summary>
    public override string ToString() =>
        Endpoints.Count > 0 ? Shorten(Endpoints) : Shorten([.. Ranges.Select(r => r.ToString())]);

    private static string Shorten(IReadOnlyList<string> names) => names.Count <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
