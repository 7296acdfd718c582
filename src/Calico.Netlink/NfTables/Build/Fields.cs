using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

internal sealed class PayloadField(NftType type, string name, NftPayloadBase header, uint offset, Action<RuleCompiler, string>? guard, uint? length = null) : NftField(type)
{
    internal override void Guard(RuleCompiler compiler) => guard?.Invoke(compiler, name);

    internal override void Load(RuleCompiler compiler, int word) =>
        compiler.Emit(new PayloadExpression(NftRegisters.FromWord(word), header, offset, length ?? (uint)Type.Length));

    internal override bool TryLoadPrefix(RuleCompiler compiler, int bytes)
    {
        compiler.Emit(new PayloadExpression(NftRegister.R1, header, offset, (uint)bytes));
        return true;
    }
}

internal sealed class MetaField(NftType type, NftMetaKey key) : NftField(type)
{
    internal override LearnedProtocol Learned => key switch
    {
        NftMetaKey.L4Protocol => LearnedProtocol.Transport,
        NftMetaKey.NfProto => LearnedProtocol.Network,
        _ => LearnedProtocol.Nothing,
    };

    internal override void Load(RuleCompiler compiler, int word) => compiler.Emit(new MetaExpression(NftRegisters.FromWord(word), key));
}

internal sealed class CtField(NftType type, NftCtKey key, NftCtDirection? direction) : NftField(type)
{
    internal override void Load(RuleCompiler compiler, int word) => compiler.Emit(new CtExpression(NftRegisters.FromWord(word), key, direction));
}

internal sealed class ExpressionField(NftType type, Func<NftRegister, NftExpression> load, Action<RuleCompiler>? guard = null) : NftField(type)
{
    internal override void Guard(RuleCompiler compiler) => guard?.Invoke(compiler);

    internal override void Load(RuleCompiler compiler, int word) => compiler.Emit(load(NftRegisters.FromWord(word)));
}

internal sealed class ConcatField(NftField[] fields) : NftField(NftType.Concat([.. fields.Select(f => f.Type)]))
{
    internal override void Guard(RuleCompiler compiler)
    {
        foreach (NftField field in fields) field.Guard(compiler);
    }

    internal override void Load(RuleCompiler compiler, int word)
    {
        foreach (NftField field in fields)
        {
            field.Load(compiler, word);
            word += NftType.PaddedLength(field.Type.Length) / 4;
        }
    }
}

internal sealed class MapField(NftField key, string map, NftSet? anonymous, NftType dataType) : NftField(dataType)
{
    internal override void Guard(RuleCompiler compiler) => key.Guard(compiler);

    internal override void Load(RuleCompiler compiler, int word)
    {
        key.Load(compiler, word);
        compiler.Emit(new LookupExpression(map, NftRegisters.FromWord(word), NftRegisters.FromWord(word)) { Anonymous = anonymous });
    }
}

internal sealed class BitwiseField(NftField inner, NftValue mask, NftValue xor) : NftField(inner.Type)
{
    internal override void Guard(RuleCompiler compiler) => inner.Guard(compiler);

    internal override void Load(RuleCompiler compiler, int word)
    {
        inner.Load(compiler, word);
        NftRegister register = NftRegisters.FromWord(word);
        compiler.Emit(new BitwiseExpression(register, register, mask, xor));
    }
}
