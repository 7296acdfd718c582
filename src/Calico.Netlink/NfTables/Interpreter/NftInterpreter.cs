using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>Runs packets through a ruleset as the kernel does, without a kernel. Not thread-safe.</summary>
/// <remarks>
/// Base chains of a hook run by priority; accept ends a base chain, drop the packet's way. State lives in the interpreter: counters, limits, quotas,
/// elements that rules add. Packets and connections are changed in place. What the kernel would look up is asked of an <see cref="NftEnvironment"/>.
/// Source of the meaning: net/netfilter/nf_tables_core.c, nft_do_chain.
/// </remarks>
public sealed class NftInterpreter
{
    private readonly List<LiveTable> _tables;
    private readonly (LiveTable Table, LiveChain Chain)[] _baseChains;
    private readonly NftEnvironment _environment;

    /// <summary>An interpreter of some tables.</summary>
    /// <param name="tables">The tables, in the order they were made: it decides between base chains of equal priority.</param>
    /// <param name="environment">Answers what the kernel would be asked; null answers that there is nothing.</param>
    /// <exception cref="NftInterpreterException">A rule or element names a chain, set or object that is not there.</exception>
    public NftInterpreter(IEnumerable<NftTable> tables, NftEnvironment? environment = null)
    {
        ArgumentNullException.ThrowIfNull(tables);
        _environment = environment ?? new NftEnvironment();
        _tables = [.. tables.Select(t => new LiveTable(t, _environment.NowNanoseconds))];
        _baseChains =
        [
            .. _tables.Where(t => !t.Table.Flags.HasFlag(NftTableFlags.Dormant))
                .SelectMany(t => t.BaseChains.Select(c => (Table: t, Chain: c)))
                .OrderBy(x => x.Chain.Chain.Base!.Priority),
        ];
    }

    /// <summary>Runs a packet through every base chain of a hook that sees it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="hook">The hook.</param>
    /// <param name="trace">Whether the rules it runs through are noted.</param>
    /// <returns>The verdict, the trace and what rules did.</returns>
    /// <exception cref="NftInterpreterException">A rule uses an expression that is not known, or chains call each other deeper than 16.</exception>
    public NftEvaluation Evaluate(NftPacket packet, NftHook hook, bool trace = true)
    {
        ArgumentNullException.ThrowIfNull(packet);
        NftFamily own = packet.NfProto == 10 ? NftFamily.Ip6 : NftFamily.Ip;
        return Run(packet, trace, (family, at) => at.Hook == hook && (family == own || family == NftFamily.Inet));
    }

    /// <summary>Runs a packet through the base chains that one family has at a hook: <c>bridge</c>, <c>arp</c>, <c>netdev</c>.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="family">The family.</param>
    /// <param name="hook">The hook.</param>
    /// <param name="trace">Whether the rules it runs through are noted.</param>
    /// <returns>The verdict, the trace and what rules did.</returns>
    /// <exception cref="NftInterpreterException">A rule uses an expression that is not known, or chains call each other deeper than 16.</exception>
    public NftEvaluation EvaluateFamily(NftPacket packet, NftFamily family, NftHook hook, bool trace = true)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return Run(packet, trace, (f, at) => f == family && at.Hook == hook);
    }

    /// <summary>A table with its counters, quotas and rule-made elements as they are now.</summary>
    /// <param name="id">The table.</param>
    /// <param name="counter">A named counter of it.</param>
    /// <returns>The counter; null when there is none.</returns>
    public CounterExpression? Counter(NftTableId id, string counter) =>
        _tables.Find(t => t.Table.Id == id)?.Object(NftObjectType.Counter, counter)?.Current(_environment.NowNanoseconds) as CounterExpression;

    /// <summary>The counters of a rule as they are now.</summary>
    /// <param name="id">The table.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="rule">The rule's position from 0.</param>
    /// <returns>The counters in the order of the rule's expressions; none when there is no such table.</returns>
    /// <exception cref="NftInterpreterException">The table has no such chain.</exception>
    public IReadOnlyList<CounterExpression> RuleCounters(NftTableId id, string chain, int rule) =>
        _tables.Find(t => t.Table.Id == id) is not { } table ? []
            : [.. table.Chain(chain).Rules[rule].State.Where(s => s?.Expression is CounterExpression).Select(s => (CounterExpression)s!.Current(_environment.NowNanoseconds))];

    /// <summary>Looks a key up in a set as a rule would, elements that rules added among them.</summary>
    /// <param name="id">The table.</param>
    /// <param name="set">The set.</param>
    /// <param name="key">The key.</param>
    /// <returns>The element; null when there is none.</returns>
    public NftElement? Find(NftTableId id, string set, NftValue key) =>
        _tables.Find(t => t.Table.Id == id)?.Set(set).Find(key.Span, _environment.NowNanoseconds)?.Element;

    private NftEvaluation Run(NftPacket packet, bool trace, Func<NftFamily, NftBaseChain, bool> sees)
    {
        Walk walk = new(packet, _environment, trace);
        NftVerdictCode verdict = NftVerdictCode.Accept;
        foreach ((LiveTable table, LiveChain chain) in _baseChains)
        {
            if (!sees(table.Table.Family, chain.Chain.Base!)) continue;
            if (chain.Chain.Base!.Type == "nat" && !SeesNat(packet)) continue;
            verdict = walk.RunBase(table, chain);
            if (verdict != NftVerdictCode.Accept) break;
        }

        return new NftEvaluation(verdict, walk.Trace, walk.Actions);
    }

    // NAT chains decide for a connection's first packet; conntrack remembers.
    private static bool SeesNat(NftPacket packet) => !packet.IsUntracked && packet.Connection is { State: NftCtState.New or NftCtState.Related };
}
