using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Interpreter;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Bytes from outside never throw and never make us allocate what they claim.</summary>
public sealed class AnyBytesTests
{
    private const int Rounds = 300_000; // CALICO_FUZZ_ROUNDS asks for more

    [Fact]
    public void Mutated_messages_are_decoded_without_exception()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[][] originals = [.. Originals()];
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("CALICO_FUZZ_ROUNDS"), out int asked) ? asked : Rounds;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Queue<NftEvent> events = new();
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = [.. originals[random.Next(originals.Length)]];
            for (int i = random.Next(1, 6); i > 0; i--) Mutate(bytes, random);
            try
            {
                NetlinkMessageReader reader = new(bytes);
                while (reader.MoveNext()) NftMonitor.Decode(reader.Current, events);
                events.Clear();
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed} round {round}: {e}\n{Convert.ToHexStringLower(bytes)}");
            }
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - allocated) / rounds;
        Assert.InRange(each, 0, 64_000);
    }

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

    private static void Mutate(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0: bytes[at] = (byte)random.Next(256); break;
            case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 2: bytes.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill((byte)Random.Shared.GetItems<int>([0, 0xff, 0x7f], 1)[0]); break;
            default:
                int from = random.Next(bytes.Length), length = Math.Min(random.Next(1, 16), bytes.Length - Math.Max(from, at));
                bytes.AsSpan(from, length).CopyTo(bytes.AsSpan(at, length));
                break;
        }
    }

    private static IEnumerable<byte[]> Originals()
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
