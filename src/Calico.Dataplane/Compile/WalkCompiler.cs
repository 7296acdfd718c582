using System.Globalization;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Compile;

/// <summary>Looks up what a walk names.</summary>
internal interface IActiveRules
{
    ActivePolicy? Policy(PolicyId id);

    ActiveProfile? Profile(string name);
}

/// <summary>
/// Compiles a walk to chains in the order the rules are evaluated. Nothing is kept in packet marks: Allow returns to the base chain, which goes on with the
/// next stage; Pass goes to the chain of the next tier, and goto keeps the return address. A tier gets a chain of its own only when something passes to it.
/// </summary>
/// <param name="rules">The active policies and profiles.</param>
/// <param name="ipv6">Whether IPv6 rules are wanted.</param>
/// <param name="domainsKnown">Whether someone tells the addresses of domain names.</param>
internal sealed class WalkCompiler(IActiveRules rules, bool ipv6, bool domainsKnown = false)
{
    /// <param name="walk">What to compile.</param>
    /// <param name="name">The first chain's name.</param>
    /// <param name="residual">Given a rule's terms, those left to test in the kernel, or null when they cannot hold; used to specialise a walk for a class of addresses.</param>
    public List<WalkChain> Compile(Walk walk, string name, Func<List<PacketTerm>, List<PacketTerm>?>? residual = null)
    {
        Emitter emitter = new(walk, name, residual);
        for (int i = 0; i < walk.Tiers.Count; i++)
        {
            if (!EmitTier(emitter, walk.Tiers[i], i)) return emitter.Chains;
        }

        if (walk.Kind.EndsInProfiles) EmitProfiles(emitter);
        return emitter.Chains;
    }

    /// <returns>False when no packet gets beyond the tier.</returns>
    private bool EmitTier(Emitter emitter, WalkTier tier, int index)
    {
        string next = string.Create(CultureInfo.InvariantCulture, $"{emitter.Name}-t{index + 1}");
        bool enforced = false, passed = false;
        foreach (PolicyId id in tier.Policies)
        {
            if (rules.Policy(id) is not { } policy)
            {
                enforced |= !id.IsStaged;
                continue;
            }

            if (id.IsStaged) EmitStaged(emitter, policy, tier.Name);
            else
            {
                enforced = true;
                passed |= EmitPolicy(emitter, policy, tier.Name, next);
            }
        }

        bool denies = enforced && tier.DefaultAction == TierDefaultAction.Deny;
        if (denies) emitter.Add([], WalkVerdict.Deny, null, new RuleOwner(RuleOwnerKind.TierEnd, tier.Name, tier.Name, emitter.Ingress, -1, RuleAction.Deny));
        if (passed) emitter.StartChain(next, linked: !denies);
        return passed || !denies;
    }

    private bool EmitPolicy(Emitter emitter, ActivePolicy policy, string tier, string next)
    {
        EquatableArray<ActiveRule> list = emitter.Ingress ? policy.Ingress : policy.Egress;
        bool passed = false;
        for (int i = 0; i < list.Count; i++)
        {
            RuleOwner owner = new(RuleOwnerKind.Policy, tier, policy.Id.ToString(), emitter.Ingress, i, list[i].Action);
            foreach (List<PacketTerm> terms in RuleLowering.Lower(list[i], ipv6, domainsKnown))
                passed |= emitter.Add(terms, VerdictOf(list[i].Action), list[i].Action == RuleAction.Pass ? next : null, owner) && list[i].Action == RuleAction.Pass;
        }

        return passed;
    }

