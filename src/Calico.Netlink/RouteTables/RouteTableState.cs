using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calico.Netlink;

/// <summary>What the kernel is known to have where a wanted route belongs.</summary>
internal enum KernelState : byte
{
    /// <summary>No route of ours.</summary>
    Absent,

    /// <summary>The wanted route.</summary>
    Same,

    /// <summary>A route of ours that is not the wanted one, known from a read or from what was written: it may be replaced.</summary>
    Different,

    /// <summary>Perhaps a route of ours, perhaps another's, known from an event that may be overtaken: it must not be replaced unseen.</summary>
    Unknown,
}

/// <summary>The change to a table that one message makes.</summary>
internal enum RouteChangeKind : byte
{
    Add,
    Replace,
    Delete,
}

internal readonly record struct RouteChange(RouteChangeKind Kind, Route Route, int Version);

/// <summary>
/// The pure core of a route table: wanted routes, what is known of the kernel's, and the difference as a queue of changes.
/// </summary>
/// <remarks>
/// One dictionary holds both sides: an entry keeps the wanted route and whether the kernel has the same, a different one or none.
/// Invariant: an entry is queued, or failed, or its two sides agree. Changes are taken, sent by the caller, and confirmed;
/// an entry that was set anew between the two has another version and is queued again.
/// Routes that need no gateway come first, since gateways are resolved through them; deletions come last, so that a moved route never leaves a gap.
/// </remarks>
internal sealed class RouteTableState(uint table, RouteProtocol protocol)
{
    private struct Entry
    {
        public Route Route;
        public int Version;
        public bool IsWanted;
        public bool IsQueued;
        public bool IsInFlight;
        public KernelState Kernel;
    }

    private const int DuplicateVersion = -1;

    private readonly Dictionary<RouteKey, Entry> _entries = [];
    private readonly Queue<RouteKey> _direct = [];
    private readonly Queue<RouteKey> _gatewayed = [];
    private readonly Queue<RouteKey> _unwanted = [];
    private readonly List<Route> _duplicates = [];
    private readonly Dictionary<RouteKey, Route> _differing = [];
    private readonly HashSet<RouteKey> _failed = [];

    public int WantedCount { get; private set; }

    public bool HasWork => _direct.Count + _gatewayed.Count + _unwanted.Count + _duplicates.Count > 0;

    public int QueuedCount => _gatewayed.Count;

