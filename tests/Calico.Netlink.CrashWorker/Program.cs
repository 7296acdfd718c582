using System.Globalization;
using System.Net;
using Calico.Netlink;
using Calico.Netlink.NfTables;

// Usage: routes DEVICE SEED | nft SEED. Brings a table from one wanted state to the next until it is killed, and says so line by line.
if (args[0] == "routes") await RoutesAsync(args[1], Seed(args[2]));
else await NftAsync(Seed(args[1]));

static int Seed(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task RoutesAsync(string device, int seed)
{
    Random random = new(seed);
    using RtNetlink netlink = RtNetlink.Open();
    int index = (await netlink.Links.GetAsync(device)).Index;
    using RouteTable table = new(netlink, new RouteTableOptions { BatchSize = 64, NexthopObjectThreshold = 100 });
    while (true)
    {
        for (int i = 0; i < 1000; i++)
        {
            IPNetwork destination = new(new IPAddress([10, 0, (byte)random.Next(8), (byte)random.Next(256)]), 32);
            if (random.Next(3) == 0) table.Remove(new RouteKey(destination));
            else
            {
                table.Set(new Route
                {
                    Destination = destination, Gateway = new IPAddress([172, 31, 0, (byte)random.Next(2, 6)]), InterfaceIndex = index, Flags = RouteFlags.OnLink,
                });
            }
        }

        await table.ApplyAsync();
        Console.Out.WriteLine("applied");
    }
}

// Both sets have the same elements in every state it commits: who finds them different sees half a transaction.
static async Task NftAsync(int seed)
{
    Random random = new(seed);
    using NftClient client = NftClient.Open();
    NftTableId id = new(NftFamily.Inet, "crash");
    NftDesiredTable keeper = new(client, id);
    while (true)
    {
        ValueList<NftElement> elements = Enumerable.Range(0, 4000).Where(_ => random.Next(2) == 0).Select(i => new NftElement(NftValue.NetworkOrder(0x0a000000u + (uint)i))).ToValueList();
        await keeper.ApplyAsync(new NftTable(id.Family, id.Name)
        {
            Sets = [new NftSet("left", NftType.Ipv4Address) { Elements = elements }, new NftSet("right", NftType.Ipv4Address) { Elements = elements }],
            Chains = [.. Enumerable.Range(0, random.Next(1, 40)).Select(i => new NftChain($"c{i}") { Rules = [NftRule.Of(Match.Tcp.DestinationPort((ushort)random.Next(1, 1000)), Act.Counter, Act.Accept)] })],
        });
        Console.Out.WriteLine("applied");
    }
}
