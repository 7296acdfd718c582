using Calico.Netlink.NfTables;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>The hot paths allocate nothing for each element and each message.</summary>
public sealed class AllocationTests
{
    private static readonly NftTableId Table = new(NftFamily.Inet, "t");

    public static TheoryData<string> Shapes => ["hash", "interval", "concat", "verdict"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Adding_and_deleting_elements_allocates_nothing(string shape)
    {
        NftType key = shape == "concat" ? NftType.Concat(NftType.Ipv4Address, NftType.InetProto, NftType.InetService) : NftType.Ipv4Address;
        NftSet set = new("s", key) { Flags = shape == "interval" ? NftSetFlags.Interval : 0, DataType = shape == "verdict" ? NftType.Verdict : null };
        NftTransaction transaction = new(1 << 20);
        NftElement[] elements = new NftElement[1000];
        Fill();
        transaction.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Fill();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Fill()
        {
            transaction.Clear();
            for (uint i = 0; i < elements.Length; i++)
            {
                NftValue address = NftValue.NetworkOrder(0x0a000000u + 8 * i);
                elements[i] = shape switch
                {
                    "interval" => NftElement.Range(address, NftValue.NetworkOrder(0x0a000003u + 8 * i)),
                    "concat" => new NftElement(NftValue.Concat(address, NftValue.Byte(6), NftValue.NetworkOrder((ushort)i))),
                    "verdict" => new NftElement(address, NftVerdict.Goto("policy")),
                    _ => new NftElement(address),
                };
            }

            transaction.AddElements(Table, set, elements);
            transaction.DeleteElements(Table, set, elements);
        }
    }

    [Fact]
    public async Task Committing_allocates_nothing()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftSet set = new("s", NftType.Ipv4Address);
        NftTransaction transaction = new NftTransaction().Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftAddSet(Table, set));
        await client.CommitAsync(transaction, cancellationToken: TestContext.Current.CancellationToken);
        NftElement[] one = [new NftElement(NftValue.NetworkOrder(1u))];
        InAndOut();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) InAndOut();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void InAndOut()
        {
            transaction.Clear();
            transaction.AddElements(Table, set, one);
            Finish(client.CommitAsync(transaction));
            transaction.Clear();
            transaction.DeleteElements(Table, set, one);
            Finish(client.CommitAsync(transaction));
        }

        // The kernel answers inside the call, so all of it runs on this thread.
        static void Finish(ValueTask commit)
        {
            Assert.True(commit.IsCompletedSuccessfully);
            commit.GetAwaiter().GetResult();
        }
    }
}
