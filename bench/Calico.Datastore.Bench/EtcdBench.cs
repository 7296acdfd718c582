using Calico.Datastore.Etcd;

namespace Calico.Datastore.Bench;

/// <summary>The store beside a bare loop of the generated stub.</summary>
internal static class EtcdBench
{
    private const int Size = 600;

    public static async Task RunAsync(string endpoint, int operations)
    {
        await using EtcdDatastore store = new(endpoint);
        using BareEtcd bare = new(endpoint);
        foreach (int callers in (int[])[1, 4, 32])
            await Rounds.CompareAsync($"etcd compare-and-swap, {callers} caller(s)", operations * (callers > 1 ? 4 : 1), new SwapLoop(store, callers, Size).RunAsync, n => bare.RunAsync(callers, n, Size));
    }
}
