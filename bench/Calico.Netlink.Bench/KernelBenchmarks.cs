using BenchmarkDotNet.Attributes;
using Calico.Netlink.NfTables;

namespace Calico.Netlink.Bench;

/// <summary>Whole exchanges with the kernel, in a namespace of their own; what is allocated does not depend on what is sent.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class KernelBenchmarks
{
    private static readonly NftTableId Table = new(NftFamily.Inet, "t");

    private readonly NftTransaction _transaction = new();
    private readonly NftSet _set = new("s", NftType.Ipv4Address) { Size = 1000 };
    private readonly NftElement[] _one = [new NftElement(NftValue.NetworkOrder(1u))];
    private readonly NetlinkBatch _routes = new();
    private NetworkNamespace _network = null!;
    private NftClient _nft = null!;
    private RtNetlink _netlink = null!;

    [GlobalSetup]
    public async Task Setup()
    {
        _network = NetworkNamespace.CreateAnonymous();
        NetlinkConnectionOptions options = new() { Namespace = _network };
        _nft = NftClient.Open(options);
        _netlink = RtNetlink.Open(options);
        await _nft.CommitAsync(new NftTransaction().Add(new NftAddTable(new NftTable(Table.Family, Table.Name))).Add(new NftAddSet(Table, _set)));
        _routes.DumpRoutes();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _nft.Dispose();
        _netlink.Dispose();
        _network.Dispose();
    }

    /// <summary>One element into a set and out again: two transactions.</summary>
    [Benchmark]
    public async ValueTask ElementInAndOut()
    {
        _transaction.Clear();
        _transaction.AddElements(Table, _set, _one);
        await _nft.CommitAsync(_transaction);
        _transaction.Clear();
        _transaction.DeleteElements(Table, _set, _one);
        await _nft.CommitAsync(_transaction);
    }

    /// <summary>A dump through a handler.</summary>
    [Benchmark]
    public async ValueTask<bool> Dump() => (await _netlink.Connection.SendAsync(_routes, static (int _, in NetlinkMessage _) => { })).IsSuccess;
}
