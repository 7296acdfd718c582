using Calico.Netlink.NfTables;

namespace Quickstart;

internal static class MakeTable
{
    public static async Task RunAsync()
    {
        using NftClient nft = NftClient.Open();
        NftTable wanted = new(NftFamily.Inet, "quickstart")
        {
            Chains =
            [
                new NftChain("input")
                {
                    Base = new("filter", NftHook.Input, NftPriority.Filter),
                    Rules = [NftRule.Of(Match.Tcp.DestinationPort(22, 443), Act.Counter, Act.Accept) with { Comment = "ssh and web" }],
                },
            ],
        };
        NftApplied applied = await new NftDesiredTable(nft, wanted.Id).ApplyAsync(wanted);
        Console.WriteLine($"{applied.Changes.Count} changes in one transaction");
    }
}
