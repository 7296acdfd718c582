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
}
