namespace Calico.Datastore.Bench;

/// <summary>The floor: the store's own client in a loop that replaces values by compare-and-swap, nothing of ours in between.</summary>
internal interface IBareStore
{
    /// <param name="callers">How many loops at once, each on its own key.</param>
    /// <param name="operations">Of all callers together.</param>
    /// <param name="size">Bytes of the value.</param>
    /// <param name="smallSize">Bytes of a second, new key in each transaction; 0 = none. An assignment writes a block and makes a handle.</param>
    Task RunAsync(int callers, int operations, int size, int smallSize = 0);
}
