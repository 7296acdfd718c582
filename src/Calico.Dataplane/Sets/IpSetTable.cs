using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Sets;

/// <summary>The engine's sets as kernel sets, one for each family; changes are passed on element by element.</summary>
internal sealed class IpSetTable(RulesetState ruleset) : ISetNames
{
    private readonly Dictionary<string, IpSet> _sets = [];
    private readonly Dictionary<string, int> _references = [];

    /// <summary>A set's members changed from single addresses to prefixes, so its kernel set has another name: rules that use it have to be written again.</summary>
    public event Action<string>? Renamed;

    /// <summary>Single members came or went; for those who keep more than the set itself.</summary>
    public event Action<string, IpPrefix>? MemberChanged;

    /// <summary>One more rule, or one less, tests a set in the kernel. Only sets that rules test are kept there.</summary>
    public void Reference(string setId, int change)
    {
        int before = _references.GetValueOrDefault(setId), after = before + change;
        if (after == 0) _references.Remove(setId);
        else _references[setId] = after;
        if (before > 0 != after > 0 && _sets.TryGetValue(setId, out IpSet? set)) set.Show(after > 0);
    }

    public int Count => _sets.Count;

    public string KernelName(string setId, bool v6) => Find(setId).Kernel(v6).Name;

    public bool Exists(string setId) => _sets.ContainsKey(setId);

    /// <summary>The members of one family of a set of nets.</summary>
    public AddressSet? Addresses(string setId, bool v6) => _sets.TryGetValue(setId, out IpSet? set) ? set.Kernel(v6) as AddressSet : null;

    /// <summary>The members of one family of a set of addresses with ports.</summary>
    public AddressPortSet? Ports(string setId, bool v6) => _sets.TryGetValue(setId, out IpSet? set) ? set.Kernel(v6) as AddressPortSet : null;

    public void Update(IpSetUpdate update)
    {
        if (!_sets.TryGetValue(update.Id, out IpSet? set) || set.Kind != update.Kind)
        {
            Remove(update.Id);
            _sets[update.Id] = set = Make(update.Id, update.Kind, update.Description);
        }

        HashSet<SetMember> wanted = [.. update.Members];
        List<SetMember> gone = [.. set.Members.Where(m => !wanted.Contains(m))];
        Change(set, update.Members, gone);
    }

    public void Apply(IpSetDelta delta) => Change(Find(delta.Id), delta.Added, delta.Removed);

    public void Remove(string id)
    {
        if (_sets.Remove(id, out IpSet? set)) set.Drop();
    }

    private IpSet Find(string id)
    {
        if (!_sets.TryGetValue(id, out IpSet? set))
            _sets[id] = set = Make(id, IsAddressAndPort(id) ? IpSetKind.AddressAndPort : IpSetKind.Net, id);
        return set;
    }

    private IpSet Make(string id, IpSetKind kind, string description) => new(id, kind, description, ruleset, _references.ContainsKey(id));

    private static bool IsAddressAndPort(string id) => id.StartsWith("n:", StringComparison.Ordinal) || id.StartsWith("svc:", StringComparison.Ordinal);

    private void Change(IpSet set, IEnumerable<SetMember> added, IEnumerable<SetMember> removed)
    {
        bool renamed = false;
        foreach (SetMember member in removed)
        {
            renamed |= set.Remove(member);
            MemberChanged?.Invoke(set.Id, PrefixOf(member));
        }

        foreach (SetMember member in added)
        {
            renamed |= set.Add(member);
            MemberChanged?.Invoke(set.Id, PrefixOf(member));
        }

        if (renamed) Renamed?.Invoke(set.Id);
    }

    internal static IpPrefix PrefixOf(in SetMember member)
    {
        Span<byte> octets = stackalloc byte[16];
        return IpPrefix.FromNetworkOrder(octets[..member.WriteAddress(octets)], member.PrefixLength);
    }

    private sealed class IpSet
    {
        private readonly RulesetState _ruleset;
        private readonly string _description;
        private readonly HashSet<SetMember> _members = [];
        private KernelSet _v4, _v6;
        private int _prefixesV4, _prefixesV6;
        private bool _shown;

        public IpSet(string id, IpSetKind kind, string description, RulesetState ruleset, bool shown)
        {
            (Id, Kind, _description, _ruleset, _shown) = (id, kind, description, ruleset, shown);
            _v4 = Make(v6: false, interval: false);
            _v6 = Make(v6: true, interval: false);
        }

        public string Id { get; }

        public IpSetKind Kind { get; }

        public IReadOnlyCollection<SetMember> Members => _members;

        public KernelSet Kernel(bool v6) => v6 ? _v6 : _v4;

        public void Show(bool shown)
        {
            _shown = shown;
            foreach (KernelSet set in (KernelSet[])[_v4, _v6])
            {
                if (shown) _ruleset.Put(set);
                else _ruleset.RemoveSet(set.Name);
            }
        }

        public void Drop()
        {
            _ruleset.RemoveSet(_v4.Name);
            _ruleset.RemoveSet(_v6.Name);
        }

        /// <returns>Whether the kernel set had to be made anew under another name.</returns>
        public bool Add(in SetMember member)
        {
            if (!_members.Add(member)) return false;
            IpPrefix prefix = PrefixOf(member);
            if (!prefix.IsHost && Prefixes(prefix.IsIPv6)++ == 0)
            {
                Remake(prefix.IsIPv6, interval: true);
                return true;
            }

            switch (Kernel(prefix.IsIPv6))
            {
                case AddressSet addresses: addresses.Add(prefix); break;
                case AddressPortSet ports: ports.Add(prefix, member.Protocol.Number, member.Port); break;
            }

            return false;
        }

        /// <returns>Whether the kernel set had to be made anew under another name.</returns>
        public bool Remove(in SetMember member)
        {
            if (!_members.Remove(member)) return false;
            IpPrefix prefix = PrefixOf(member);
            if (!prefix.IsHost && --Prefixes(prefix.IsIPv6) == 0)
            {
                Remake(prefix.IsIPv6, interval: false);
                return true;
            }

            switch (Kernel(prefix.IsIPv6))
            {
                case AddressSet addresses: addresses.Remove(prefix); break;
                case AddressPortSet ports: ports.Remove(prefix, member.Protocol.Number, member.Port); break;
            }

            return false;
        }

        private ref int Prefixes(bool v6) => ref v6 ? ref _prefixesV6 : ref _prefixesV4;

        private void Remake(bool v6, bool interval)
        {
            _ruleset.RemoveSet(Kernel(v6).Name);
            var made = (AddressSet)Make(v6, interval);
            foreach (SetMember member in _members)
            {
                if (member.IsIPv6 == v6) made.Add(PrefixOf(member));
            }

            if (v6) _v6 = made;
            else _v4 = made;
        }

        private KernelSet Make(bool v6, bool interval)
        {
            string family = v6 ? "6" : "4";
            string kind = Kind == IpSetKind.AddressAndPort ? "ports" : interval ? "nets" : "ips";
            string name = $"{kind}{family}-{Hash.Short(Id)}";
            KernelSet set = Kind == IpSetKind.AddressAndPort
                ? new AddressPortSet(name, v6, _description, _ruleset)
                : new AddressSet(name, v6, interval, _description, _ruleset);
            if (_shown) _ruleset.Put(set);
            return set;
        }
    }
}
