using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>What the policies of one endpoint make of a packet at one hook, in one direction.</summary>
public enum HookVerdict : byte
{
    /// <summary>Nothing decided: the packet goes on. Never the answer at <see cref="PolicyHook.Workload"/> and <see cref="PolicyHook.HostNormal"/>.</summary>
    NoMatch,

    /// <summary>Allowed.</summary>
    Allow,

    /// <summary>Denied.</summary>
    Deny,
}

/// <summary>Judges packets by what an engine has told, as a dataplane that does exactly as told would. Policy alone: connection tracking, failsafe ports and the like are not its business.</summary>
public sealed class ActiveEvaluator
{
    private readonly ActiveState _state;
    private readonly ActiveRuleBook _rules;

    /// <summary>An evaluator over a state; the state may change between calls.</summary>
    public ActiveEvaluator(ActiveState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
        _rules = new ActiveRuleBook(state);
    }

    /// <summary>Judges a packet at a workload's interface.</summary>
    /// <exception cref="KeyNotFoundException">The engine has not told of the endpoint.</exception>
    public HookVerdict Judge(WorkloadEndpointId endpoint, PolicyTypes direction, Flow flow) =>
        HookWalk.Judge(_rules, [], PolicyHook.Workload, direction, endpoint.ToString(), _state.Workloads[endpoint].Policies, flow, enforceStaged: false);

    /// <summary>Judges a packet at a host's interface.</summary>
    /// <exception cref="KeyNotFoundException">The engine has not told of the endpoint.</exception>
    public HookVerdict Judge(HostEndpointId endpoint, PolicyHook hook, PolicyTypes direction, Flow flow) =>
        HookWalk.Judge(_rules, [], hook, direction, endpoint.ToString(), _state.Hosts[endpoint].Policies, flow, enforceStaged: false);
}

/// <summary>The walk that belongs to each hook.</summary>
internal static class HookWalk
{
    public static HookVerdict Judge(RuleBook rules, List<TraceStep> trace, PolicyHook hook, PolicyTypes direction, string endpoint, EndpointPolicies policies, Flow flow, bool enforceStaged)
    {
        Packet packet = hook == PolicyHook.HostPreDnat ? Packet.BeforeDnat(flow) : Packet.Of(flow);
        PolicyWalk walk = new(rules, trace, hook, direction, endpoint);
        switch (hook)
        {
            case PolicyHook.HostUntracked:
                return walk.Tiers(policies.UntrackedTiers, in packet, enforceStaged, endsPass: true);
            case PolicyHook.HostPreDnat:
                return walk.Tiers(policies.PreDnatTiers, in packet, enforceStaged, endsPass: true);
            case PolicyHook.HostForward:
                return walk.Tiers(policies.ForwardTiers, in packet, enforceStaged);
            default:
                HookVerdict verdict = walk.Tiers(policies.Tiers, in packet, enforceStaged);
                return verdict == HookVerdict.NoMatch ? walk.Profiles(policies.Profiles, in packet) : verdict;
        }
    }
}