    /// <summary>Visits the routes with a gateway that are about to be written.</summary>
    public void ForEachGatewayed(RouteVisitor visit)
    {
        foreach (RouteKey key in _gatewayed)
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (!Unsafe.IsNullRef(ref entry) && entry.IsWanted && entry.Kernel != KernelState.Same) visit(entry.Route);
        }
    }

    public IEnumerable<Route> Wanted => _entries.Values.Where(e => e.IsWanted).Select(e => e.Route);

    public bool Set(in Route given)
    {
        Route route = given with { Table = table, Protocol = protocol };
        RouteKey key = new(route);
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        if (entry.IsWanted && entry.Route == route) return false;
        if (!entry.IsWanted)
        {
            WantedCount++;
            // What the kernel had when the route was not wanted may be another's by now.
            if (entry.Kernel != KernelState.Absent) entry.Kernel = KernelState.Unknown;
        }
        else if (entry.Kernel == KernelState.Same && !route.IsSatisfiedBy(entry.Route)) entry.Kernel = KernelState.Different;

        entry.Route = route;
        entry.IsWanted = true;
        entry.Version++;
        _failed.Remove(key);
        if (entry.Kernel != KernelState.Same) Queue(key, ref entry);
        return true;
    }

    public bool Remove(in RouteKey key)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry) || !entry.IsWanted) return false;
        entry.IsWanted = false;
        entry.Version++;
        WantedCount--;
        _failed.Remove(key);
        if (entry.Kernel != KernelState.Absent) Queue(key, ref entry);
        else if (!entry.IsQueued && !entry.IsInFlight) _entries.Remove(key);
        return true;
    }

    public void Replace(IEnumerable<Route> routes)
    {
        HashSet<RouteKey> kept = [];
        foreach (Route route in routes)
        {
            Set(route);
            kept.Add(new RouteKey(route));
        }

        foreach (RouteKey key in _entries.Where(e => e.Value.IsWanted && !kept.Contains(e.Key)).Select(e => e.Key).ToArray()) Remove(key);
    }

    public void BeginResync()
    {
        _direct.Clear();
        _gatewayed.Clear();
        _unwanted.Clear();
        _duplicates.Clear();
        _differing.Clear();
        _failed.Clear();
        foreach (RouteKey key in _entries.Keys)
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            entry.Kernel = KernelState.Absent;
            entry.IsQueued = false;
        }
    }

    /// <summary>Takes note of an own route that the kernel has.</summary>
    public void Seen(in Route kernel)
    {
        RouteKey key = new(kernel);
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out bool exists);
        if (!exists) entry.Route = kernel;
        bool same = entry.IsWanted && entry.Route.IsSatisfiedBy(kernel);
        // A second own route in the same place, appended by someone else: one of the two is too many.
        if (entry.Kernel == KernelState.Same || entry.Kernel == KernelState.Different && !same) _duplicates.Add(kernel);
        else if (entry.Kernel == KernelState.Different) _duplicates.Add(_differing[key]);
        else if (!same) _differing[key] = kernel;
        if (entry.Kernel != KernelState.Same) entry.Kernel = same ? KernelState.Same : KernelState.Different;
    }

    public void EndResync()
    {
        foreach (RouteKey key in _entries.Keys)
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (entry.IsWanted ? entry.Kernel != KernelState.Same : entry.Kernel != KernelState.Absent) Queue(key, ref entry);
            else if (!entry.IsWanted) _entries.Remove(key);
        }

        _differing.Clear();
    }

    /// <summary>Takes note of a change that someone else made; true when it has to be repaired.</summary>
    public bool Observe(in Route kernel, bool deleted)
    {
        RouteKey key = new(kernel);
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        bool known = !Unsafe.IsNullRef(ref entry);
        if (deleted)
        {
            if (!known || !entry.IsWanted || kernel.Protocol != protocol) return false;
            entry.Kernel = KernelState.Unknown;
            Queue(key, ref entry);
            return true;
        }

        if (kernel.Protocol == protocol)
        {
            Entry added = default;
            if (!known)
            {
                added.Route = kernel;
                _entries[key] = added;
                entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            }

            // Known to be there already; otherwise the event may be older than our own deletion, and only the kernel can tell.
            if (entry.IsWanted && entry.Kernel == KernelState.Same && entry.Route.IsSatisfiedBy(kernel)) return false;
            entry.Kernel = KernelState.Unknown;
            Queue(key, ref entry);
            return true;
        }

        // A foreign route came to where ours is or should be: it may have replaced ours, without a message that ours is gone.
        if (!known || !entry.IsWanted) return false;
        entry.Kernel = KernelState.Unknown;
        Queue(key, ref entry);
        return true;
    }

    /// <summary>Queues what the kernel refused; false when there is nothing.</summary>
    public bool RetryFailed()
    {
        bool any = _failed.Count > 0;
        foreach (RouteKey key in _failed)
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (!Unsafe.IsNullRef(ref entry)) Queue(key, ref entry);
        }

        _failed.Clear();
        return any;
    }

    /// <summary>Takes the next changes, at most as many as the span holds; all of the same phase.</summary>
    public int Take(Span<RouteChange> changes)
    {
        int count = TakeFrom(_direct, changes);
        if (count == 0) count = TakeFrom(_gatewayed, changes);
        if (count == 0) count = TakeFrom(_unwanted, changes);
        if (count == 0) count = TakeDuplicates(changes);
        return count;
    }

    /// <summary>The kernel has made the change.</summary>
    public void Confirm(in RouteChange change)
    {
        if (change.Version == DuplicateVersion) return;
        RouteKey key = new(change.Route);
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry)) return;
        entry.IsInFlight = false;
        bool current = entry.Version == change.Version;
        entry.Kernel = change.Kind == RouteChangeKind.Delete ? KernelState.Absent : current ? KernelState.Same : KernelState.Different;
        if (entry.IsWanted ? entry.Kernel != KernelState.Same : entry.Kernel != KernelState.Absent) Queue(key, ref entry);
        else if (!entry.IsWanted && !entry.IsQueued) _entries.Remove(key);
    }

    /// <summary>The kernel has refused the change: it is tried again after <see cref="RetryFailed"/>.</summary>
    public void Fail(in RouteChange change)
    {
        if (change.Version == DuplicateVersion) return;
        RouteKey key = new(change.Route);
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry)) return;
        entry.IsInFlight = false;
        if (!entry.IsWanted && entry.Kernel == KernelState.Absent && !entry.IsQueued) _entries.Remove(key);
        else _failed.Add(key);
    }

    /// <summary>A wanted route was found already there, in the given shape.</summary>
    public void Correct(in RouteKey key, in Route kernel)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry)) return;
        _failed.Remove(key);
        entry.Kernel = entry.IsWanted && entry.Route.IsSatisfiedBy(kernel) ? KernelState.Same : KernelState.Different;
        if (entry.Kernel == KernelState.Different) Queue(key, ref entry);
    }

    private void Queue(in RouteKey key, ref Entry entry)
    {
        if (entry.IsQueued) return;
        entry.IsQueued = true;
        if (!entry.IsWanted) _unwanted.Enqueue(key);
        else if (entry.Route.GatewayBits.Length == 0 && entry.Route.NextHops.Count == 0 && entry.Route.NexthopId == 0) _direct.Enqueue(key);
        else _gatewayed.Enqueue(key);
    }

    private int TakeFrom(Queue<RouteKey> queue, Span<RouteChange> changes)
    {
        int count = 0;
        while (count < changes.Length && queue.TryDequeue(out RouteKey key))
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (Unsafe.IsNullRef(ref entry)) continue;
            entry.IsQueued = false;
            if (entry.IsWanted && entry.Kernel != KernelState.Same)
                changes[count++] = new RouteChange(entry.Kernel == KernelState.Different ? RouteChangeKind.Replace : RouteChangeKind.Add, entry.Route, entry.Version);
            else if (!entry.IsWanted && entry.Kernel != KernelState.Absent)
                changes[count++] = new RouteChange(RouteChangeKind.Delete, DeletionOf(entry.Route), entry.Version);
            else
            {
                if (!entry.IsWanted) _entries.Remove(key);
                continue;
            }

            entry.IsInFlight = true;
        }

        return count;
    }

    private int TakeDuplicates(Span<RouteChange> changes)
    {
        int count = Math.Min(changes.Length, _duplicates.Count);
        // Deleted with all it says, so that the right one of the two goes.
        for (int i = 0; i < count; i++) changes[i] = new RouteChange(RouteChangeKind.Delete, _duplicates[i], DuplicateVersion);
        _duplicates.RemoveRange(0, count);
        return count;
    }

    // Key and protocol are enough, and match whatever shape the kernel's route has by now.
    private static Route DeletionOf(in Route route) => new()
    {
        Prefix = route.Prefix,
        Table = route.Table,
        Protocol = route.Protocol,
        Priority = route.Priority,
        TypeOfService = route.TypeOfService,
        Type = RouteType.Unspecified,
    };
}
