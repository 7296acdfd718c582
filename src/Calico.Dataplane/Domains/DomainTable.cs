using System.Net;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Sets;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Domains;

/// <summary>Domain names of active rules as address sets: an answer puts its address into the sets whose pattern it matches, until its time to live is over.</summary>
internal sealed class DomainTable(IpSetTable sets)
{
    private readonly Dictionary<string, DomainSet> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<object, HashSet<string>> _used = [];
    private readonly Dictionary<(string Name, IPAddress Address), DateTimeOffset> _answers = [];

    /// <summary>When the first answer expires; null when none is remembered.</summary>
    public DateTimeOffset? NextExpiry => _answers.Count == 0 ? null : _answers.Values.Min();

    /// <param name="owner">The policy or profile.</param>
    /// <param name="rules">All its rules; none when it is gone.</param>
    public void SetRules(object owner, IEnumerable<ActiveRule> rules)
    {
        HashSet<string> ids = [];
        foreach (EquatableArray<string> domains in rules.SelectMany(r => new[] { r.Source.Domains, r.Destination.Domains }).Where(d => !d.IsEmpty))
        {
            string id = DomainSets.IdOf(domains);
            if (!ids.Add(id)) continue;
            if (!_sets.TryGetValue(id, out DomainSet? set)) _sets[id] = set = Make(id, domains);
            if (_used.GetValueOrDefault(owner)?.Contains(id) != true) set.Uses++;
        }

        foreach (string gone in (_used.GetValueOrDefault(owner) ?? []).Except(ids))
        {
            if (--_sets[gone].Uses > 0) continue;
            _sets.Remove(gone);
            sets.Remove(gone);
        }

        if (ids.Count == 0) _used.Remove(owner);
        else _used[owner] = ids;
    }

    public void Learn(DomainAnswer answer, DateTimeOffset now)
    {
        (string, IPAddress) key = (answer.Name.TrimEnd('.').ToLowerInvariant(), answer.Address);
        DateTimeOffset until = now + answer.TimeToLive;
        if (_answers.TryGetValue(key, out DateTimeOffset known) && known >= until) return;
        bool isNew = !_answers.ContainsKey(key);
        _answers[key] = until;
        if (!isNew) return;
        foreach (DomainSet set in _sets.Values.Where(s => s.Matches(key.Item1))) Change(set, answer.Address, +1);
    }

    public void Expire(DateTimeOffset now)
    {
        foreach ((string Name, IPAddress Address) key in _answers.Where(a => a.Value <= now).Select(a => a.Key).ToList())
        {
            _answers.Remove(key);
            foreach (DomainSet set in _sets.Values.Where(s => s.Matches(key.Name))) Change(set, key.Address, -1);
        }
    }

    private DomainSet Make(string id, EquatableArray<string> domains)
    {
        DomainSet set = new(id, domains);
        sets.Update(new IpSetUpdate(id, IpSetKind.Net, []) { Description = "domains " + string.Join(", ", (IEnumerable<string>)domains) });
        foreach ((string Name, IPAddress Address) known in _answers.Keys.Where(k => set.Matches(k.Name))) Change(set, known.Address, +1);
        return set;
    }

    // An address stays while any name of the set has it.
    private void Change(DomainSet set, IPAddress address, int change)
    {
        int before = set.Names.GetValueOrDefault(address), after = before + change;
        if (after == 0) set.Names.Remove(address);
        else set.Names[address] = after;
        SetMember member = new(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32));
        if (before == 0) sets.Apply(new IpSetDelta(set.Id, [member], []));
        else if (after == 0) sets.Apply(new IpSetDelta(set.Id, [], [member]));
    }

    private sealed class DomainSet(string id, EquatableArray<string> patterns)
    {
        public string Id { get; } = id;

        public int Uses { get; set; }

        public Dictionary<IPAddress, int> Names { get; } = [];

        public bool Matches(string name) => patterns.Any(p => DomainPattern.Matches(p, name));
    }
}
