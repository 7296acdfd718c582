using Calico.Datastore.Etcd;
using Calico.Datastore.Etcd.Wire;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Calico.Datastore.Bench;

/// <summary>The store beside a bare loop of the generated stub on one channel: compare, put.</summary>
internal static class EtcdBench
{
    private const int Size = 600;

    public static async Task RunAsync(string endpoint, int operations)
    {
        await using EtcdDatastore store = new(endpoint);
        using GrpcChannel channel = GrpcChannel.ForAddress(endpoint);
        KV.KVClient bare = new(channel);
        foreach (int callers in (int[])[1, 32])
            await Rounds.CompareAsync($"etcd compare-and-swap, {callers} caller(s)", operations * (callers > 1 ? 4 : 1), new SwapLoop(store, callers, Size).RunAsync, n => BareAsync(bare, callers, n));
    }

    private static Task BareAsync(KV.KVClient client, int callers, int operations)
    {
        string run = Guid.NewGuid().ToString("N");
        ByteString value = ByteString.CopyFrom(new byte[Size]);
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            ByteString key = ByteString.CopyFromUtf8($"/bare/{run}/{caller}");
            long revision = 0;
            for (int i = 0; i < operations / callers; i++)
            {
                TxnRequest request = new();
                request.Compare.Add(new Compare { Target = Compare.Types.CompareTarget.Mod, Key = key, ModRevision = revision });
                request.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = key, Value = value } });
                request.Failure.Add(new RequestOp { RequestRange = new RangeRequest { Key = key } });
                TxnResponse answer = await client.TxnAsync(request);
                if (!answer.Succeeded) throw new InvalidOperationException("Conflict on a key of one's own.");
                revision = answer.Header.Revision;
            }
        })));
    }
}
