using Calico.Netlink.NfTables;

namespace Calico.Netlink.PeerBench;

/// <summary>Table <c>inet nlb</c>: a set of one shape with N elements, or N chains of five rules behind a verdict map of interfaces.</summary>
internal static class NftBench
{
    private const int Chunk = 4096;
    private const int HashPairs = 5000;
    private const int CostlyPairs = 50; // for each the kernel copies an interval set, or looks through all chains

    private static readonly NftTableId Table = new(NftFamily.Inet, "nlb");

    /// <summary>One transaction with everything, from values to committed.</summary>
    public static async Task<BenchResult> LoadAsync(BenchArguments arguments)
    {
        using NftClient client = NftClient.Open();
        await ClearAsync(client);
        await WarmAsync(client, arguments.Shape);
        if (arguments.Shape == "chains")
        {
            return await BenchResult.MeasureAsync("nft-load", async () =>
            {
                await client.CommitAsync(ChainShape.Transaction(arguments.Count));
                return arguments.Count;
            });
        }

        NftSet set = SetShapes.Of(arguments.Shape, arguments.Count);
        await client.CommitAsync(new NftTransaction().Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftAddSet(Table, set)));
        NftElement[] elements = new NftElement[Chunk];
        NftTransaction transaction = new(arguments.Count * 80);
        return await BenchResult.MeasureAsync("nft-load", async () =>
        {
            FillElements(transaction, set, arguments.Count, elements);
            await client.CommitAsync(transaction);
            return arguments.Count;
        });
    }

    /// <summary>One element into and out of a set of N, each in a transaction of its own.</summary>
    public static async Task<BenchResult> ElementAsync(BenchArguments arguments)
    {
        using NftClient client = NftClient.Open();
        bool chains = arguments.Shape == "chains", costly = chains || arguments.Shape == "interval";
        NftSet set = chains ? ChainShape.Dispatch : SetShapes.Of(arguments.Shape, arguments.Count);
        await ClearAsync(client);
        await client.CommitAsync(chains ? ChainShape.Transaction(arguments.Count) : FilledSet(set, arguments.Count));

        NftTransaction small = new();
        NftElement[] one = new NftElement[1];
        await InAndOutAsync(costly ? 5 : 500);
        return await BenchResult.MeasureAsync("nft-element", async () =>
        {
            int pairs = arguments.Pairs ?? (costly ? CostlyPairs : HashPairs);
            await InAndOutAsync(pairs);
            return 2 * pairs;
        });

        async ValueTask InAndOutAsync(int pairs)
        {
            for (int i = 0; i < pairs; i++)
            {
                one[0] = chains ? ChainShape.Jump(arguments.Count + 1 + i, to: 1) : SetShapes.Element(arguments.Shape, arguments.Count + i);
                small.Clear();
                small.AddElements(Table, set, one);
                await client.CommitAsync(small);
                small.Clear();
                small.DeleteElements(Table, set, one);
                await client.CommitAsync(small);
            }
        }
    }

    private static NftTransaction FilledSet(NftSet set, int count)
    {
        NftTransaction transaction = new(count * 80);
        transaction.Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftAddSet(Table, set));
        FillElements(transaction, set, count, new NftElement[Chunk]);
        return transaction;
    }

    /// <summary>The whole table into typed values; made first when it is not there in this shape.</summary>
    public static async Task<BenchResult> DumpAsync(BenchArguments arguments)
    {
        using NftClient client = NftClient.Open();
        if (!IsLoaded((await client.ReadTableAsync(Table, elements: false)).Table(Table), arguments)) await LoadAsync(arguments);
        await client.ReadTableAsync(Table, elements: false);
        return await BenchResult.MeasureAsync("nft-dump", async () =>
        {
            NftTable read = (await client.ReadTableAsync(Table)).Tables[0];
            return arguments.Shape == "chains" ? read.Chains.Count - 1 : read.Sets.Sum(s => s.Elements.Count);
        });
    }

    private static bool IsLoaded(NftTable? table, BenchArguments arguments)
    {
        if (table is null) return false;
        if (arguments.Shape == "chains") return table.Chains.Count == arguments.Count + 1;
        NftSet wanted = SetShapes.Of(arguments.Shape, arguments.Count);
        return table.Sets.Any(s => s.Name == wanted.Name && s.Size == wanted.Size);
    }

    private static void FillElements(NftTransaction transaction, NftSet set, int count, NftElement[] elements)
    {
        for (int next = 0; next < count;)
        {
            int size = Math.Min(Chunk, count - next);
            for (int i = 0; i < size; i++) elements[i] = SetShapes.Element(set.Name, next++);
            transaction.AddElements(Table, set, elements.AsSpan(0, size));
        }
    }

    private static async Task ClearAsync(NftClient client) =>
        await client.CommitAsync(new NftTransaction().Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftDeleteTable(Table)));

    // Compiles what is measured, and leaves nothing behind.
    private static async Task WarmAsync(NftClient client, string shape)
    {
        if (shape == "chains") await client.CommitAsync(ChainShape.Transaction(3));
        else
        {
            NftSet set = SetShapes.Of(shape, 100);
            NftTransaction transaction = new NftTransaction().Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftAddSet(Table, set));
            FillElements(transaction, set, 100, new NftElement[Chunk]);
            await client.CommitAsync(transaction);
        }

        await ClearAsync(client);
    }

    private static class SetShapes
    {
        private static readonly NftType AddressProtocolPort = NftType.Concat(NftType.Ipv4Address, NftType.InetProto, NftType.InetService);

        // A hash set that says how large it will be is made that large: the kernel need not grow it under load.
        public static NftSet Of(string shape, int count) => shape switch
        {
            "set" => new NftSet("s4", NftType.Ipv4Address) { Size = 2 * (uint)count },
            "interval" => new NftSet("i4", NftType.Ipv4Address) { Flags = NftSetFlags.Interval },
            _ => new NftSet("c3", AddressProtocolPort) { Size = 2 * (uint)count },
        };

        public static NftElement Element(string shape, int index) => shape switch
        {
            "set" or "s4" => new NftElement(NftValue.NetworkOrder(0x0a000000u + (uint)index)),
            "interval" or "i4" => NftElement.Range(NftValue.NetworkOrder(0x0a000000u + 8 * (uint)index), NftValue.NetworkOrder(0x0a000003u + 8 * (uint)index)),
            _ => new NftElement(NftValue.Concat(NftValue.NetworkOrder(0x0a000000u + (uint)index), NftValue.Byte(6), NftValue.NetworkOrder((ushort)(1000 + index % 1000)))),
        };
    }

    private static class ChainShape
    {
        private static readonly NftSet Pods = new("pods", NftType.Ipv4Address);
        public static readonly NftSet Dispatch = new("disp", NftType.InterfaceName) { DataType = NftType.Verdict };

        public static NftElement Jump(int index, int to) => new(NftValue.InterfaceName($"cali{index:D5}"), NftVerdict.Jump($"c{to:D5}"));

        public static NftTransaction Transaction(int count)
        {
            NftTransaction transaction = new(count * 2000 + 65_536);
            transaction.Add(new NftAddTable(new NftTable(Table.Family, Table.Name)));
            transaction.Add(new NftAddSet(Table, Pods)).Add(new NftAddSet(Table, Dispatch));
            transaction.AddElements(Table, Pods, [new NftElement(NftValue.NetworkOrder(0x0a090909u))]);
            NftStatement[][] shared = Shared();
            NftRule[] same = [NftRule.Of(shared[0]), NftRule.Of(shared[1]), NftRule.Of(shared[2])];
            NftElement[] dispatch = new NftElement[count];
            for (int i = 1; i <= count; i++)
            {
                string chain = $"c{i:D5}";
                transaction.Add(new NftAddChain(Table, new NftChain(chain)));
                transaction.Add(new NftAddRule(Table, chain, same[0]));
                transaction.Add(new NftAddRule(Table, chain, NftRule.Of(Field.Ip.Source.Is(NftValue.NetworkOrder(0x0a000000u + (uint)i)), Match.Tcp.DestinationPort(80), Act.Accept)));
                transaction.Add(new NftAddRule(Table, chain, same[1]));
                transaction.Add(new NftAddRule(Table, chain, same[2]));
                transaction.Add(new NftAddRule(Table, chain, NftRule.Of(Act.Counter, Act.Drop) with { Comment = $"end of policy {i}" }));
                dispatch[i - 1] = Jump(i, i);
            }

            transaction.Add(new NftAddChain(Table, new NftChain("forward") { Base = new NftBaseChain("filter", NftHook.Forward, 0) }));
            transaction.AddElements(Table, Dispatch, dispatch);
            return transaction.Add(new NftAddRule(Table, "forward", NftRule.Of(Field.InputInterface.Verdict("disp"))));
        }

        private static NftStatement[][] Shared() =>
        [
            [Match.CtState(NftCtState.Established | NftCtState.Related), Act.Accept],
            [Field.Ip.Source.In("pods"), Match.Tcp.DestinationPort(443), Act.Counter, Act.Accept],
            [Match.Udp.DestinationPort(53), Act.Accept],
        ];
    }
}
