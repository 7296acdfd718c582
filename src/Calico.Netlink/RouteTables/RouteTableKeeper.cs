namespace Calico.Netlink;

/// <summary>The rim of a route table: carries the kernel's events to it and applies what they and the user changed.</summary>
internal sealed class RouteTableKeeper(RouteTable table, RtNetlink netlink, RouteTableOptions options, TimeProvider clock, Action<RouteTableReport>? report) : IDisposable
{
    private const RtGroups Watched = RtGroups.Links | RtGroups.Addresses | RtGroups.Routes | RtGroups.Nexthops;

    private readonly SemaphoreSlim _wake = new(0, 1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using RtMonitor monitor = netlink.OpenMonitor(Watched);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using IDisposable changes = table.OnChange(Wake);
        Task watching = WatchAsync(monitor, stop.Token);
        try
        {
            await ApplyWhenNeededAsync(watching, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ApplyWhenNeededAsync(Task watching, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (table.NeedsApply)
            {
                RouteTableReport done = await table.ApplyAsync(cancellationToken).ConfigureAwait(false);
                if (!done.IsInSync || done.Added + done.Replaced + done.Deleted > 0) report?.Invoke(done);
            }

            if (watching.IsFaulted) await watching.ConfigureAwait(false);
            if (!await WaitAsync(cancellationToken).ConfigureAwait(false)) table.RequestResync();
            await Task.Delay(options.Gather, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>False when nothing happened for the resync interval.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer timer = clock.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), wait, options.ResyncInterval, Timeout.InfiniteTimeSpan);
        try
        {
            await _wake.WaitAsync(wait.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task WatchAsync(RtMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (RtEvent observed in monitor.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (table.Observe(observed)) Wake();
            }
        }
        finally
        {
            Wake();
        }
    }

    public void Dispose() => _wake.Dispose();

    private void Wake()
    {
        lock (_wake)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }
}