    private void EmitStaged(Emitter emitter, ActivePolicy policy, string tier)
    {
        EquatableArray<ActiveRule> list = emitter.Ingress ? policy.Ingress : policy.Egress;
        string name = emitter.Name + "-staged-" + Hash.Short(policy.Id.ToString());
        WalkChain chain = new(name, policy.Id + " (staged: counted, not enforced)", []);
        for (int i = 0; i < list.Count; i++)
        {
            RuleOwner owner = new(RuleOwnerKind.Policy, tier, policy.Id.ToString(), emitter.Ingress, i, list[i].Action);
            foreach (List<PacketTerm> terms in RuleLowering.Lower(list[i], ipv6, domainsKnown))
            {
                if (emitter.Reduce(terms) is { } left)
                    chain.Rules.Add(new WalkRule(left, list[i].Action == RuleAction.Log ? WalkVerdict.Log : WalkVerdict.Return, null, owner, Staged: true));
            }
        }

        if (chain.Rules.Count == 0) return;
        if (emitter.Add([], WalkVerdict.Jump, name, new RuleOwner(RuleOwnerKind.Other, tier, $"staged {policy.Id}", emitter.Ingress, -1, RuleAction.Log)))
            emitter.Chains.Add(chain);
    }

    private void EmitProfiles(Emitter emitter)
    {
        int index = 0;
        foreach (string name in emitter.Walk.Profiles)
        {
            if (rules.Profile(name) is not { IsMissing: false } profile)
            {
                emitter.Add([], WalkVerdict.Deny, null, new RuleOwner(RuleOwnerKind.Other, "", $"missing profile {name}", emitter.Ingress, -1, RuleAction.Deny));
                return;
            }

            EmitProfile(emitter, profile, string.Create(CultureInfo.InvariantCulture, $"{emitter.Name}-p{++index}"));
        }

        emitter.Add([], WalkVerdict.Deny, null, new RuleOwner(RuleOwnerKind.Other, "", "no profile matched", emitter.Ingress, -1, RuleAction.Deny));
    }

    /// <summary>Pass in a profile ends that profile's rules; the next profile follows.</summary>
    private void EmitProfile(Emitter emitter, ActiveProfile profile, string next)
    {
        EquatableArray<ActiveRule> list = emitter.Ingress ? profile.Ingress : profile.Egress;
        bool passed = false;
        for (int i = 0; i < list.Count; i++)
        {
            RuleOwner owner = new(RuleOwnerKind.Profile, "", profile.Name, emitter.Ingress, i, list[i].Action);
            bool pass = list[i].Action == RuleAction.Pass;
            foreach (List<PacketTerm> terms in RuleLowering.Lower(list[i], ipv6, domainsKnown))
                passed |= emitter.Add(terms, VerdictOf(list[i].Action), pass ? next : null, owner) && pass;
        }

        if (passed) emitter.StartChain(next, linked: true);
    }

    private static WalkVerdict VerdictOf(RuleAction action) => action switch
    {
        RuleAction.Allow => WalkVerdict.Allow,
        RuleAction.Pass => WalkVerdict.Goto,
        RuleAction.Log => WalkVerdict.Log,
        _ => WalkVerdict.Deny,
    };

    /// <summary>The chains so far; rules behind one that takes every packet are left out.</summary>
    private sealed class Emitter
    {
        private readonly Func<List<PacketTerm>, List<PacketTerm>?>? _residual;
        private WalkChain _current;

        public Emitter(Walk walk, string name, Func<List<PacketTerm>, List<PacketTerm>?>? residual)
        {
            (Walk, Name, _residual) = (walk, name, residual);
            _current = new WalkChain(name, walk.Describe(), []);
            Chains = [_current];
        }

        public Walk Walk { get; }

        public string Name { get; }

        public List<WalkChain> Chains { get; }

        public bool Ingress => Walk.Kind.IsIngress;

        private bool Closed => _current.Rules is [.., { EndsChain: true }];

        public List<PacketTerm>? Reduce(List<PacketTerm> terms) => _residual is null ? terms : _residual(terms);

        /// <returns>Whether a packet can reach the rule.</returns>
        public bool Add(List<PacketTerm> terms, WalkVerdict verdict, string? target, RuleOwner owner)
        {
            if (Closed || Reduce(terms) is not { } left) return false;
            _current.Rules.Add(new WalkRule(left, verdict, target, owner));
            return true;
        }

        public void StartChain(string name, bool linked)
        {
            if (linked && !Closed)
                _current.Rules.Add(new WalkRule([], WalkVerdict.Goto, name, new RuleOwner(RuleOwnerKind.Other, "", "next tier", Ingress, -1, RuleAction.Pass)));
            _current = new WalkChain(name, "", []);
            Chains.Add(_current);
        }
    }
}
