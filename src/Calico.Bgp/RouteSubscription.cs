using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Calico.Bgp;

/// <summary>A stream of best-route changes: first everything there is, then what changes.</summary>
/// <remarks>
/// A slow reader costs the speaker one note per changed prefix and sees the last state of each, never an outdated one: changes that happen while
/// nobody reads are merged. Prefixes come in the order in which they first changed. One reader at a time.
/// </remarks>
public sealed class RouteSubscription : IAsyncEnumerable<RouteChangeBatch>, IAsyncDisposable
{
    private readonly BgpSpeaker _speaker;
    private readonly Task<CoreSubscription> _subscription;
    private readonly Channel<bool> _readable = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    internal RouteSubscription(BgpSpeaker speaker, RouteSubscriptionOptions? options)
    {
        _speaker = speaker;
        _subscription = speaker.Run(() =>
        {
            CoreSubscription subscription = speaker.Core.Subscribe(options);
            subscription.Readable += () => _readable.Writer.TryWrite(true);
            return subscription;
        });
    }

    /// <summary>Waits for changes.</summary>
    /// <param name="cancellationToken">To stop waiting; nothing is lost.</param>
    /// <returns>The next changes. The batch is empty only when it tells that the stream is synchronized.</returns>
    public async ValueTask<RouteChangeBatch> ReadAsync(CancellationToken cancellationToken = default)
    {
        CoreSubscription subscription = await _subscription.ConfigureAwait(false);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await _speaker.Run(subscription.Read).ConfigureAwait(false) is { } batch) return batch;
            await _readable.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads for ever.</summary>
    /// <param name="cancellationToken">To stop.</param>
    /// <returns>The batches.</returns>
    public async IAsyncEnumerator<RouteChangeBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (true) yield return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the subscription.</summary>
    /// <returns>Done when the speaker has forgotten it.</returns>
    public async ValueTask DisposeAsync()
    {
        CoreSubscription subscription = await _subscription.ConfigureAwait(false);
        await _speaker.Run(() => _speaker.Core.Unsubscribe(subscription)).ConfigureAwait(false);
    }
}
