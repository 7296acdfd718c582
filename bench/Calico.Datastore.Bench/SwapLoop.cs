namespace Calico.Datastore.Bench;

/// <summary>Callers that each replace their own key over and over by compare-and-swap.</summary>
internal sealed class SwapLoop(IDatastore store, int callers, int size)
{
    public Task RunAsync(int operations)
    {
        string run = Guid.NewGuid().ToString("N");
        byte[] value = new byte[size];
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            string key = $"/bench/{run}/{caller}";
            long revision = 0;
            for (int i = 0; i < operations / callers; i++)
            {
                CommitResult result = await store.CompareAndSwapAsync(key, revision, value);
                if (!result.Committed) throw new InvalidOperationException(result.Reason ?? "Conflict on a key of one's own.");
                revision = result.Revision;
            }
        })));
    }
}
