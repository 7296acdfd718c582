using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.Tests.NfTables;

internal static class GoldenRules
{
    /// <summary>The rule of a golden batch, its anonymous sets in the expressions that use them.</summary>
    public static NftRule ToRule(this GoldenCase golden)
    {
        Dictionary<uint, NftSet> sets = [];
        NftRule? rule = null;
        foreach (byte[] bytes in golden.Batch)
        {
            NetlinkMessageReader reader = new(bytes);
            reader.MoveNext();
            NetlinkMessage message = reader.Current;
            if (message.Subsystem != 10) continue;
            switch ((NfTablesMessage)(byte)message.Type)
            {
                case NfTablesMessage.NewSet:
                    NftSet set = SetCodec.Read(message, out uint id);
                    sets[id] = set;
                    break;
                case NfTablesMessage.NewElement:
                    List<WireElement> wire = [];
                    ElementCodec.Read(message, wire);
                    NetlinkAttributeReader attributes = message.Attributes(4);
                    uint setId = 0;
                    while (attributes.MoveNext())
                        if (attributes.Type == 4) setId = attributes.ReadUInt32BigEndian();
                    NftSet owner = sets[setId];
                    sets[setId] = owner with { Elements = (owner.SplitsRanges ? Intervals.Join(wire) : wire.Select(w => w.Element).ToList()).OrderBy(e => e.Key).ToValueList() };
                    break;
                case NfTablesMessage.NewRule:
                    rule = RuleCodec.Read(message, out _);
                    break;
            }
        }

        return rule! with
        {
            Expressions = rule.Expressions.Select(e => e is LookupExpression { SetId: { } id } lookup && sets.TryGetValue(id, out NftSet? set) ? lookup with { Anonymous = set } : e).ToValueList(),
        };
    }
}
