using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>One packet's way through chains: jumps, returns, the trace.</summary>
internal sealed class Walk(NftPacket packet, NftEnvironment environment, bool traced)
{
    private const int JumpStackSize = 16; // NFT_JUMP_STACK_SIZE

    private static readonly NftVerdict Continue = new(NftVerdictCode.Continue);
    private static readonly NftVerdict Break = new(NftVerdictCode.Break);

    private readonly List<NftTraceStep> _trace = [];
    private readonly ExpressionRunner _runner = new(packet, environment);

    public IReadOnlyList<NftTraceStep> Trace => _trace;

    public IReadOnlyList<NftAction> Actions => _runner.Actions;

    public NftVerdictCode RunBase(LiveTable table, LiveChain baseChain)
    {
        Stack<(LiveChain Chain, int Next)> calls = new();
        LiveChain chain = baseChain;
        int next = 0;
        _runner.Begin(table);
        while (true)
        {
            if (next >= chain.Rules.Length)
            {
                if (!calls.TryPop(out (LiveChain Chain, int Next) caller)) return Policy(table, baseChain);
                (chain, next) = caller;
                continue;
            }

            int index = next++;
            NftVerdict verdict = RunRule(chain.Rules[index]);
            if (verdict.Code == NftVerdictCode.Break) continue;
            if (traced) _trace.Add(new NftTraceStep(table.Table.Id, chain.Chain.Name, index, chain.Rules[index].Rule, verdict, _runner.LastElement));
            switch (verdict.Code)
            {
                case NftVerdictCode.Continue: break;
                case NftVerdictCode.Jump:
                    if (calls.Count == JumpStackSize) throw new NftInterpreterException($"Chains of table {table.Table} jump deeper than {JumpStackSize} at chain '{chain.Chain.Name}'.");
                    calls.Push((chain, next));
                    (chain, next) = (table.Chain(verdict.Chain!), 0);
                    break;
                case NftVerdictCode.Goto:
                    (chain, next) = (table.Chain(verdict.Chain!), 0);
                    break;
                case NftVerdictCode.Return:
                    next = int.MaxValue;
                    break;
                default:
                    return (NftVerdictCode)((int)verdict.Code & 0xff);
            }
        }
    }

    private NftVerdict RunRule(LiveRule rule)
    {
        _runner.LastElement = null;
        for (int i = 0; i < rule.Expressions.Length; i++)
        {
            NftVerdict verdict = _runner.Run(rule.Expressions[i], rule.State[i], rule.Sets[i]) switch
            {
                Outcome.Next => Continue,
                Outcome.Break => Break,
                _ => _runner.Verdict,
            };
            if (verdict.Code != NftVerdictCode.Continue) return verdict;
        }

        return Continue;
    }

    private NftVerdictCode Policy(LiveTable table, LiveChain chain)
    {
        NftVerdictCode policy = chain.Chain.Base!.Policy;
        if (traced) _trace.Add(new NftTraceStep(table.Table.Id, chain.Chain.Name, -1, null, new NftVerdict(policy), null));
        return policy;
    }
}

/// <summary>How an expression ends.</summary>
internal enum Outcome
{
    /// <summary>The next expression follows.</summary>
    Next,

    /// <summary>The rule is left.</summary>
    Break,

    /// <summary>The runner's verdict counts.</summary>
    Verdict,
}
