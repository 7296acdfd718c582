// One operation against the kernel of the namespace it is started in, timed without process start; prints one JSON line.
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

BenchResult result = arguments!.Operation switch
{
    "routes-add" => await RouteBench.AddAsync(arguments),
    "routes-dump" => await RouteBench.DumpAsync(arguments),
    "routes-del" => await RouteBench.DeleteAsync(arguments),
    "nft-load" => await NftBench.LoadAsync(arguments),
    "nft-element" => await NftBench.ElementAsync(arguments),
    "nft-dump" => await NftBench.DumpAsync(arguments),
    string other => throw new ArgumentException($"'{other}' is not an operation."),
};
Console.WriteLine(result);
return 0;
