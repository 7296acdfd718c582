using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// What the kernel refuses is closed, so that the rest can apply: a chain drops everything (failsafe ports of hosts stay open), chains that test a refused set do so too,
/// an interface whose element is refused is dropped. A staged chain, which enforces nothing, counts nothing. Closed parts are tried again when they change, and at every resync.
/// </summary>
internal sealed class Quarantine
{
    private readonly Dictionary<RulesetPart, Closure> _closed = [];
    private readonly Dictionary<string, string> _undeletable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _closedChains = new(StringComparer.Ordinal);

    public bool IsEmpty => _closed.Count == 0 && _undeletable.Count == 0;

    public void Clear()
    {
        _closed.Clear();
        _undeletable.Clear();
        _closedChains.Clear();
    }

    /// <summary>Opens what a change touches: it may be accepted now.</summary>
    /// <returns>Whether anything was closed that is not any more.</returns>
    public bool Forget(RulesetChange change)
    {
        bool any = false;
        foreach (RulesetPart part in IsEmpty ? [] : _closed.Keys.Where(part => Touches(change, part)).ToList()) any |= _closed.Remove(part);
        return any;
    }

    /// <summary>Closes a part; one that is refused though it is closed is closed more widely, until it is left out and what leads to it is closed.</summary>
    /// <returns>False when nothing more can be closed: the kernel refuses what everything hangs from.</returns>
    public bool Close(RulesetPart part, string reason, RulesetState state)
    {
        Closure? closure = _closed.GetValueOrDefault(part);
        switch (part)
        {
            case RulesetPart.Chain chain:
                if (closure is { Degree: Degree.LeftOut } || state.Chains.GetValueOrDefault(chain.Name) is not { } content || !IsClosable(content)) return false;
                Degree degree = closure is null ? Degree.Closed : closure.Degree + 1;
                if (degree == Degree.LeftOut && state.Chains.Values.Any(c => c.Base is not null && RulesetPart.TargetsOf(c).Contains(chain.Name))) return false;
                _closed[part] = new Closure(reason, content.Comment, degree);
                return true;
            case RulesetPart.Set set:
                if (closure is not null || !state.Sets.TryGetValue(set.Name, out KernelSet? definition) || state.Chains.Values.Any(c => c.Base is not null && RulesetPart.SetsOf(c).Contains(set.Name))) return false;
                _closed[part] = new Closure(reason, definition.Definition.Comment, Degree.LeftOut);
                return true;
            case RulesetPart.Element element:
                if (closure is not null) return Close(new RulesetPart.Set(element.SetName), reason, state);
                _closed[part] = new Closure(reason, InterfaceOf(element), Degree.Closed);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What the kernel will not let go of stays, unused.</summary>
    public bool Keep(NftChange deletion, string reason) => deletion is NftDeleteChain or NftDeleteSet && _undeletable.TryAdd(deletion.Subject, reason);

    public bool IsKept(NftChange deletion) => deletion is NftDeleteChain or NftDeleteSet && _undeletable.ContainsKey(deletion.Subject);

    /// <summary>The table with the closed parts closed.</summary>
    public NftTable Apply(NftTable wanted)
    {
        _closedChains.Clear();
        if (_closed.Count == 0) return wanted;
        HashSet<string> chains = [.. LeftOut.OfType<RulesetPart.Chain>().Select(c => c.Name)], sets = [.. LeftOut.OfType<RulesetPart.Set>().Select(s => s.Name)];
        ILookup<string, NftValue> elements = _closed.Keys.OfType<RulesetPart.Element>().ToLookup(e => e.SetName, e => e.Key);
        return wanted with
        {
            Chains = wanted.Chains.Where(c => !chains.Contains(c.Name)).Select(c => Closed(c, chains, sets)).ToValueList(),
            Sets = wanted.Sets.Where(s => !sets.Contains(s.Name)).Select(s => chains.Count > 0 || elements.Contains(s.Name) ? Closed(s, [.. elements[s.Name]], chains) : s).ToValueList(),
        };
    }

    private IEnumerable<RulesetPart> LeftOut => _closed.Where(c => c.Value.Degree == Degree.LeftOut).Select(c => c.Key);

    /// <summary>Why packets of an endpoint are dropped, or null when they are not for a reason known here.</summary>
    public string? ReasonFor(string interfaceName, string egress, string ingress)
    {
        foreach ((string chain, string reason) in _closedChains.Concat(LeftOut.OfType<RulesetPart.Chain>().Select(c => KeyValuePair.Create(c.Name, _closed[c].Reason))))
        {
            bool concerns = chain is Names.FromWorkload or Names.ToWorkload or Names.AntiSpoofing || chain == "from-" + interfaceName || chain == "to-" + interfaceName
                || chain == egress || chain == ingress || chain.StartsWith(egress + "-", StringComparison.Ordinal) || chain.StartsWith(ingress + "-", StringComparison.Ordinal);
            if (concerns) return $"the kernel refused {reason}";
        }

        return _closed.FirstOrDefault(c => c.Key is RulesetPart.Element element && element.IsOf(interfaceName)).Value is { } closure ? $"the kernel refused {closure.Reason}" : null;
    }

    /// <summary>What is closed, and why, for people.</summary>
    public IEnumerable<string> Problems => _closed.Select(c => c.Key switch
    {
        RulesetPart.Chain chain => $"Chain {chain.Name}{Brackets(c.Value.About)} {(c.Value.Degree == Degree.LeftOut ? "is left out and what leads to it drops everything" : _closedChains.ContainsKey(chain.Name) ? "drops everything" : "does nothing")}: the kernel refused {c.Value.Reason}",
        RulesetPart.Set set => $"Set {set.Name}{Brackets(c.Value.About)} is left out and the chains that test it drop everything: the kernel refused {c.Value.Reason}",
        RulesetPart.Element element => $"Interface {c.Value.About} is closed in {element.SetName}: the kernel refused {c.Value.Reason}",
        _ => c.Value.Reason,
    }).Concat(_undeletable.Select(k => $"The {k.Key} stays, unused: the kernel refused to delete it: {k.Value}"));

    private NftChain Closed(NftChain chain, HashSet<string> chains, HashSet<string> sets)
    {
        Closure? closure = _closed.GetValueOrDefault(new RulesetPart.Chain(chain.Name)) ?? MissedBy(chain, chains, sets);
        if (closure is null) return chain;
        if (chain.Base is not null || IsStaged(chain)) return chain with { Rules = default };
        _closedChains[chain.Name] = closure.Reason;
        NftRule drop = new RuleWriter().Count().Verdict(NftVerdict.Drop).Build("quarantined: the kernel refused this chain");
        return chain with { Rules = closure.Degree == Degree.Closed ? [.. chain.Rules.Where(IsFailsafe), drop] : [drop] };
    }

    /// <summary>What is left out and the chain cannot do without.</summary>
    private Closure? MissedBy(NftChain chain, HashSet<string> chains, HashSet<string> sets)
    {
        RulesetPart? missed = chains.Count > 0 && RulesetPart.TargetsOf(chain).FirstOrDefault(chains.Contains) is { } target ? new RulesetPart.Chain(target)
            : sets.Count > 0 && RulesetPart.SetsOf(chain).FirstOrDefault(sets.Contains) is { } set ? new RulesetPart.Set(set) : null;
        return missed is null ? null : _closed[missed] with { Degree = missed is RulesetPart.Chain ? Degree.Bare : Degree.Closed };
    }

    private static NftSet Closed(NftSet set, HashSet<NftValue> keys, HashSet<string> chains) => set with
    {
        Elements = set.DataType == NftType.Verdict
            ? set.Elements.Select(e => keys.Contains(e.Key) || (e.Verdict?.Chain is { } target && chains.Contains(target)) ? e with { Verdict = NftVerdict.Drop } : e).ToValueList()
            : set.Elements.Where(e => !keys.Contains(e.Key)).ToValueList(),
    };

    /// <summary>A base chain decides about packets of everybody. Without address translation they leave as they are: that can be done without.</summary>
    private static bool IsClosable(NftChain chain) => chain.Base is null or { Type: "nat" };

    private static bool IsStaged(NftChain chain) => chain.Rules.Count > 0 && chain.Rules.All(r => r.Comment?.StartsWith("staged ", StringComparison.Ordinal) == true);

    private static bool IsFailsafe(NftRule rule) =>
        rule.Expressions.Any(e => e is VerdictExpression { Verdict: { Code: NftVerdictCode.Jump, Chain: Names.FailsafeIn or Names.FailsafeOut or Names.FailsafeRawIn or Names.FailsafeRawOut } });

    private static bool Touches(RulesetChange change, RulesetPart part) => part switch
    {
        RulesetPart.Chain chain => change.Chains.Exists(c => (c.Before ?? c.After)!.Name == chain.Name),
        RulesetPart.Set set => change.Sets.Exists(s => (s.Before ?? s.After)!.Name == set.Name) || change.Elements.Exists(e => e.Set.Name == set.Name),
        RulesetPart.Element element => change.Elements.Exists(e => e.Set.Name == element.SetName && e.Changes.Added.Concat(e.Changes.Removed).Any(x => x.Key == element.Key)),
        _ => false,
    };

    private static string InterfaceOf(RulesetPart.Element element) => System.Text.Encoding.UTF8.GetString(element.Key.Span[..Math.Min(16, element.Key.Length)]).TrimEnd('\0');

    private static string Brackets(string? about) => string.IsNullOrEmpty(about) ? "" : $" ({about})";

    /// <summary>How widely a part is closed.</summary>
    private enum Degree
    {
        /// <summary>Failsafe ports of hosts stay open.</summary>
        Closed,

        /// <summary>Not even they: what opens them was refused.</summary>
        Bare,

        /// <summary>It is not there, and what leads to it is closed.</summary>
        LeftOut,
    }

    /// <param name="Reason">What the kernel said.</param>
    /// <param name="About">What the part is for, for people.</param>
    /// <param name="Degree">How widely it is closed.</param>
    private sealed record Closure(string Reason, string? About, Degree Degree);
}
