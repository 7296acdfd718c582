using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp;

/// <summary>A subscriber's place in the stream of best-route changes. It is never behind by more than one note per prefix.</summary>
public sealed class CoreSubscription
{
    private readonly BgpCore _core;
    private readonly List<SubscriptionLane> _lanes = [];
    private readonly RouteSubscriptionOptions _options;
    private bool _toldSynchronized;

    internal CoreSubscription(BgpCore core, RouteSubscriptionOptions options)
    {
        _core = core;
        _options = options;
        foreach (Family family in options.Families)
        {
            Rib rib = core.RibOf(family);
            var lane = new SubscriptionLane(rib);
            rib.AddLane(lane);
            _lanes.Add(lane);
        }
    }

    /// <summary>Raised, on the core's work, when <see cref="Read"/> has something; at least once for each time it had nothing.</summary>
    public event Action? Readable;

    /// <summary>Takes the next changes.</summary>
    /// <returns>Null when there are none.</returns>
    public RouteChangeBatch? Read()
    {
        var changes = new List<RouteChange>();
        foreach (SubscriptionLane lane in _lanes) lane.Read(_core, _options, changes);
        bool clean = _lanes.TrueForAll(lane => lane.IsClean);
        bool synchronized = _core.IsSynchronized && clean;
        if (changes.Count == 0 && (!synchronized || _toldSynchronized)) return null;
        _toldSynchronized |= synchronized;
        return new RouteChangeBatch(changes, _toldSynchronized);
    }

    internal bool HasPending => _lanes.Exists(lane => !lane.IsClean) || (_core.IsSynchronized && !_toldSynchronized);

    internal void Signal() => Readable?.Invoke();

    internal void SignalIfPending()
    {
        if (HasPending) Signal();
    }

    internal void Close()
    {
        foreach (SubscriptionLane lane in _lanes) lane.Rib.RemoveLane(lane);
    }
}

internal sealed class SubscriptionLane(Rib rib) : Lane(rib)
{
    private readonly SlotSet _told = new();
    private readonly int[] _batch = new int[256];

    protected override bool Remembers(int slot) => _told.Contains(slot);

    public void Read(BgpCore core, RouteSubscriptionOptions options, List<RouteChange> changes)
    {
        int limit = Math.Clamp(options.BatchSize, 1, 65536);
        while (changes.Count < limit && !IsClean)
        {
            int count = Take(_batch.AsSpan(0, Math.Min(_batch.Length, limit - changes.Count)));
            foreach (int slot in _batch.AsSpan(0, count)) Tell(core, options, slot, changes);
        }
    }

    private void Tell(BgpCore core, RouteSubscriptionOptions options, int slot, List<RouteChange> changes)
    {
        bool told = _told.Contains(slot);
        if (core.Describe(Rib, slot, options) is { } route)
        {
            _told.Add(slot);
            changes.Add(route with { Kind = told ? RouteChangeKind.Replace : RouteChangeKind.Add });
        }
        else if (told)
        {
            _told.Remove(slot);
            changes.Add(new RouteChange(RouteChangeKind.Withdraw, Rib.Family, Rib.Prefix(slot).ToIPNetwork(), [], null, null));
        }
    }
}
