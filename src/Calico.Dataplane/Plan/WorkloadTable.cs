using System.Net;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Plan;

/// <summary>Local workload endpoints: their interfaces in the dispatch maps, the source addresses they may use.</summary>
internal sealed class WorkloadTable
{
    private readonly RulesetState _ruleset;
    private readonly WalkTable _walks;
    private readonly KeyedSet _fromWorkload, _toWorkload, _down, _sourcesV4, _sourcesV6;
    private readonly RateChains _rates;
    private readonly Dictionary<WorkloadEndpointId, Endpoint> _endpoints = [];
    private readonly Dictionary<string, SortedList<string, Endpoint>> _byInterface = new(StringComparer.Ordinal);

    public WorkloadTable(RulesetState ruleset, WalkTable walks)
    {
        (_ruleset, _walks) = (ruleset, walks);
        _rates = new RateChains(ruleset);
        _fromWorkload = Map(Names.FromWorkloadMap, "interface of a workload to its egress policy");
        _toWorkload = Map(Names.ToWorkloadMap, "interface of a workload to its ingress policy");
        _down = Add(new NftSet(Names.DownInterfaces, NftType.InterfaceName) { Comment = "interfaces of workloads that are administratively down" });
        _sourcesV4 = Add(new NftSet(Names.SourcesV4, NftType.Concat(NftType.InterfaceName, NftType.Ipv4Address)) { Comment = "source addresses each workload may use" });
        _sourcesV6 = Add(new NftSet(Names.SourcesV6, NftType.Concat(NftType.InterfaceName, NftType.Ipv6Address)) { Comment = "source addresses each workload may use" });
    }

    /// <summary>Endpoints in force: of several that name one interface, the one whose id sorts first.</summary>
    public IEnumerable<(WorkloadEndpointModel Model, EndpointPolicies Policies)> Active => _byInterface.Values.Select(l => (l.Values[0].Model, l.Values[0].Policies));

    /// <summary>Whether a rule is needed that looks before connection tracking speaks.</summary>
    public bool AnyDown => _down.Count > 0;

    /// <summary>Interfaces that may send from prefixes other than their own addresses.</summary>
    public IEnumerable<(string Interface, EquatableArray<IPNetwork> Prefixes)> Spoofers =>
        Active.Where(a => !a.Model.AllowedSourcePrefixes.IsEmpty).Select(a => (a.Model.InterfaceName, a.Model.AllowedSourcePrefixes)).OrderBy(s => s.InterfaceName, StringComparer.Ordinal);

    /// <summary>The walks of the workloads that have an address, for judging flows. Of several the one in force on its interface.</summary>
    public Dictionary<IpPrefix, (Walk Egress, Walk Ingress)> WalksByAddress()
    {
        Dictionary<IpPrefix, (Walk, Walk)> walks = [];
        foreach (SortedList<string, Endpoint> claims in _byInterface.Values)
        {
            foreach (IPNetwork net in claims.Values[0].Model.Nets) walks.TryAdd(IpPrefix.From(net), (claims.Values[0].Egress, claims.Values[0].Ingress));
        }

        return walks;
    }

