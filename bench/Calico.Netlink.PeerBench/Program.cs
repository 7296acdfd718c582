// One operation against the kernel of the namespace it is started in, timed without process start; prints one JSON line.
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Netlink.PeerBench;

if (args.Length == 0 || !BenchArguments.TryParse(args, out BenchArguments? arguments, out string? error))
{
    Console.Error.WriteLine("""
        usage: Calico.Netlink.PeerBench routes-add|routes-dump|routes-del --count N --dev D --via A [--table T] [--nexthop-object]
               Calico.Netlink.PeerBench nft-load|nft-element|nft-dump --shape set|interval|concat|chains --count N [--pairs P]
        """);
    return 2;
}

if (error is not null)
{
    Console.Error.WriteLine(error);
    return 2;
}

Func<BenchArguments, Task<BenchResult>>? operation = arguments!.Operation switch
{
    "routes-add" => RouteBench.AddAsync,
    "routes-dump" => RouteBench.DumpAsync,
    "routes-del" => RouteBench.DeleteAsync,
    "nft-load" => NftBench.LoadAsync,
    "nft-element" => NftBench.ElementAsync,
    "nft-dump" => NftBench.DumpAsync,
    _ => null,
};
if (operation is null)
{
    Console.Error.WriteLine($"{arguments.Operation}: not an operation");
    return 2;
}

try
{
    Console.WriteLine(await operation(arguments));
    return 0;
}
catch (Exception e) when (e is NetlinkException or NftTransactionException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
