using System.Net;
using BenchmarkDotNet.Attributes;
using Calico.Netlink.NfTables;

namespace Calico.Netlink.Bench;

/// <summary>Messages in and out, for each message; the Allocated column is to stay empty.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class CodecBenchmarks
{
    private const int Messages = 512;

    private static readonly NftTableId Table = new(NftFamily.Inet, "t");

    private readonly NetlinkBatch _batch = new(128 * 1024);
    private readonly NftTransaction _transaction = new(128 * 1024);
    private readonly NftSet _set = new("s", NftType.Ipv4Address);
    private readonly NftElement[] _elements = new NftElement[Messages];
    private readonly Route _route = new()
    {
        Destination = IPNetwork.Parse("10.0.0.1/32"), Gateway = IPAddress.Parse("172.31.0.2"), InterfaceIndex = 3, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico,
    };

    private byte[] _dump = [];

    [GlobalSetup]
    public void Setup()
    {
        EncodeRoutes();
        _dump = _batch.WrittenSpan.ToArray();
    }

    /// <summary>RTM_NEWROUTE from a value.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public int EncodeRoutes()
    {
        _batch.Clear();
        for (uint i = 0; i < Messages; i++) _batch.AddRoute(_route.WithHostAddress(0x0a000000u + i));
        return _batch.Length;
    }

    /// <summary>RTM_NEWROUTE into a value.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public int DecodeRoutes()
    {
        int routes = 0;
        NetlinkMessageReader messages = new(_dump);
        while (messages.MoveNext())
            if (Route.TryDecode(messages.Current, out _)) routes++;
        return routes;
    }

    /// <summary>Elements of a set into a transaction.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public int EncodeElements()
    {
        _transaction.Clear();
        for (uint i = 0; i < Messages; i++) _elements[i] = new NftElement(NftValue.NetworkOrder(0x0a000000u + i));
        _transaction.AddElements(Table, _set, _elements);
        return _transaction.Bytes;
    }
}
