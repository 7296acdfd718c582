using Calico.Net;

namespace Calico.Dataplane.Sets;

internal static class AddressRanges
{
    /// <summary>The disjoint ranges that prefixes of one family cut the addresses they cover into: no prefix begins or ends inside one.</summary>
    public static IEnumerable<(IpPrefix First, IpPrefix Last)> Split(IReadOnlyCollection<IpPrefix> prefixes)
    {
        SortedSet<IpPrefix> starts = [];
        foreach (IpPrefix prefix in prefixes)
        {
            starts.Add(Host(prefix));
            if (Next(prefix.LastAddress) is { } after) starts.Add(after);
        }

        List<IpPrefix> sorted = [.. starts];
        PrefixCover cover = new();
        foreach (IpPrefix prefix in prefixes) cover.Add(prefix, static _ => { }, static _ => { });
        for (int i = 0; i < sorted.Count; i++)
        {
            if (!cover.IsCovered(sorted[i])) continue;
            IpPrefix last = i + 1 < sorted.Count ? Previous(sorted[i + 1]) : Ceiling(sorted[i].IsIPv6);
            yield return (sorted[i], last);
        }
    }

    private static IpPrefix Host(in IpPrefix prefix) => IpPrefix.FromBits(prefix.Bits, prefix.MaxLength, prefix.IsIPv6);

    private static UInt128 Step(bool v6) => v6 ? 1 : (UInt128)1 << 96; // IPv4 lives in the top 32 bits

    private static IpPrefix Ceiling(bool v6) => IpPrefix.FromBits(UInt128.MaxValue, v6 ? 128 : 32, v6);

    private static IpPrefix? Next(in IpPrefix address) =>
        address == Ceiling(address.IsIPv6) ? null : IpPrefix.FromBits(address.Bits + Step(address.IsIPv6), address.MaxLength, address.IsIPv6);

    private static IpPrefix Previous(in IpPrefix address) => IpPrefix.FromBits(address.Bits - Step(address.IsIPv6), address.MaxLength, address.IsIPv6);
}