    /// <summary>How the policies of each endpoint in force are laid out.</summary>
    public IEnumerable<EndpointLayout> Layouts => _byInterface.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => i.Value.Values[0])
        .Select(e => new EndpointLayout(e.Model.Id, e.Model.InterfaceName, _walks.LayoutOf(e.Egress), _walks.LayoutOf(e.Ingress)));

    public WorkloadEndpointModel? Find(WorkloadEndpointId id) => _endpoints.GetValueOrDefault(id)?.Model;

    /// <summary>Where an endpoint's policy begins; null for one that is not there.</summary>
    public (string Egress, string Ingress)? ChainsOf(WorkloadEndpointId id) => _endpoints.TryGetValue(id, out Endpoint? endpoint) ? (endpoint.Egress.ChainName, endpoint.Ingress.ChainName) : null;

    public void Put(WorkloadEndpointModel model, EndpointPolicies policies)
    {
        Endpoint? old = _endpoints.GetValueOrDefault(model.Id);
        Endpoint endpoint = new(model, policies);
        _walks.Acquire(endpoint.Egress);
        _walks.Acquire(endpoint.Ingress);
        _endpoints[model.Id] = endpoint;
        if (old is not null) Detach(old, except: model.InterfaceName);
        Attach(endpoint);
        if (old is not null) Release(old);
    }

    public void Remove(WorkloadEndpointId id)
    {
        if (!_endpoints.Remove(id, out Endpoint? old)) return;
        Detach(old, except: null);
        Release(old);
    }

    private void Release(Endpoint endpoint)
    {
        _walks.Release(endpoint.Egress);
        _walks.Release(endpoint.Ingress);
    }

    private void Attach(Endpoint endpoint)
    {
        string name = endpoint.Model.InterfaceName;
        if (!IsUsable(name)) return;
        if (!_byInterface.TryGetValue(name, out SortedList<string, Endpoint>? claims)) _byInterface[name] = claims = new(StringComparer.Ordinal);
        claims[endpoint.Key] = endpoint;
        Show(name, claims);
    }

    private void Detach(Endpoint endpoint, string? except)
    {
        string name = endpoint.Model.InterfaceName;
        if (!_byInterface.TryGetValue(name, out SortedList<string, Endpoint>? claims)) return;
        claims.Remove(endpoint.Key);
        if (name == except) return; // the new version of the endpoint is about to take its place
        if (claims.Count == 0) _byInterface.Remove(name);
        Show(name, claims);
    }

    private static bool IsUsable(string name) => name.Length is > 0 and <= 15;

    /// <summary>Brings the kernel's maps in line with who has the interface now.</summary>
    private void Show(string name, SortedList<string, Endpoint> claims)
    {
        NftValue key = NftValue.InterfaceName(name);
        Endpoint? shown = claims.Count == 0 ? null : claims.Values[0];
        ShowSources(name, shown);
        _rates.Show(name, shown?.Model.Qos);
        if (shown is null)
        {
            _fromWorkload.Delete(key);
            _toWorkload.Delete(key);
            _down.Delete(key);
            EndpointChains.Remove(_ruleset, name);
            return;
        }

        bool up = shown.Model.IsActive;
        if (up) _down.Delete(key);
        else _down.Put(new NftElement(key) { Comment = Comments.Fit(shown.Key) });
        (string from, string to) = EndpointChains.Write(_ruleset, shown.Model, shown.Egress.ChainName, shown.Ingress.ChainName);
        _fromWorkload.Put(new NftElement(key, up ? NftVerdict.Goto(from) : NftVerdict.Goto(Names.EndpointDown)) { Comment = Comments.Fit(shown.Key) });
        _toWorkload.Put(new NftElement(key, up ? NftVerdict.Goto(to) : NftVerdict.Goto(Names.EndpointDown)) { Comment = Comments.Fit(shown.Key) });
    }

    private readonly Dictionary<string, List<IpPrefix>> _sources = new(StringComparer.Ordinal);

    private void ShowSources(string name, Endpoint? endpoint)
    {
        List<IpPrefix> wanted = endpoint is null ? [] : [.. endpoint.Model.Nets.Select(IpPrefix.From).Where(p => p.IsHost)];
        foreach (IpPrefix old in _sources.GetValueOrDefault(name) ?? [])
        {
            if (!wanted.Contains(old)) Sources(old).Delete(SourceKey(name, old));
        }

        foreach (IpPrefix address in wanted) Sources(address).Put(new NftElement(SourceKey(name, address)));
        if (wanted.Count == 0) _sources.Remove(name);
        else _sources[name] = wanted;
    }

    private KeyedSet Sources(IpPrefix address) => address.IsIPv6 ? _sourcesV6 : _sourcesV4;

    private static NftValue SourceKey(string name, IpPrefix address) => NftValue.Concat(NftValue.InterfaceName(name), RuleWriter.Value(address));

    private KeyedSet Map(string name, string comment) => Add(new NftSet(name, NftType.InterfaceName) { DataType = NftType.Verdict, Comment = comment });

    private KeyedSet Add(NftSet definition)
    {
        KeyedSet set = new(definition, _ruleset);
        _ruleset.Put(set);
        return set;
    }

    private sealed class Endpoint(WorkloadEndpointModel model, EndpointPolicies policies)
    {
        public WorkloadEndpointModel Model { get; } = model;

        public EndpointPolicies Policies { get; } = policies;

        public string Key { get; } = model.Id.ToString();

        public Walk Egress { get; } = Walk.Of(WalkKind.WorkloadEgress, policies.Tiers, policies.Profiles);

        public Walk Ingress { get; } = Walk.Of(WalkKind.WorkloadIngress, policies.Tiers, policies.Profiles);
    }
}
