using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>A part of a rule as nft's language has it: a match or an action. Immutable; the same one may be part of many rules.</summary>
/// <remarks><see cref="Match"/> and <see cref="Field"/> make matches, <see cref="Act"/> makes actions.</remarks>
public abstract class NftStatement
{
    private protected NftStatement()
    {
    }

    internal abstract void Compile(RuleCompiler compiler);

    /// <summary>Expressions as they are, for what has no statement.</summary>
    /// <param name="expressions">The expressions.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Raw(params ReadOnlySpan<NftExpression> expressions) => new RawStatement([.. expressions]);

    private sealed class RawStatement(NftExpression[] expressions) : NftStatement
    {
        internal override void Compile(RuleCompiler compiler)
        {
            foreach (NftExpression expression in expressions) compiler.Emit(expression);
        }
    }
}

/// <summary>A statement that is a function of the compiler.</summary>
internal sealed class ActionStatement(Action<RuleCompiler> compile) : NftStatement
{
    internal override void Compile(RuleCompiler compiler) => compile(compiler);
}

public sealed partial record NftRule
{
    /// <summary>A rule of statements, with the guards nft would put in: no TCP port is compared before the packet is known to be TCP.</summary>
    /// <param name="family">The family of the table the rule goes to.</param>
    /// <param name="statements">Matches, then actions.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentException">Statements contradict each other, as IPv4 and IPv6, or do not fit the family.</exception>
    public static NftRule Of(NftFamily family, params ReadOnlySpan<NftStatement> statements)
    {
        RuleCompiler compiler = new(family);
        foreach (NftStatement statement in statements) statement.Compile(compiler);
        return new NftRule(compiler.Expressions);
    }

    /// <summary>A rule of an <c>inet</c> table.</summary>
    /// <param name="statements">Matches, then actions.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentException">Statements contradict each other, as IPv4 and IPv6.</exception>
    public static NftRule Of(params ReadOnlySpan<NftStatement> statements) => Of(NftFamily.Inet, statements);
}
