using System.Net;
using Calico.Dataplane.Domains;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Plan;

/// <summary>
/// Policy's deltas in, our table's content out. Pure: no clock, no kernel. Work is proportional to the change: a set member is one element, a policy is
/// the walks that contain it, an endpoint is its dispatch elements and perhaps a new walk.
/// </summary>
internal sealed class PolicyPlanner
{
    private readonly IpSetTable _sets;
    private readonly WalkTable _walks;
    private readonly WorkloadTable _workloads;
    private readonly HostTable _hosts;
    private readonly BaseChains _base;
    private bool _started;
    private bool _baseDirty;

    public PolicyPlanner(DataplaneOptions options, RulesetState? ruleset = null)
    {
        Ruleset = ruleset ?? new RulesetState();
        _sets = new IpSetTable(Ruleset);
        Domains = new DomainTable(_sets);
        _walks = new WalkTable(Ruleset, _sets, options);
        _workloads = new WorkloadTable(Ruleset, _walks);
        _hosts = new HostTable(Ruleset, _walks);
        _base = new BaseChains(Ruleset, options, _workloads, _hosts);
    }

    public RulesetState Ruleset { get; }

    public WorkloadTable Workloads => _workloads;

    public HostTable Hosts => _hosts;

    public WalkTable Walks => _walks;

    /// <summary>Whether everything that should exist has been told.</summary>
    public bool InSync { get; private set; }

    public void SetInterface(string name, IEnumerable<IPAddress> addresses) => _hosts.SetInterface(name, addresses);

    /// <summary>Domain names of rules, and the addresses they are known to have.</summary>
    public DomainTable Domains { get; }

    /// <summary>The overlay's devices, whose packets are let in from the peers alone, and the pools that are the inside of the cluster.</summary>
    public void SetNetwork(IReadOnlyList<TunnelDevice> tunnels, IReadOnlyList<DataplanePool> pools)
    {
        (_base.Tunnels, _base.Pools) = (tunnels, pools);
        _baseDirty = true;
    }

    public void Apply(PolicyDelta delta)
    {
        switch (delta)
        {
            case IpSetUpdate d: _sets.Update(d); break;
            case IpSetDelta d: _sets.Apply(d); break;
            case IpSetRemove d: _sets.Remove(d.Id); break;
            case PolicyUpdate d:
                Domains.SetRules(d.Policy.Id, d.Policy.Ingress.Concat(d.Policy.Egress));
                _walks.Put(d.Policy);
                break;
            case PolicyRemove d:
                Domains.SetRules(d.Id, []);
                _walks.Remove(d.Id);
                break;
            case ProfileUpdate d:
                Domains.SetRules(d.Profile.Name, d.Profile.Ingress.Concat(d.Profile.Egress));
                _walks.Put(d.Profile);
                break;
            case ProfileRemove d:
                Domains.SetRules(d.Name, []);
                _walks.RemoveProfile(d.Name);
                break;
            case WorkloadEndpointUpdate d:
                _workloads.Put(d.Endpoint, d.Policies);
                _baseDirty = true;
                break;
            case WorkloadEndpointRemove d:
                _workloads.Remove(d.Id);
                _baseDirty = true;
                break;
            case HostEndpointUpdate d: _hosts.Put(d.Endpoint, d.Policies); break;
            case HostEndpointRemove d: _hosts.Remove(d.Id); break;
            case Policy.Model.Deltas.InSync: InSync = true; break;
            default: throw new ArgumentOutOfRangeException(nameof(delta), delta, "A kind of policy delta this planner does not know.");
        }
    }

    /// <summary>Brings the ruleset up to date with all deltas so far and says what that changes.</summary>
    public RulesetChange Flush()
    {
        bool hostsChanged = _hosts.Resolve();
        _walks.Compile();
        if (hostsChanged || _baseDirty || !_started) _base.Write();
        _started = true;
        _baseDirty = false;
        return Ruleset.TakeChange();
    }
}
