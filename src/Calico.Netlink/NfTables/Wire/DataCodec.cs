using System.Buffers.Binary;
using System.Text;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_DATA_*: a value or a verdict, wherever one occurs.</summary>
internal static class DataCodec
{
    private const ushort ValueAttribute = 1; // NFTA_DATA_VALUE
    private const ushort VerdictAttribute = 2; // NFTA_DATA_VERDICT
    private const ushort VerdictCode = 1; // NFTA_VERDICT_CODE
    private const ushort VerdictChain = 2; // NFTA_VERDICT_CHAIN
    private const ushort VerdictChainId = 3; // NFTA_VERDICT_CHAIN_ID

    public static void Write(NetlinkMessageWriter writer, ushort type, in NftValue value)
    {
        using NetlinkNest nest = writer.Nest(type);
        writer.Attribute(ValueAttribute, value.Span);
    }

    public static void Write(NetlinkMessageWriter writer, ushort type, in NftVerdict verdict, uint? chainId = null)
    {
        using NetlinkNest nest = writer.Nest(type);
        using NetlinkNest inner = writer.Nest(VerdictAttribute);
        writer.AttributeUInt32BigEndian(VerdictCode, (uint)verdict.Code);
        if (chainId is { } id) writer.AttributeUInt32BigEndian(VerdictChainId, id);
        else if (verdict.Chain is not null) writer.AttributeString(VerdictChain, verdict.Chain);
    }

    /// <summary>Reads either; false for anything else, chain ids of anonymous chains among it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NftValue value, out NftVerdict? verdict)
    {
        value = default;
        verdict = null;
        NetlinkAttributeReader reader = new(data);
        if (!reader.MoveNext()) return false;
        if (reader.Type == ValueAttribute)
        {
            if (reader.Value.Length > NftValue.MaxLength) return false;
            value = new NftValue(reader.Value);
        }
        else if (reader.Type != VerdictAttribute || !TryReadVerdict(reader.Nested(), out verdict))
        {
            return false;
        }

        return !reader.MoveNext() && !reader.IsMalformed;
    }

    private static bool TryReadVerdict(NetlinkAttributeReader reader, out NftVerdict? verdict)
    {
        int? code = null;
        string? chain = null;
        verdict = null;
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case VerdictCode when reader.Value.Length == 4:
                    code = BinaryPrimitives.ReadInt32BigEndian(reader.Value);
                    break;
                case VerdictChain:
                    chain = Names.Get(reader.Value);
                    break;
                default:
                    return false;
            }
        }

        if (code is null || reader.IsMalformed) return false;
        verdict = new NftVerdict((NftVerdictCode)code.Value, chain);
        return true;
    }
}
