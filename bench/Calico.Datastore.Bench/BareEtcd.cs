using Calico.Datastore.Etcd.Wire;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Calico.Datastore.Bench;

/// <summary>The generated stub on one channel: compare, put.</summary>
internal sealed class BareEtcd(string endpoint) : IBareStore, IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(endpoint);

    public void Dispose() => _channel.Dispose();

    public Task RunAsync(int callers, int operations, int size, int smallSize = 0)
    {
        KV.KVClient client = new(_channel);
        string run = Guid.NewGuid().ToString("N");
        ByteString value = ByteString.CopyFrom(new byte[size]), small = ByteString.CopyFrom(new byte[smallSize]);
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            ByteString key = ByteString.CopyFromUtf8($"/bare/{run}/{caller}");
            long revision = 0;
            for (int i = 0; i < operations / callers; i++)
            {
                TxnRequest request = new();
                Swap(request, key, revision, value);
                if (smallSize > 0) Swap(request, ByteString.CopyFromUtf8($"/bare/{run}/{caller}/{i}"), 0, small);
                TxnResponse answer = await client.TxnAsync(request);
                if (!answer.Succeeded) throw new InvalidOperationException("Conflict on a key of one's own.");
                revision = answer.Header.Revision;
            }
        })));
    }

    private static void Swap(TxnRequest request, ByteString key, long revision, ByteString value)
    {
        request.Compare.Add(new Compare { Target = Compare.Types.CompareTarget.Mod, Key = key, ModRevision = revision });
        request.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = key, Value = value } });
        request.Failure.Add(new RequestOp { RequestRange = new RangeRequest { Key = key } });
    }
}
