using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Interpreter;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>What nf_tables may send tomorrow, and packets of any shape. Mutated messages go through the decoders in <see cref="FuzzTests"/>.</summary>
public sealed class AnyBytesTests
{
    [Fact]
    public void Random_packets_are_interpreted_without_exception()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        NftInterpreter[] interpreters = [.. Enumerable.Range(0, 20).Select(i => new NftInterpreter([new RulesetGenerator(i).Ruleset()]))];
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = new byte[random.Next(0, 90)];
            random.NextBytes(bytes);
            if (bytes.Length > 0 && random.Next(4) > 0) bytes[0] = (byte)Random.Shared.GetItems<int>([0x45, 0x46, 0x4f, 0x60], 1)[0];
            try
            {
                interpreters[random.Next(interpreters.Length)].Evaluate(new NftPacket(bytes) { SocketUser = 0, IsUntracked = random.Next(2) == 0 }, NftHook.Output);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed} round {round}: {e}\n{Convert.ToHexStringLower(bytes)}");
            }
        }
    }

    [Fact]
    public void An_unknown_expression_is_kept_as_it_was()
    {
        RawExpression unknown = new("tomorrow", [4, 0, 1, 0]);
        NetlinkBatch batch = new();
        NftTableId table = new(NftFamily.Inet, "t");
        RuleCodec.Write(NfTablesWire.Begin(batch, NfTablesMessage.NewRule, NetlinkFlags.None, table.Family), table, "c", new NftRule([unknown, new CounterExpression(3, 4)]));
        NetlinkMessageReader reader = new(batch.WrittenSpan);
        Assert.True(reader.MoveNext());
        Assert.Equal<NftExpression>([unknown, new CounterExpression(3, 4)], RuleCodec.Read(reader.Current, out _).Expressions);
    }

    [Fact]
    public void A_known_expression_with_an_attribute_of_tomorrow_is_kept_raw()
    {
        // meta load mark => reg 1, and an attribute 9
        byte[] data = [8, 0, 2, 0, 0, 0, 0, 3, 8, 0, 1, 0, 0, 0, 0, 1, 8, 0, 9, 0, 0, 0, 0, 1];
        RawExpression raw = Assert.IsType<RawExpression>(ExpressionCodec.ReadData("meta", data));
        Assert.Equal(data, raw.Attributes);
        Assert.Equal(new MetaExpression(NftRegister.R1, NftMetaKey.Mark), ExpressionCodec.ReadData("meta", data.AsSpan(0, 16)));
    }

    /// <summary>Every message of sample rulesets and, where the conformance data is, of what nft sent.</summary>
    internal static IEnumerable<byte[]> Originals()
    {
        NftTable[] tables = [SampleRuleset.Built(), .. Enumerable.Range(0, 10).Select(i => new RulesetGenerator(i).Ruleset())];
        foreach (NftTable table in tables)
        {
            NetlinkBatch batch = new NftTransaction().Add(NftPlanner.Plan(null, table)).Seal(1);
            for (int i = 1; i < batch.Count - 1; i++) yield return batch[i].ToArray();
        }

        if (Calico.Tests.Conformance.Root is null) yield break;
        foreach (byte[] message in GoldenCase.All.SelectMany(c => c.Batch)) yield return message;
    }
}
