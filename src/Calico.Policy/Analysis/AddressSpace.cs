using System.Runtime.InteropServices;
using Calico.Net;

namespace Calico.Policy.Analysis;

/// <summary>The address classes of one family: runs between the ends of all prefixes, put together where every cluster sees them alike.</summary>
internal sealed class AddressSpace
{
    private readonly List<AddressClass> _classes = [];

    public AddressSpace(IReadOnlyList<CompiledCluster> clusters, IEnumerable<IpPrefix[]> groups, bool v6)
    {
        IpPrefix[] prefixes = [.. clusters.SelectMany(c => c.Prefixes).Concat(groups.SelectMany(g => g)).Where(p => p.IsIPv6 == v6).Distinct()];
        GroupIndex members = new(groups, v6);
        Dictionary<Signature, List<(UInt128 First, UInt128 Last)>> runs = [];
        foreach ((UInt128 first, UInt128 last) in Runs(prefixes, v6))
        {
            IpPrefix address = Host(first, v6);
            List<ulong> seen = [];
            foreach (CompiledCluster cluster in clusters) cluster.Describe(address, seen);
            members.Describe(address, seen);
            ref List<(UInt128, UInt128)>? same = ref CollectionsMarshal.GetValueRefOrAddDefault(runs, new Signature([.. seen]), out _);
            (same ??= []).Add((first, last));
        }

        foreach (List<(UInt128 First, UInt128 Last)> same in runs.Values)
        {
            List<string> endpoints = [];
            string? node = null;
            foreach ((UInt128 first, _) in same)
            {
                (string? name, string? on) = clusters.Select(c => c.Name(Host(first, v6))).FirstOrDefault(n => n.Name is not null);
                node ??= on;
                if (name is not null && !endpoints.Contains(name)) endpoints.Add(name);
            }

            _classes.Add(new AddressClass(_classes.Count, v6, [.. same.Select(r => new AddressRange(Host(r.First, v6).ToAddress(), Host(r.Last, v6).ToAddress()))], endpoints, node));
        }
    }

    public IReadOnlyList<AddressClass> Classes => _classes;

    // Addresses count in the top bits of 128, so the last run of IPv4 ends where its top 32 bits do.
    private static IEnumerable<(UInt128 First, UInt128 Last)> Runs(IpPrefix[] prefixes, bool v6)
    {
        UInt128 one = v6 ? 1 : (UInt128)1 << 96, top = v6 ? UInt128.MaxValue : UInt128.MaxValue - (one - 1);
        SortedSet<UInt128> starts = [0];
        foreach (IpPrefix prefix in prefixes)
        {
            starts.Add(prefix.Bits);
            UInt128 last = prefix.LastAddress.Bits;
            if (last < top) starts.Add(last + one);
        }

        UInt128[] ordered = [.. starts];
        for (int i = 0; i < ordered.Length; i++) yield return (ordered[i], i + 1 < ordered.Length ? ordered[i + 1] - one : top);
    }

    private static IpPrefix Host(UInt128 bits, bool v6) => IpPrefix.FromBits(bits, v6 ? 128 : 32, v6);

    /// <summary>Which groups of prefixes hold an address.</summary>
    private sealed class GroupIndex
    {
        private readonly Dictionary<IpPrefix, List<ulong>> _groups = [];
        private readonly int[] _lengths;

        public GroupIndex(IEnumerable<IpPrefix[]> groups, bool v6)
        {
            foreach ((int number, IpPrefix[] group) in groups.Index())
            {
                foreach (IpPrefix prefix in group.Where(p => p.IsIPv6 == v6))
                {
                    ref List<ulong>? numbers = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, prefix, out _);
                    (numbers ??= []).Add((ulong)number);
                }
            }

            _lengths = [.. _groups.Keys.Select(p => (int)p.Length).Distinct()];
        }

        /// <summary>Appends the numbers of the groups, in order, and an end.</summary>
        public void Describe(IpPrefix address, List<ulong> seen)
        {
            SortedSet<ulong> numbers = [];
            foreach (int length in _lengths) numbers.UnionWith(_groups.GetValueOrDefault(address.Truncate(length)) ?? []);
            seen.AddRange(numbers);
            seen.Add(ulong.MaxValue);
        }
    }

    private readonly record struct Signature(ulong[] Words)
    {
        public bool Equals(Signature other) => Words.AsSpan().SequenceEqual(other.Words);

        public override int GetHashCode()
        {
            HashCode hash = default;
            foreach (ulong word in Words) hash.Add(word);
            return hash.ToHashCode();
        }
    }
}
